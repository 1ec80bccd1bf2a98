"""The server over streamable HTTP, as an application of its own or a part of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from catalog.mcp.stdio import check_extra

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from catalog import Catalog

IDLE = 600.0
"""Seconds after which a session that asks nothing, and listens to nothing, ends."""
SESSIONS = 2_000
"""How many sessions may be open at the same time."""
LARGEST = 4_000_000
"""The most bytes of a request."""
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def app(
    cat: Catalog, *, path: str = "/mcp", hosts: Sequence[str] = (), call: bool | None = None, check_hosts: bool = True
) -> Starlette:
    """Return an ASGI application that serves *cat* at *path*.

    A part of another application: take its ``routes``, and enter ``app.router.lifespan_context(app)`` in the lifespan
    of the other.

    Args:
        cat: an open catalog; open it with ``Settings(served=True)``, so that only what is trusted is imported.
        path: where it answers.
        hosts: names that this machine is asked by, beside those of the loopback, as ``catalog.example.org`` or
            ``catalog.example.org:8080``; pages of other hosts are refused.
        call: whether clients may call entries; None: as ``[tool.catalog.mcp] call`` says.
        check_hosts: False where the application around it has looked at hosts and origins.

    Raises:
        MissingExtraError: the SDK is not installed.
    """
    check_extra()
    from mcp.server.transport_security import TransportSecuritySettings  # the SDK takes a second to import
    from starlette.routing import Route

    from catalog.mcp.plain import AsAsked, Plain
    from catalog.mcp.server import CatalogServer

    names = [*_LOOPBACK, *hosts]
    allowed = [name for host in names for name in ((host,) if _has_port(host) else (host, f"{host}:*"))]
    served = CatalogServer(cat, call=call).streamable_http_app(
        streamable_http_path=path,
        json_response=cast("Any", AsAsked()),
        max_request_body_size=LARGEST,
        session_idle_timeout=IDLE,
        max_sessions=SESSIONS,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=check_hosts,
            allowed_hosts=allowed,
            allowed_origins=[f"{scheme}://{host}" for host in allowed for scheme in ("http", "https")],
        ),
    )
    for route in served.routes:
        if isinstance(route, Route) and route.path == path:
            route.app = Plain(route.app)
    return served


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdecimal() and not host.endswith("]")
