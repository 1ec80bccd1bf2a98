"""The server over standard input and output: what else is printed goes to standard error."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from catalog import MissingExtraError

if TYPE_CHECKING:
    from catalog import Catalog


def check_extra() -> None:
    """Raise MissingExtraError where the SDK is not installed."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise MissingExtraError(
            "the MCP server needs the official SDK; pip install 'magma-catalog[mcp]'", extra="mcp", package="mcp"
        )


def serve(cat: Catalog, *, call: bool | None = None, ended: Callable[[bool], None] | None = None) -> None:
    """Serve *cat* to the client at standard input and output, until it goes.

    Args:
        cat: an open catalog.
        call: whether the client may call entries; None: as the configuration says.
        ended: called at the end, with whether calls still run that nothing can stop.

    Raises:
        MissingExtraError: the SDK is not installed.
    """
    check_extra()
    import anyio  # the SDK takes a second to import

    from catalog.mcp.server import CatalogServer

    server = CatalogServer(cat, call=call)
    anyio.run(_serve, server)
    if ended is not None:
        ended(bool(server.calls.running))


async def _serve(server: object) -> None:
    from mcp.server.stdio import stdio_server

    from catalog.mcp.server import CatalogServer

    assert isinstance(server, CatalogServer)
    with _output() as stdout:
        async with stdio_server(stdout=stdout) as (read, write):
            await server.run(read, write, server.create_initialization_options())


@contextmanager
def _output() -> Iterator[Any]:
    """Yield standard output for the protocol alone: what else is printed goes to standard error meanwhile.

    None: there is no such file, and the SDK shall do with it as it does.
    """
    try:
        import fcntl  # where it is missing pipes can't be asked for room either

        if sys.stdout.buffer.fileno() != 1:
            raise ValueError
        sys.stdout.flush()
        wire = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    except (AttributeError, ImportError, OSError, ValueError):
        yield None
        return
    try:
        os.dup2(2, 1)
    except OSError:  # there is no standard error
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        yield _Output(wire)
    finally:
        os.dup2(wire, 1)  # `wire` stays open: a thread may still write to it


class _Output:
    """What the SDK writes to, in place of its file, which asks two threads for each message: 0.1 ms and more."""

    def __init__(self, wire: int) -> None:
        self._wire = wire
        self._data = b""

    async def write(self, text: str) -> None:
        """Take the text of a message."""
        self._data += text.encode("utf-8", "replace")

    async def flush(self) -> None:
        """Write it: at once as far as the pipe has room, the rest in a thread, which may wait."""
        from anyio import to_thread

        data, self._data = self._data, b""
        while data and select.select([], [self._wire], [], 0)[1]:  # then there is room for so many bytes
            data = data[os.write(self._wire, data[: select.PIPE_BUF]) :]
        if data:
            await to_thread.run_sync(self._rest, data)

    def _rest(self, data: bytes) -> None:
        while data:
            select.select([], [self._wire], [])  # a client may have made the pipe one that does not wait
            data = data[os.write(self._wire, data) :]
