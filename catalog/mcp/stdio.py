"""The server over standard input and output: what else is printed goes to standard error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
