"""The model that a strategy asks: any endpoint that speaks OpenAI's ``/v1/chat/completions``.

OpenAI itself, Azure, vLLM, Ollama, llama.cpp, LM Studio, OpenRouter, ... are reached through the ``openai`` package,
which knows certificates, proxies, headers and the parameters. Its own retries are off: they know nothing of a deadline.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from json import dumps, loads
from re import sub
from typing import Any, Protocol

from catalog.embedders.secret import one_line
from catalog.errors import MissingExtraError, StrategyError

URL = "https://api.openai.com/v1"

MOST_BYTES = 4_000_000
"""The most bytes of an answer that are read; a longer answer counts as broken."""

Message = Mapping[str, str]
"""``{"role": "system" | "user" | "assistant", "content": text}``."""

_AGAIN = frozenset({408, 409, 425, 429})  # and 5xx
_GRACE = 0.25


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Attributes:
        text: the answer as it came; it may be anything.
        finish: why it ended: ``stop``, ``length`` (it was cut off at ``max_tokens``), ``content_filter``, ...
        refusal: the words with which the model refuses to answer; None: it does not refuse.
        prompt_tokens: the tokens of the prompt as the server counted them; None: it does not say.
        answer_tokens: the tokens of the answer as the server counted them; None: it does not say.
        requests: how many requests were sent to get the answer.
    """

    text: str
    finish: str = "stop"
    refusal: str | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    requests: int = 1


class Chat(Protocol):
    """Something that answers: :class:`OpenAIChat`, :class:`catalog.ScriptedChat`, or a client of your own."""

    @property
    def name(self) -> str:
        """The model, as reasons and the provenance of drafts name it."""

    def complete(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, max_tokens: int, timeout: float
    ) -> Reply:
        """Return the answer to *messages*, which should be JSON that follows *schema*.

        Args:
            messages: the first is of the system, the last of the user.
            schema: a JSON Schema, of the subset that "structured output" knows. The answer is checked all the same.
            max_tokens: how long the answer may be.
            timeout: seconds until an answer is of no use any more, everything included.

        Raises:
            StrategyError: there is no answer; ``facts["requests"]`` may say how many were sent.
        """


