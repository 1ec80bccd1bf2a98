"""Sessions of the official SDK of MCP over transports with limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from catalog.errors import MissingExtraError
from catalog.remote.faults import Faults
from catalog.remote.launch import Launch
from catalog.remote.limits import Limits


@asynccontextmanager
async def opened(launch: Launch, limits: Limits, faults: Faults) -> AsyncIterator[Any]:
    """Open a session, and yield the client of the SDK.

    Raises:
        MissingExtraError: the SDK is not installed.
        RemoteError: the server can't be started.
    """
    try:
        from mcp import Client
        from mcp.client.stdio import get_default_environment
    except ImportError:
        raise MissingExtraError(
            "the package mcp is needed to ask MCP servers; pip install 'magma-catalog[mcp]'", extra="mcp"
        ) from None
    from catalog.remote.stdio import stdio  # they need the SDK, too
    from catalog.remote.web import client as http_client

    if launch.words:
        env = {**get_default_environment(), **dict(launch.env)}
        streams: Any = stdio(launch.words, env, launch.cwd, limits.size, faults)
        async with Client(streams, cache=None) as client:
            yield client
        return
    with nullcontext() if launch.oauth is None else launch.oauth.login(launch.url) as auth:
        if launch.transport == "sse":
            from mcp.client.sse import sse_client

            def made(headers: Any = None, timeout: Any = None, auth: Any = None) -> Any:
                return http_client({**dict(launch.headers), **(headers or {})}, limits.call, limits.size, faults, auth)

            streams = sse_client(launch.url, auth=auth, httpx_client_factory=made)
            async with Client(streams, cache=None, mode="legacy") as client:
                yield client
            return
        from mcp.client.streamable_http import streamable_http_client

        async with http_client(dict(launch.headers), limits.call, limits.size, faults, auth) as http:
            streams = streamable_http_client(launch.url, http_client=http, max_sse_event_size=limits.size)
            async with Client(streams, cache=None) as client:
                yield client
