"""``Guard``: what every request passes on its way in, and every answer on its way out."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.server.callers import SESSION, Caller, Callers
from catalog.server.figures import AccessLog, Figures
from catalog.server.problems import Problem
from catalog.server.rates import Bucket, Guesses
from catalog.server.settings import ServerSettings

_log = logging.getLogger("catalog.server")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a browser may load and run on our pages: our own files, and nothing that stands in the markup."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # not no-referrer: forms would be sent with the origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

OPEN_PATHS = ("/healthz", "/readyz", "/sign-in")
"""Answered to everybody, as are the files of ``/static/``."""

PROGRAMS = ("/api/", "/mcp", "/a2a", "/.well-known/", "/openapi.json", "/healthz", "/readyz", "/metrics")
"""Begin the paths that only programs ask: their errors are JSON whatever they accept."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

SIMPLE = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""Media types that a page of another site can send without asking first."""


class Guard:
    """The way in: prefix, host, origin, caller, rate, size and time; headers, log and figures on the way out."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServerSettings,
        callers: Callers,
        guesses: Guesses,
        figures: Figures,
        log: AccessLog,
        answer: Callable[[Scope, Problem], Response],
    ) -> None:
        """Stand before *app*; *answer* makes the answer of a problem that is found here."""
        self._app, self._settings, self._callers = app, settings, callers
        self._figures, self._log, self._answer = figures, log, answer
        self._rate = Bucket(settings.rate)
        self._guesses = guesses
        self._names = {"localhost", *(name.lower() for name in settings.hosts), settings.host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # nothing here speaks web sockets; the server closes what is not accepted
        began = time.perf_counter()
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        out = _Out(send, scope["state"]["request_id"])
        try:
            async with asyncio.timeout(self._settings.timeout) as limit:
                out.limit = scope["state"]["limit"] = limit
                await self._let_in(scope, receive, out)
        except Problem as problem:
            self._figures.refuse(problem.code)
            await self._say(scope, receive, out, problem)
        except TimeoutError:
            late = Problem(503, "timeout", f"not answered within {self._settings.timeout:g} seconds; ask for less")
            await self._say(scope, receive, out, late)
        except Exception:
            _log.exception("request %s failed", scope["state"]["request_id"])
            await self._say(scope, receive, out, Problem(500, "internal", "the log of the server says why"))
        finally:
            self._note(scope, out, time.perf_counter() - began)

    async def _say(self, scope: Scope, receive: Receive, out: _Out, problem: Problem) -> None:
        out.limit = None
        if out.status is None:  # otherwise half an answer is out, and the connection ends
            await self._answer(scope, problem)(scope, receive, out)

    def _note(self, scope: Scope, out: _Out, seconds: float) -> None:
        status = 499 if out.status is None else out.status  # the caller has gone
        caller = scope["state"].get("caller")
        route = scope["state"].get("route") or getattr(scope.get("route"), "path", None) or "other"
        self._figures.add(scope["method"], route, status, seconds)
        self._log.write(
            request=scope["state"]["request_id"],
            caller=caller.name if caller else "",
            address=address_of(scope),
            method=scope["method"],
            path=scope["path"],
            status=status,
            bytes=out.size,
            ms=round(seconds * 1000, 2),
        )

    async def _let_in(self, scope: Scope, receive: Receive, out: _Out) -> None:
        headers = Headers(scope=scope)
        self._set_prefix(scope)
        path = scope["path"][len(scope["root_path"]) :] or "/"
        self._check_host(headers)
        _check_origin(headers, scope["method"])
        caller = self._caller(scope, headers, path)
        scope["state"]["caller"] = caller
        self._check_rate(caller.name if caller.name else address_of(scope))
        if path.startswith(("/mcp", "/a2a")):
            check_asks_leave(headers, caller, scope["method"])
        most = self._settings.largest_body * (100 if path == "/api/v1/entries" else 1)
        await self._app(scope, _bounded(receive, headers, most), out)

    def _set_prefix(self, scope: Scope) -> None:
        """Let the path begin with the prefix, whether the proxy has taken it away or not."""
        prefix = self._settings.prefix
        scope["root_path"] = prefix
        path = scope["path"]
        if prefix and path != prefix and not path.startswith(prefix + "/"):
            scope["path"] = prefix + path
            scope["raw_path"] = prefix.encode() + (scope.get("raw_path") or path.encode())

    def _check_host(self, headers: Headers) -> None:
        """Refuse a request to another name: a page of another site may have its name lead here."""
        given = headers.getlist("host")
        name = _host_name(given[0]) if len(given) == 1 else ""
        if "*" in self._names or name in self._names or _is_address(name):
            return
        raise Problem(
            421, "host", "this server is not asked by that name; name it under hosts in [tool.catalog.server]"
        )

    def _caller(self, scope: Scope, headers: Headers, path: str) -> Caller:
        callers = self._callers
        if callers.is_open:
            return callers.anybody()
        address = address_of(scope)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            self._guesses.check(address)
            caller = callers.by_token(token.strip())
            if caller is not None:
                return caller
            self._guesses.wrong(address)
            raise _unknown("this token is not known here")
        caller = callers.by_session(cookie_parser(headers.get("cookie", "")).get(SESSION, ""))
        if caller is not None:
            return caller
        if path in OPEN_PATHS or path.startswith("/static/"):
            return Caller("", frozenset())
        raise _unknown("this server wants a token: send Authorization: Bearer TOKEN")

    def _check_rate(self, who: str) -> None:
        wait = self._rate.take(who)
        if wait:
            raise Problem(
                429,
                "rate",
                f"more than {self._settings.rate} requests in a minute; wait a moment",
                headers={"retry-after": str(int(wait) + 1)},
            )


def _unknown(detail: str) -> Problem:
    return Problem(401, "token", detail, headers={"www-authenticate": 'Bearer realm="catalog"'})


def address_of(scope: Scope) -> str:
    """Return the address that a request comes from."""
    return scope["client"][0] if scope.get("client") else ""


def _host_name(host: str) -> str:
    """Return the name in a ``Host`` header, without the port."""
    name = host.strip().lower()
    if name.startswith("["):
        inner, end, _ = name[1:].partition("]")
        return inner if end else ""
    return name.partition(":")[0].removesuffix(".")


def _is_address(name: str) -> bool:
    """Tell whether *name* is an address: no name of another site can be made to lead to it."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def check_asks_leave(headers: Headers, caller: Caller, method: str) -> None:
    """Do nothing if a page of another site would have to ask leave for such a request.

    Raises:
        Problem: a browser might send it for any site, with the session of whoever sits there.
    """
    if caller.way != "token" and method == "POST" and _media_type(headers) in SIMPLE:
        raise Problem(415, "media-type", "send JSON, and say so with Content-Type: application/json")


def _check_origin(headers: Headers, method: str) -> None:
    """Refuse what a page of another site asks for.

    A browser says which site a request comes from; programs say nothing.
    """
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    site = headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin") and (method not in SAFE or headers.get("sec-fetch-mode") != "navigate"):
        foreign = True
    if foreign:
        raise Problem(403, "origin", "another site may not ask this server")


def _bounded(receive: Receive, headers: Headers, most: int) -> Receive:
    """Return *receive*, which raises where a body is larger than *most* bytes."""
    too_large = Problem(413, "too-large", f"more than {most:,} bytes")
    said = headers.get("content-length", "")
    if said.isdecimal() and int(said) > most:
        raise too_large
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise too_large
        return message

    return bounded


class _Out:
    """Sends an answer with the headers that every answer has, and keeps what the log wants to know of it."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._id = send, request_id
        self.status: int | None = None
        self.size = 0
        self.limit: asyncio.Timeout | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.limit is not None:
                self.limit.reschedule(None)  # an answer that has begun may take its time
            headers = MutableHeaders(raw=[*message["headers"]])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "private, no-cache")
            headers["x-request-id"] = self._id
            message["headers"] = headers.raw
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self._send(message)


def caller_in(scope: Scope) -> Caller:
    """Return the caller of a request that was let in."""
    caller: Any = scope["state"]["caller"]
    assert isinstance(caller, Caller)
    return caller
