"""One request with JSON, to where it was sent and nowhere else, within a limit of time and of size.

The client is ``urllib`` of the standard library, which verifies certificates and follows ``HTTPS_PROXY``. What it does
by itself and must not be done here: a redirection is followed with all headers, so that the key goes to another host;
the time limit begins anew with every byte; and an answer may be without end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import Message

MOST_BYTES = 64_000_000
"""The most bytes of an answer that are read: 256 vectors of 4,096 numbers, written out, are a third of that."""

_MOST_OF_A_REFUSAL = 10_000
_PIECE = 65_536


class RefusedError(Exception):
    """The server answers, with another status than success.

    Attributes:
        status: of the answer; of a redirection too.
        headers: of the answer; names in any case.
        body: its first 10,000 bytes.
    """

    def __init__(self, status: int, headers: Message, body: bytes, reason: str) -> None:
        """Keep what the server answered; *reason* is the phrase beside the status."""
        super().__init__(reason)
        self.status, self.headers, self.body = status, headers, body


class NoAnswerError(Exception):
    """There is no answer, or none that ends; the text says why."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float, most: int = MOST_BYTES) -> bytes:
    """Return the answer to *body*, sent to *url*.

    Args:
        url: where to; a redirection is not followed.
        body: what to send.
        headers: of the request.
        timeout: seconds for all of it: name lookup, connecting, sending, waiting, reading.
        most: the most bytes of an answer.

    Raises:
        RefusedError: the server answers, but not with success.
        NoAnswerError: it can't be reached, does not answer in time, breaks off, or answers without end.
    """
    outcome: list[bytes | Exception] = []
    until = time.monotonic() + timeout

    def work() -> None:
        try:
            outcome.append(_sent(url, body, headers, until, most))
        except Exception as error:
            outcome.append(error)

    # In a thread of its own: the time limit of a socket begins anew with every byte, in the headers too, and looking up
    # a name has none. The thread of a server that drips ends at the next byte after its time.
    thread = threading.Thread(target=work, name="catalog-post", daemon=True)
    thread.start()
    thread.join(timeout)
    if not outcome:
        raise NoAnswerError(f"no answer within {timeout:.3g} s")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _sent(url: str, body: bytes, headers: Mapping[str, str], until: float, most: int) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    try:
        opener = build_opener(NoRedirect)
        with opener.open(Request(url, body, dict(headers)), timeout=_left(until)) as answer:
            return _read(answer, until, most)
    except HTTPError as error:
        with error:
            try:
                said = _read(error, until, _MOST_OF_A_REFUSAL, cut=True)
            except (NoAnswerError, HTTPException, OSError):
                said = b""
        raise RefusedError(error.code, error.headers, said, str(error.reason)) from None
    except (URLError, HTTPException, OSError) as error:
        raise NoAnswerError(str(getattr(error, "reason", None) or error or type(error).__name__)) from error


def _read(answer: Any, until: float, most: int, *, cut: bool = False) -> bytes:
    """Return what *answer* still has; of more than *most* bytes an error, or with *cut* the first."""
    body = bytearray()
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > most:
            if cut:
                return bytes(body[:most])
            raise NoAnswerError(f"an answer of more than {most:,} bytes")
        _left(until)
    return bytes(body)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NoAnswerError("an answer that does not end in time")
    return left
