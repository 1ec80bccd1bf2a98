"""The server process: listens, answers, and stops when it is asked to, letting answers that have begun end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from catalog import SettingsError
from catalog.server.settings import ServerSettings

_PATIENCE = 10
"""Seconds that answers which have begun get to end in."""

HEADERS_WITHIN = 10.0
"""Seconds in which a request has to come to the end of its headers."""

_MOST = 1_000
"""Requests that are answered at once; more are told to come later."""


class PatientForAWhile(H11Protocol):
    """A connection that is closed where a request does not come to the end of its headers in time."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a TCP server has no other transport
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._unwait()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take data: while they are headers, the time runs on; then the guard says how long a request may take."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwait()
        elif self._waiting is None:
            self._wait()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEADERS_WITHIN, self._give_up)

    def _unwait(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()


class Server(uvicorn.Server):
    """A server that ends where it was told to stop, instead of dying of the signal it was told by."""

    def __init__(self, app: Starlette, config: uvicorn.Config, started: Callable[[str], None]) -> None:
        """Serve; *started* is called with the address once it listens."""
        super().__init__(config)
        self._app, self._started = app, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._started(f"http://{shown}:{port}{self._app.state.settings.prefix}/")

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at an interrupt and at SIGTERM."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop at a signal; a second interrupt does not wait for answers."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.stop()

    def stop(self) -> None:
        """Stop listening; streams that would go on for ever end."""
        self._app.state.is_ready = False
        self.should_exit = True


def serve(app: Starlette, *, started: Callable[[str], None]) -> None:
    """Answer until the process is told to stop; *started* is called with the address once it listens.

    Raises:
        SettingsError: the address can't be listened at.
    """
    listener = listener_of(app.state.settings)
    server_of(app, started).run([listener])


def server_of(app: Starlette, started: Callable[[str], None]) -> Server:
    """Return the server of an application, which does not listen yet."""
    settings: ServerSettings = app.state.settings
    config = uvicorn.Config(
        app,
        http=PatientForAWhile,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        limit_concurrency=_MOST,
        timeout_graceful_shutdown=_PATIENCE,
        timeout_keep_alive=5,
    )
    return Server(app, config, started)


def listener_of(settings: ServerSettings) -> socket.socket:
    """Return a socket that listens where *settings* say.

    Raises:
        SettingsError: the address can't be listened at.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer in two parts waits 40 ms
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host.strip("[]"), settings.port))
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"can't listen at {settings.host}:{settings.port}: {error}; choose another with --host and --port",
            key="server.port",
            host=settings.host,
            port=settings.port,
        ) from None
    listener.listen(512)
    return listener
