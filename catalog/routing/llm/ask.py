"""``Asker``: asks a model for JSON within limits, checks the answer, and gives the model one chance to correct it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from json import JSONDecodeError, JSONDecoder, dumps
from typing import Any, TypedDict, TypeVar

from catalog.errors import CatalogError, StrategyError
from catalog.routing.llm.chat import Chat, Message, OpenAIChat, Reply
from catalog.routing.llm.untrusted import as_json, clean
from catalog.routing.verdict import Cost

T = TypeVar("T")

ROUNDS = 2
"""How often a model is asked about a prompt: once, and once more with what was wrong."""

SHOWN, FAULTS = 16_000, 2_000
"""How many characters of an unusable answer, and of the reason why, the model is shown when it is asked again."""


class Unusable(ValueError):
    """An answer that can't be used; the text tells the model why."""


class Asking(TypedDict, total=False):
    """The options of every strategy that asks a model: whom to ask, and the limits of one route.

    Attributes:
        model: the name of the model at the endpoint.
        client: something else that answers, in place of an endpoint; it keeps ``timeout`` by itself.
        base_url: of an OpenAI-compatible endpoint, as ``http://localhost:8000/v1``; None: ``OPENAI_BASE_URL``, or
            OpenAI's own.
        api_key: for the endpoint; None: ``OPENAI_API_KEY``; a server of one's own needs none.
        temperature: of sampling, 0 by default; None: the server's own.
        timeout: seconds for all of it, 20 by default: connecting, waiting, the second try.
        max_tokens: how long one answer may be, 300 by default.
        max_input_tokens: how long one prompt may be, as estimated, 8,000 by default; the last entries are left out to
            keep it.
        max_dollars: what is estimated to cost more is not sent, the second try included; needs ``price``.
        price: dollars for a million tokens: one number, or two for prompts and for answers.
    """

    model: str | None
    client: Chat | None
    base_url: str | None
    api_key: str | None
    temperature: float | None
    timeout: float
    max_tokens: int
    max_input_tokens: int
    max_dollars: float | None
    price: float | tuple[float, float] | None