class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint.

    Attributes:
        name: of the model.
        url: of the endpoint, up to and without ``/chat/completions``.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        temperature: float | None = 0.0,
    ) -> None:
        """Remember whom to ask; nothing is imported or sent yet.

        Args:
            model: its name at the endpoint.
            base_url: up to and without ``/chat/completions``; None: ``OPENAI_BASE_URL`` or OpenAI's own.
            api_key: sent as a bearer token; None: ``OPENAI_API_KEY``. Without a key no token is sent: many servers of
                your own need none.
            temperature: of sampling; None: the server's own.

        Raises:
            StrategyError: the address is not a web address, or OpenAI itself is to be asked without a key.
            MissingExtraError: the client is not installed.
        """
        from importlib.util import find_spec

        if find_spec("openai") is None:
            raise MissingExtraError(
                "the client for chat endpoints is not installed; install magma-catalog[llm]", extra="llm"
            )
        self.name = model
        self.url = (base_url or os.environ.get("OPENAI_BASE_URL") or URL).rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise StrategyError(f"base_url='{self.url}' is no web address; give http://… or https://…", url=self.url)
        self._shown = sub(r"//[^/@]*@", "//", self.url)  # without the password some put there
        self._key = api_key if api_key is not None else os.environ.get("OPENAI_API_KEY", "")
        if not self._key and self.url == URL:
            raise StrategyError(
                f"{URL} needs a key; set OPENAI_API_KEY, or give base_url='http://…' for a server of your own", url=URL
            )
        self._dialect = _Dialect(
            temperature=temperature, tokens="max_completion_tokens" if self.url == URL else "max_tokens"
        )

    def __repr__(self) -> str:
        return f"<OpenAIChat {self.name} at {self._shown}>"

    def complete(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, max_tokens: int, timeout: float
    ) -> Reply:
        """Return the answer of the endpoint.

        A server that is busy or broken (408, 409, 425, 429, 5xx) is asked once more, at the time it names, if there is
        time. What a server refuses (400, 422) is left out step by step: the temperature, the name of the limit of
        tokens, and at last ``response_format``, in place of which the prompt describes the schema. What the server
        accepted is remembered for the next call.

        *timeout* holds for all of it: name lookup, connecting, waiting, reading. Only importing the client, which the
        first call of a process does, is not counted.

        Raises:
            StrategyError: no answer. ``facts["fault"]`` is ``timeout``, ``unreachable``, ``broken`` (the answer broke
                off), ``status`` (with ``status``) or ``answer`` (it is not that of a chat endpoint);
                ``facts["requests"]`` says how many were sent. The key is in neither text nor facts.
        """
        import openai  # noqa: F401  # here, so that the thread below spends its time on asking

        call = _Call(time.monotonic() + timeout)
        outcome: list[Reply | Exception] = []

        def work() -> None:
            try:
                outcome.append(asyncio.run(self._within(call, messages, schema, max_tokens)))
            except Exception as error:
                outcome.append(error)

        # A loop of its own in a thread of its own: only a cancelled task ends at a deadline whatever it waits for (the
        # time-outs of a socket start over with every byte), and the caller may be inside a running loop.
        thread = threading.Thread(target=copy_context().run, args=(work,), name="catalog-chat", daemon=True)
        thread.start()
        thread.join(timeout + _GRACE)
        if not outcome or isinstance(outcome[0], TimeoutError):
            raise self._error(f"{self._shown} has not answered within {timeout:.3g} s", call, "timeout")
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    async def _within(
        self, call: _Call, messages: Sequence[Message], schema: Mapping[str, Any], max_tokens: int
    ) -> Reply:
        async with asyncio.timeout(call.left()):
            return await self._ask(call, messages, schema, max_tokens)

    async def _ask(self, call: _Call, messages: Sequence[Message], schema: Mapping[str, Any], max_tokens: int) -> Reply:
        import openai

        dialect, again = self._dialect, True
        async with openai.AsyncOpenAI(
            base_url=self.url,
            api_key=self._key or "none",
            default_headers={"Connection": "close"},  # a second try on a connection the server just closed would fail
            max_retries=0,
            timeout=None,  # the deadline is kept around all of this
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),  # a request goes where it was sent
        ) as client:
            while True:
                call.sent += 1
                asked = {"model": self.name, **dialect.request(messages, schema, max_tokens)}
                if not self._key:
                    asked["extra_headers"] = {"Authorization": openai.Omit()}
                try:
                    reply = self._reply(await _body(client, asked), call)
                except openai.APIStatusError as error:
                    status, reason = error.status_code, self._reason(error)
                    if status in (400, 422) and (other := dialect.without(reason)) is not None:
                        dialect = other
                        continue
                    if again and (status in _AGAIN or status >= 500):
                        again = False
                        await self._pause(call, error, reason)
                        continue
                    hint = "; is OPENAI_API_KEY set and right?" if status in (401, 403) else ""
                    raise self._error(
                        f"{self._shown} answered {status}: {reason}{hint}", call, "status", status=status
                    ) from None
                except (openai.APIConnectionError, OSError) as error:
                    why = error.__cause__ or error
                    raise self._error(
                        f"{self._shown} can't be reached: {self._line(str(why) or type(why).__name__)}",
                        call,
                        "unreachable",
                    ) from error
                except (StrategyError, TimeoutError):
                    raise
                except Exception as error:  # whatever the layers below call it
                    raise self._error(
                        f"the answer of {self._shown} broke off: {self._line(str(error) or type(error).__name__)}",
                        call,
                        "broken",
                    ) from error
                self._dialect = dialect
                return reply

    async def _pause(self, call: _Call, error: Any, reason: str) -> None:
        from catalog.embedders.openai import retry_after

        asked = error.response.headers.get("retry-after")
        pause = retry_after(asked) if asked else 0.5 + random.random() / 2  # not all clients at once
        left = call.left()
        if pause >= left:
            raise self._error(
                f"{self._shown} answered {error.status_code}: {reason}; the next try is in {pause:.3g} s, "
                f"but only {left:.3g} s are left",
                call,
                "status",
                status=error.status_code,
            )
        await asyncio.sleep(pause)

    def _reply(self, body: bytes, call: _Call) -> Reply:
        data: Any = None
        try:
            data = loads(body)
            choice = data["choices"][0]
            message = choice["message"]
            content, refusal = message.get("content"), message.get("refusal")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            problem = data.get("error") if isinstance(data, dict) else None
            problem = problem.get("message", problem) if isinstance(problem, dict) else problem
            raise self._error(
                f"the answer of {self._shown} is not that of a chat endpoint: "
                f"{self._line(str(problem) if problem else body.decode('utf-8', 'replace'))!r}; "
                "the address ends before /chat/completions, as in http://localhost:8000/v1",
                call,
                "answer",
            ) from None
        if isinstance(content, list):
            content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
        usage = data.get("usage") if isinstance(data.get("usage"), dict) else {}
        return Reply(
            content if isinstance(content, str) else "",
            str(choice.get("finish_reason") or "stop"),
            refusal if isinstance(refusal, str) and refusal else None,
            _count(usage.get("prompt_tokens")),
            _count(usage.get("completion_tokens")),
            call.sent,
        )

    def _reason(self, error: Any) -> str:
        body = error.body
        reason = body.get("message") or body.get("error") or body if isinstance(body, dict) else body
        return self._line(str(reason or error.message)) or "nothing"

    def _line(self, text: str) -> str:
        """Return *text* on one line, cut, and without the key that some servers repeat."""
        return one_line(text, self._key)

    def _error(self, text: str, call: _Call, fault: str, **facts: Any) -> StrategyError:
        return StrategyError(f"{self.name}: {text}", model=self.name, fault=fault, requests=call.sent, **facts)


