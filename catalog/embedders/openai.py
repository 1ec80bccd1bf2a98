"""Any server that speaks OpenAI's ``/v1/embeddings``: OpenAI itself, Azure, vLLM, Ollama, LM Studio, TEI, ...

One kind of request with JSON in and out, where the ``openai`` package would add a second of import and a dozen
dependencies: :mod:`catalog.embedders.post` sends it. What a public client does beyond that and is needed here (batches,
retries, limits) is in this file.
"""

from __future__ import annotations

import copy
import os
import random
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from json import dumps, loads
from typing import TYPE_CHECKING, Any

from catalog.embedders.base import unit_rows
from catalog.embedders.secret import login_of, one_line
from catalog.errors import EmbedderError

if TYPE_CHECKING:
    from catalog.embedders.base import Vectors

URL = "https://api.openai.com/v1"

WIDTHS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
"""So that nobody has to be asked; the width of another model is found by embedding one word."""

PRICES = {"text-embedding-3-small": 0.02, "text-embedding-3-large": 0.13, "text-embedding-ada-002": 0.10}
"""Dollars for a million tokens at OpenAI itself, as published in November 2026. An estimate, not a bill."""

_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 120.0

REQUEST_SECONDS = 10.0
"""How long a search waits for the vector of its request."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The effort of embedding some texts, estimated; two estimates can be added.

    Attributes:
        texts: how many are sent.
        tokens: about how many tokens; a token is taken for four bytes, which is near for English.
        requests: how many requests that makes.
        dollars: about how much it costs, or None where the price is not known.
    """

    texts: int
    tokens: int
    requests: int
    dollars: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as data for JSON."""
        return {"texts": self.texts, "tokens": self.tokens, "requests": self.requests, "dollars": self.dollars}

    def __add__(self, other: Estimate) -> Estimate:
        dollars = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        return Estimate(self.texts + other.texts, self.tokens + other.tokens, self.requests + other.requests, dollars)

    def __str__(self) -> str:
        cost = "at a price not known here" if self.dollars is None else f"about ${self.dollars:.4f}"
        return f"{self.texts} texts, about {self.tokens} tokens in {self.requests} requests, {cost}"


class OpenAIEmbedder:
    """A model behind an OpenAI-compatible endpoint.

    Attributes:
        name: ``openai:MODEL``, with the number of dimensions and the URL if they are not the usual ones.
    """

    def __init__(
        self,
        model: str,
        *,
        url: str | None = None,
        key: str | None = None,
        dimensions: int | None = None,
        price: float | None = None,
        batch: int = 256,
        batch_characters: int = 200_000,
        text_characters: int = 24_000,
        attempts: int = 6,
        timeout: float = 60.0,
        most_dollars: float | None = None,
        most_texts: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        seed: int | None = None,
    ) -> None:
        """Remember where to ask; nothing is sent yet.

        Args:
            model: its name at the endpoint.
            url: up to and without ``/embeddings``; None: ``OPENAI_BASE_URL`` or OpenAI's own. A name and a password in
                it (``http://name:password@host``) are sent in place of a key, and are in no name and no message.
            key: sent as a bearer token; None: ``OPENAI_API_KEY``, and without one no token is sent.
            dimensions: asked of models that can shorten their vectors.
            price: dollars for a million tokens.
            batch: texts in one request, at the most.
            batch_characters: characters in one request, at the most; one text may exceed it.
            text_characters: how much of one text is sent. Servers refuse what exceeds the model's window.
            attempts: how often a request is tried before it has failed.
            timeout: seconds to wait for one answer.
            most_dollars: a run estimated to cost more is refused before it begins.
            most_texts: a run of more texts is refused before it begins.
            sleep: waits some seconds.
            seed: of the random part of waiting.
        """
        self.model = model
        address = (url or os.environ.get("OPENAI_BASE_URL") or URL).rstrip("/")
        self._login, self.url = login_of(address)
        if not self.url.startswith(("http://", "https://")):
            raise EmbedderError(f"'{self.url}' is no web address; give http://… or https://…", url=self.url)
        self._key = key if key is not None else os.environ.get("OPENAI_API_KEY", "")
        self.dimensions = dimensions
        self._price = price if price is not None else PRICES.get(model) if self.url == URL else None
        self._batch = max(1, batch)
        self._batch_characters = batch_characters
        self._text_characters = text_characters
        self._attempts = max(1, attempts)
        self._timeout = timeout
        self._most_dollars = most_dollars
        self._most_texts = most_texts
        self._sleep = sleep
        self._random = random.Random(seed)
        self._width = dimensions or (WIDTHS.get(model) if self.url == URL else None)
        shape = f"/{dimensions}" if dimensions else ""
        place = "" if self.url == URL else f"@{self.url}"
        self.name = f"openai:{model}{shape}{place}"

    def for_requests(self) -> OpenAIEmbedder:
        """Return a copy for requests that people wait for, which tries once, for ten seconds at the most."""
        hurried = copy.copy(self)
        hurried._attempts, hurried._timeout = 1, min(self._timeout, REQUEST_SECONDS)  # noqa: SLF001  # of its own class
        return hurried

    @property
    def width(self) -> int:
        """How many numbers a vector has; the first question about a model not known here asks the server.

        Raises:
            EmbedderError: the server could not be asked.
        """
        if self._width is None:
            self._width = len(self._ask(["width"])[0])
        return self._width

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return the effort of embedding *texts*; nothing is sent."""
        sent = [text[: self._text_characters] for text in texts if text.strip()]
        tokens = sum(len(text.encode("utf-8", "replace")) // 4 + 1 for text in sent)
        dollars = None if self._price is None else tokens * self._price / 1e6
        return Estimate(len(sent), tokens, sum(1 for _ in self._batches(sent)), dollars)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of *texts*; zeros for blank ones, which are not sent.

        Raises:
            EmbedderError: a limit is exceeded, the server refuses, does not answer, or answers something else.
        """
        import numpy as np

        self._check_limits(texts)
        places = [place for place, text in enumerate(texts) if text.strip()]
        rows: list[Any] = []
        for batch in self._batches([texts[place][: self._text_characters] for place in places]):
            rows += self._ask(batch)
        if self._width is None and rows:
            self._width = len(rows[0])
        width = self.width
        result = np.zeros((len(texts), width), np.float32)
        if rows:
            result[places] = unit_rows(rows, len(rows), width, self.name)
        return result

    def _check_limits(self, texts: Sequence[str]) -> None:
        if self._most_texts is not None and len(texts) > self._most_texts:
            raise EmbedderError(
                f"embedder '{self.name}' may embed {self._most_texts} texts in one run, not {len(texts)}; "
                "raise the limit most_texts",
                embedder=self.name,
                texts=len(texts),
            )
        if self._most_dollars is not None:
            estimate = self.estimate(texts)
            if estimate.dollars is not None and estimate.dollars > self._most_dollars:
                raise EmbedderError(
                    f"embedder '{self.name}' may spend ${self._most_dollars:g} in one run: {estimate}; "
                    "raise the limit most_dollars",
                    embedder=self.name,
                    dollars=estimate.dollars,
                )

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for text in texts:
            if batch and (len(batch) == self._batch or size + len(text) > self._batch_characters):
                yield batch
                batch, size = [], 0
            batch.append(text)
            size += len(text)
        if batch:
            yield batch

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each of *texts*, trying again while that may help."""
        asked: dict[str, Any] = {
            "model": self.model,
            "input": [text.encode("utf-8", "replace").decode() for text in texts],
            "encoding_format": "float",
        }
        if self.dimensions:
            asked["dimensions"] = self.dimensions
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._login:
            headers["Authorization"] = f"Basic {b64encode(self._login.encode()).decode()}"
        elif self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        for attempt in range(1, self._attempts + 1):
            try:
                return self._vectors(self._send(dumps(asked).encode(), headers), len(texts))
            except _TryAgainError as error:
                if attempt == self._attempts:
                    raise EmbedderError(
                        f"embedder '{self.name}' failed {attempt} times: {error.reason}",
                        embedder=self.name,
                        attempts=attempt,
                        status=error.status,
                    ) from error.__cause__
                # Half a second, one, two, ... and up to as much again, so that many clients do not come back at once.
                pause = 0.5 * 2 ** (attempt - 1) * (1 + self._random.random())
                self._sleep(min(max(pause, error.after), _LONGEST_WAIT))
        raise AssertionError("unreachable")

    def _send(self, body: bytes, headers: dict[str, str]) -> bytes:
        from catalog.embedders.post import NoAnswerError, RefusedError, post  # threads: only where something is sent

        try:
            return post(f"{self.url}/embeddings", body, headers, timeout=self._timeout)
        except RefusedError as error:
            status, message = error.status, self._message(error)
            if status in _RETRIED:
                after = retry_after(error.headers.get("Retry-After"))
                if after > _LONGEST_WAIT:
                    raise EmbedderError(
                        f"embedder '{self.name}': {self.url} asks to wait {after:.0f} seconds "
                        f"({status}: {message}); try again then",
                        embedder=self.name,
                        status=status,
                        retry_after=after,
                    ) from error
                raise _TryAgainError(f"{self.url} answered {status}: {message}", status, after) from error
            hint = ""
            if status in (401, 403):
                hint = "; is OPENAI_API_KEY set and right?"
            elif 300 <= status < 400:
                hint = "; redirections are not followed, because the key would go along: give the address itself"
            raise EmbedderError(
                f"embedder '{self.name}': {self.url} answered {status}: {message}{hint}",
                embedder=self.name,
                status=status,
            ) from error
        except NoAnswerError as error:
            raise _TryAgainError(f"{self.url} can't be reached: {self._line(str(error))}", None, 0.0) from error

    def _vectors(self, body: bytes, count: int) -> list[list[float]]:
        try:
            data = loads(body)["data"]
            # By index, as the order of the answer is the server's; some servers leave the index out and keep the order.
            rows = {item.get("index", place): item["embedding"] for place, item in enumerate(data)}
            return [rows[place] for place in range(count)]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise EmbedderError(
                f"embedder '{self.name}': the answer of {self.url} is not that of an embeddings endpoint ({error!r}); "
                "the address ends before /embeddings, as in http://localhost:8000/v1",
                embedder=self.name,
            ) from None

    def _message(self, error: Any) -> str:
        """Return the server's message about what went wrong, on a single line."""
        try:
            answer = loads(error.body)
            fault = answer.get("error", answer)
            text = str(fault.get("message", fault) if isinstance(fault, dict) else fault)
        except (ValueError, AttributeError, RecursionError):
            text = error.body.decode("utf-8", "replace")
        return self._line(text) or self._line(str(error))

    def _line(self, text: str) -> str:
        """Return *text* on one line, cut, and without the key that some servers repeat."""
        return one_line(text, self._key, self._login, self._login.partition(":")[2])


class _TryAgainError(Exception):
    def __init__(self, reason: str, status: int | None, after: float) -> None:
        super().__init__(reason)
        self.reason, self.status, self.after = reason, status, after


def retry_after(header: str | None) -> float:
    """Return the seconds that ``Retry-After`` asks to wait, given as a number or a date; 0 without a valid header."""
    if not header:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0