class Asker:
    """Asks one model, and keeps the limits.

    Attributes:
        model: the name of the model.
    """

    def __init__(
        self,
        strategy: str,
        *,
        model: str | None = None,
        client: Chat | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        temperature: float | None = 0.0,
        timeout: float = 20.0,
        max_tokens: int = 300,
        max_input_tokens: int = 8_000,
        max_dollars: float | None = None,
        price: float | tuple[float, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the name of the strategy that asks, and its options; :class:`Asking` says what they mean.

        Raises:
            StrategyError: there is neither a model nor a client, or a limit can't be used.
            MissingExtraError: the client is not installed.
        """
        self._strategy = strategy
        if client is None and not model:
            raise StrategyError(
                f"{strategy} asks a model; give model='…' (and base_url='http://…/v1' for a server of your own), "
                "or client=…",
                option="model",
                strategy=strategy,
            )
        if client is not None and not callable(getattr(client, "complete", None)):
            raise StrategyError(
                f"client={client!r:.80}: it has no method 'complete'; see catalog.routing.llm.chat.Chat",
                option="client",
                strategy=strategy,
            )
        numbers = {"timeout": timeout, "max_tokens": max_tokens, "max_input_tokens": max_input_tokens}
        _check_limits(strategy, numbers if max_dollars is None else {**numbers, "max_dollars": max_dollars})
        if max_dollars is not None and price is None:
            raise StrategyError(
                f"max_dollars={max_dollars!r} needs price=…: dollars for a million tokens, of prompts and of answers",
                option="price",
                strategy=strategy,
            )
        self._price = _prices(price, strategy)
        self._most_dollars = max_dollars
        self._timeout = float(timeout)
        self._max_tokens = max_tokens
        self._max_input = max_input_tokens
        self._clock = clock
        self._client: Chat = client or OpenAIChat(
            str(model), base_url=base_url, api_key=api_key, temperature=temperature
        )
        self.model = str(getattr(self._client, "name", None) or type(self._client).__name__)

    def fitted(
        self, most: int, make: Callable[[int], tuple[list[Message], Mapping[str, Any], T]]
    ) -> tuple[list[Message], Mapping[str, Any], T]:
        """Return the longest prompt that keeps the limit of input tokens.

        Args:
            most: the number of entries to begin with; a quarter fewer are tried each time.
            make: called with a number of entries; returns messages, the schema of the answer, and anything besides.

        Returns:
            What *make* returned.

        Raises:
            StrategyError: a prompt with a single entry is too long.
        """
        while True:
            made = make(most)
            tokens = _tokens(made[0], made[1])
            if tokens <= self._max_input:
                return made
            if most <= 1:
                raise self._error(
                    f"the prompt has about {tokens} tokens; {self._max_input} are allowed (max_input_tokens)", Cost()
                )
            most = most * 3 // 4

    def ask(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        check: Callable[[Any], T],
        bare: Callable[[str], dict[str, Any] | None] = lambda text: None,
    ) -> tuple[T, Cost]:
        """Return the checked answer, and what asking took.

        Args:
            messages: the prompt.
            schema: the JSON Schema that the answer should follow.
            check: called with the JSON object of the answer; returns what is wanted of it, or raises Unusable.
            bare: called with an answer without any JSON object; returns the object it means, or None.

        Raises:
            StrategyError: there is no answer, a refusal, two unusable answers, or a limit is reached;
                ``facts["cost"]`` says what was spent all the same.
        """
        until = self._clock() + self._timeout
        cost = Cost(dollars=None if self._price is None else 0.0)
        faults: list[str] = []
        asked = list(messages)
        for _ in range(ROUNDS):
            before = f"; before, its answer could not be used: {faults[-1]}" if faults else ""
            expected = self._cost(1, _tokens(asked, schema), self._max_tokens)
            self._afford(cost, expected, before)
            left = until - self._clock()
            if left <= 0:
                raise self._error(f"{self.model}: the {self._timeout:g} s are over{before}", cost, fault="timeout")
            try:
                reply = self._client.complete(asked, schema, max_tokens=self._max_tokens, timeout=left)
            except CatalogError as error:
                if not isinstance(error, StrategyError):
                    raise
                sent = error.facts.get("requests", 1)
                # After these faults the model was at work: the tokens of the prompt are paid for.
                billed = error.facts.get("fault") in ("timeout", "broken", "answer")
                cost += self._cost(sent, _tokens(asked, schema) if billed else 0, 0)
                facts = {name: value for name, value in error.facts.items() if name not in ("requests", "strategy")}
                raise self._error(f"{error}{before}", cost, **facts) from error
            except Exception as error:
                cost += self._cost(1, 0, 0)
                raise self._error(f"{self.model}: {type(error).__name__}: {error}{before}", cost) from error
            cost += self._spent(reply, asked, schema)
            if reply.refusal is not None or reply.finish == "content_filter":
                refusal = clean(reply.refusal or "its filter stepped in", 200)
                raise self._error(f"{self.model} refuses to answer: {refusal}", cost, fault="refusal")
            try:
                return check(_parsed(reply, self._max_tokens, bare)), cost
            except Unusable as error:
                faults.append(clean(str(error), FAULTS))
                shown = SHOWN
                while True:  # as much of the unusable answer as the limit of input tokens allows
                    asked = [*messages, *_again(reply, faults[-1], shown)]
                    if shown < 100 or _tokens(asked, schema) <= self._max_input:
                        break
                    shown //= 2
        text = faults[0] if faults[0] == faults[-1] else "; then: ".join(faults)
        raise self._error(f"{self.model} answered twice what can't be used: {text}", cost, fault="answer")

    def _afford(self, cost: Cost, expected: Cost, before: str) -> None:
        if self._most_dollars is None:
            return
        total = (cost.dollars or 0.0) + (expected.dollars or 0.0)
        if total > self._most_dollars:
            raise self._error(
                f"{self.model}: asking would take up to ${total:.6f}; ${self._most_dollars:.6f} are allowed "
                f"(max_dollars){before}",
                cost,
                fault="dollars",
            )

    def _spent(self, reply: Reply, asked: Sequence[Message], schema: Mapping[str, Any]) -> Cost:
        prompt = reply.prompt_tokens if reply.prompt_tokens is not None else _tokens(asked, schema)
        answer = reply.answer_tokens if reply.answer_tokens is not None else _estimate(reply.text)
        return self._cost(reply.requests, prompt, answer)

    def _cost(self, requests: int, prompt: int, answer: int) -> Cost:
        if self._price is None:
            return Cost(requests, prompt + answer)
        return Cost(requests, prompt + answer, (prompt * self._price[0] + answer * self._price[1]) / 1e6)

    def _error(self, text: str, cost: Cost, **facts: Any) -> StrategyError:
        return StrategyError(text, **{"model": self.model, **facts, "strategy": self._strategy, "cost": cost})


def _check_limits(strategy: str, limits: Mapping[str, float]) -> None:
    """Raise StrategyError for a limit that is no number above 0; of tokens it must be whole."""
    for option, value in limits.items():
        whole = option.endswith("tokens")
        fine = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fine or not 0 < value < float("inf"):
            wanted = "a whole number" if whole else "a number"
            raise StrategyError(f"{option}={value!r}: give {wanted} above 0", option=option, strategy=strategy)


def _prices(price: object, strategy: str) -> tuple[float, float] | None:
    if price is None:
        return None
    pair = (price, price) if isinstance(price, (int, float)) else price
    try:
        prompt, answer = (float(amount) for amount in pair)  # type: ignore[attr-defined]
        fine = 0 <= prompt < float("inf") and 0 <= answer < float("inf")
    except (TypeError, ValueError):
        fine = False
    if not fine:
        raise StrategyError(
            f"price={price!r}: give dollars for a million tokens, one number or two (of prompts and of answers)",
            option="price",
            strategy=strategy,
        )
    return prompt, answer


def _estimate(text: str) -> int:
    """Return an estimate of the tokens of *text*, rather too high: three bytes a token; English has about four."""
    return len(text.encode("utf-8", "replace")) // 3 + 1


def _tokens(messages: Sequence[Message], schema: Mapping[str, Any]) -> int:
    return sum(_estimate(message["content"]) + 4 for message in messages) + _estimate(dumps(schema, ensure_ascii=False))


def _again(reply: Reply, fault: str, most: int) -> list[Message]:
    answer = clean(reply.text, most) or "(nothing)"
    return [
        {"role": "assistant", "content": answer},
        {
            "role": "user",
            "content": f"That answer can't be used. What is wrong with it, as JSON: {as_json(fault)}\n"
            "Answer again with JSON that follows the schema, and with nothing else. The rules are what they were.",
        },
    ]


def _parsed(reply: Reply, most: int, bare: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
    """Return the JSON object in an answer; a code fence, a word or the model's thoughts around it are passed over.

    Raises:
        Unusable: there is no object, there are several, or a key is in it twice.
    """
    if reply.finish == "length":
        raise Unusable(f"it was cut off after {most} tokens; be shorter")
    text = reply.text.rpartition("</think>")[2]
    begin = text.find("{")
    if begin < 0:
        told = bare(text)
        if told is not None:
            return told
        raise Unusable("it holds no JSON object" if text.strip() else "it is empty")
    try:
        answer, end = JSONDecoder(object_pairs_hook=_once).raw_decode(text[begin:])
    except JSONDecodeError as error:
        raise Unusable(f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise Unusable("it is nested too deeply") from None
    if "{" in text[begin + end :]:
        raise Unusable("it holds more than one JSON object; give one")
    assert isinstance(answer, dict)
    return answer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unusable("a key stands in it twice")
    return made