@dataclass(slots=True)
class _Call:
    until: float
    sent: int = 0

    def left(self) -> float:
        return max(0.0, self.until - time.monotonic())


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What a server understands."""

    temperature: float | None
    tokens: str
    structured: bool = field(default=True)

    def request(self, messages: Sequence[Message], schema: Mapping[str, Any], max_tokens: int) -> dict[str, Any]:
        asked: dict[str, Any] = {"messages": [dict(message) for message in messages], self.tokens: max_tokens}
        if self.temperature is not None:
            asked["temperature"] = self.temperature
        if self.structured:
            json_schema = {"name": "answer", "strict": True, "schema": dict(schema)}
            asked["response_format"] = {"type": "json_schema", "json_schema": json_schema}
        else:
            asked["messages"][-1]["content"] += (
                "\n\nAnswer with one JSON object that follows this JSON Schema, and with nothing else:\n"
                + dumps(schema, ensure_ascii=False)
            )
        return asked

    def without(self, refusal: str) -> _Dialect | None:
        """Return the next thing to try for a server that gives *refusal* as its reason, or None."""
        refusal = refusal.lower()
        if self.temperature is not None and "temperature" in refusal:
            return replace(self, temperature=None)
        if self.tokens == "max_tokens" and "max_completion_tokens" in refusal:
            return replace(self, tokens="max_completion_tokens")
        return replace(self, structured=False) if self.structured else None


async def _body(client: Any, asked: Mapping[str, Any]) -> bytes:
    """Return the bytes of the answer, unchecked: this module checks them, not the types of the package."""
    body = bytearray()
    async with client.chat.completions.with_streaming_response.create(**asked) as answer:
        async for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    return bytes(body)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
