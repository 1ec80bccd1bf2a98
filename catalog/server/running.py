"""The server process: listens, answers, and stops when it is asked to, letting answers that have begun end."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from starlette.applications import Starlette

from catalog import SettingsError
from catalog.server.settings import ServerSettings

_PATIENCE = 10
"""Seconds that answers which have begun get to end in."""

_MOST = 1_000
"""Requests that are answered at once; more are told to come later."""


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
        """Stop listening; streams that would go on for ever end."""
        self._app.state.is_ready = False
        super().handle_exit(sig, frame)


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
        listener = socket.socket(family)
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
