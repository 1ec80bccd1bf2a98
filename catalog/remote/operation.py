"""One request of an operation that OpenAPI describes, and what its answer is in Python."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from catalog.errors import CatalogError, LoadError, RemoteError, RemoteToolError
from catalog.remote.faults import Faults
from catalog.remote.limits import Limits
from catalog.remote.web import checked_address, client, http_library, in_words

_MOST_REDIRECTS = 5
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is sent with a request to its own address, and nowhere else."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Attributes:
        method: as ``GET``.
        path: below the address of the API, with ``{names}``.
        places: argument to where it goes: ``path``, ``query``, ``header``, ``cookie`` or ``body``.
        names: argument to its name there, where that is another.
        media: in which a body is sent.
        required: the arguments that must be given.
    """

    method: str
    path: str
    places: Mapping[str, str]
    names: Mapping[str, str]
    media: str
    required: tuple[str, ...] = ()

    async def send(
        self, base: str, given: Mapping[str, Any], credentials: Credentials, limits: Limits, who: str
    ) -> Any:
        """Return the answer: JSON as data, text as text, anything else as bytes, None for nothing.

        Raises:
            LoadError: the arguments do not fit.
            RemoteToolError: the answer is an error.
            RemoteError: there is no answer, or none that can be used.
        """
        url, headers, body = self._request(base, given, credentials, who)
        return await asked(self.method, url, headers, body, limits, who)

    def _request(
        self, base: str, given: Mapping[str, Any], credentials: Credentials, who: str
    ) -> tuple[str, dict[str, str], bytes | None]:
        missing = [name for name in self.required if given.get(name) is None]
        unknown = [name for name in given if name not in self.places]
        if missing or unknown:
            fault = f"{missing[0]} is missing" if missing else f"{unknown[0]!r:.60} is unknown"
            raise LoadError(f"{who} was not called: {fault}", reason="arguments", key=who)
        path, headers = self.path, {"accept": "application/json, */*;q=0.5"}
        query: list[tuple[str, str]] = []
        cookies: dict[str, str] = dict(credentials.cookies)
        body: bytes | None = None
        for argument, value in given.items():
            name, place = self.names.get(argument, argument), self.places[argument]
            if value is None:
                continue
            if place == "path":
                path = path.replace(f"{{{name}}}", _segment(argument, value, who))
            elif place == "query":
                query += _pairs(name, value)
            elif place == "header":
                headers[name.lower()] = _line(argument, _text(value), who)
            elif place == "cookie":
                cookies[name] = quote(_text(value), safe="")
            else:
                body, headers["content-type"] = self._body(value)
        query += credentials.query.items()
        headers |= {name.lower(): value for name, value in credentials.headers.items()}
        if cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        url = checked_address(base.rstrip("/") + path, who)
        return f"{url}{'?' + urlencode(query) if query else ''}", headers, body

    def _body(self, value: Any) -> tuple[bytes, str]:
        plain = self.media.partition(";")[0].strip().lower()
        if plain == "application/json" or plain.endswith("+json"):
            return json.dumps(value, ensure_ascii=False).encode(), self.media
        if plain == "multipart/form-data" and isinstance(value, Mapping):
            return _multipart(value)
        if plain == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
            return urlencode([pair for name, part in value.items() for pair in _pairs(name, part)]).encode(), self.media
        return value if isinstance(value, bytes) else _text(value).encode(), self.media


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(map(_text, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


def _segment(argument: str, value: Any, who: str) -> str:
    """Return a value as a part of a path: one that leads nowhere else."""
    text = _text(value)
    if text in ("", ".", ".."):
        raise LoadError(
            f"{who} was not called: {argument} is {text!r}, which no path takes", reason="arguments", key=who
        )
    return quote(text, safe="")


def _line(argument: str, text: str, who: str) -> str:
    if any(ord(char) < 32 or ord(char) > 255 for char in text):
        raise LoadError(f"{who} was not called: {argument} is no text for a header", reason="arguments", key=who)
    return text


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, (list, tuple)):
        yield from ((name, _text(part)) for part in value)
    elif isinstance(value, Mapping):
        yield from ((str(key), _text(part)) for key, part in value.items())
    elif value is not None:
        yield name, _text(value)


def _multipart(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    from secrets import token_hex  # only for forms with parts

    mark = f"catalog-{token_hex(16)}"
    parts = []
    for name, value in fields.items():
        data = value if isinstance(value, bytes) else _text(value).encode()
        named = quote(str(name), safe=" ")
        file = f'; filename="{named}"' if isinstance(value, bytes) else ""
        parts.append(
            f'--{mark}\r\ncontent-disposition: form-data; name="{named}"{file}\r\n\r\n'.encode() + data + b"\r\n"
        )
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


async def asked(method: str, url: str, headers: Mapping[str, str], body: bytes | None, limits: Limits, who: str) -> Any:
    """Return the answer to one request; see :meth:`Operation.send`.

    A redirect is followed to the same scheme, host and port only: what is sent with a request is for its own address.
    """
    faults = Faults(who)
    library = http_library()
    try:
        async with asyncio.timeout(limits.call), client({}, limits.call, limits.size, faults) as http:
            for _ in range(_MOST_REDIRECTS):
                response = await http.request(method, url, headers=dict(headers), content=body)
                if response.next_request is None:
                    return _answer(response, who)
                url = _next(response, method, who)
            raise RemoteError(f"{who} is redirected without end", reason="address", key=who)
    except CatalogError:
        raise
    except (TimeoutError, library.TimeoutException):
        raise faults.error("time", f"gave no answer within {limits.call:g} s") from None
    except (library.HTTPError, library.StreamError, ValueError, OSError) as error:
        raise faults.error("ended", f"could not be asked: {in_words(error)}") from None


def _next(response: Any, method: str, who: str) -> str:
    following = response.next_request
    was, now = urlsplit(str(response.request.url)), urlsplit(str(following.url))
    same = (was.scheme, was.netloc) == (now.scheme, now.netloc)
    if same and following.method == method:
        return str(following.url)
    where = f"{now.scheme}://{now.netloc}" if not same else "another method"
    raise RemoteError(
        f"{who} is redirected to {where}, which is not followed: what is sent is for its own address",
        reason="address",
        key=who,
    )


def _answer(response: Any, who: str) -> Any:
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media == "application/json" or media.endswith("+json")
    if response.status_code >= 400:
        said = _said(response, is_json)
        raise RemoteToolError(
            f"status {response.status_code}{f': {said}' if said else ''}",
            reason="tool",
            server=who,
            status=response.status_code,
        )
    if not response.content:
        return None
    if is_json:
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise RemoteError(
                f"{who} gave an answer that is no JSON: {error}"[:_LONGEST], reason="answer", key=who
            ) from None
    return response.text if media.startswith("text/") or media.endswith(("xml", "yaml")) else response.content


def _said(response: Any, is_json: bool) -> str:
    """Return what an error says of itself, in one line; problem details (RFC 9457) by their title and detail."""
    text = response.text[: 4 * _LONGEST]
    if is_json:
        try:
            data = json.loads(response.content)
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict):
            inner = data.get("error")
            holder = {**data, **inner} if isinstance(inner, dict) else data
            words = [holder.get(word) for word in ("title", "detail", "message", "error_description", "error")]
            found = [word for word in words if isinstance(word, str) and word]
            text = ": ".join(dict.fromkeys(found)) or text
    return " ".join(text.split())[:_LONGEST]
