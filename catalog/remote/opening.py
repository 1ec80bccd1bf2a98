"""Sessions of the official SDK of MCP over transports with limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

from catalog.errors import MissingExtraError
from catalog.remote.faults import Faults
from catalog.remote.launch import Launch
from catalog.remote.limits import Limits

_CHANGES = {
    "notifications/tools/list_changed": ("tool",),
    "notifications/prompts/list_changed": ("prompt",),
    "notifications/resources/list_changed": ("resource", "template"),
}
"""What a server tells of, and the sorts whose listing holds no more."""


@asynccontextmanager
async def opened(
    launch: Launch, limits: Limits, faults: Faults, changed: Callable[[Sequence[str]], None]
) -> AsyncIterator[Any]:
    """Open a session, and yield the client of the SDK; *changed* is called with sorts of which the server has others.

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

    async def told(message: Any) -> None:
        if sorts := _CHANGES.get(getattr(message, "method", "")):
            changed(sorts)

    if launch.words:
        env = {**get_default_environment(), **dict(launch.env)}
        streams: Any = stdio(launch.words, env, launch.cwd, limits.size, faults)
        async with Client(streams, cache=None, message_handler=told) as client, _listening(client, limits):
            yield client
        return
    with nullcontext() if launch.oauth is None else launch.oauth.login(launch.url) as auth:
        if launch.transport == "sse":
            from mcp.client.sse import sse_client

            def made(headers: Any = None, timeout: Any = None, auth: Any = None) -> Any:
                return http_client({**dict(launch.headers), **(headers or {})}, limits.call, limits.size, faults, auth)

            streams = sse_client(launch.url, auth=auth, httpx_client_factory=made)
            async with Client(streams, cache=None, mode="legacy", message_handler=told) as client:
                yield client
            return
        from mcp.client.streamable_http import streamable_http_client

        async with http_client(dict(launch.headers), limits.call, limits.size, faults, auth) as http:
            streams = streamable_http_client(launch.url, http_client=http, max_sse_event_size=limits.size)
            async with Client(streams, cache=None, message_handler=told) as client, _listening(client, limits):
                yield client


@asynccontextmanager
async def _listening(client: Any, limits: Limits) -> AsyncIterator[None]:
    """Have the server tell of changes meanwhile, where a listing holds for a while; one of before does so unasked."""
    if not limits.recheck:
        yield
        return
    listening = asyncio.create_task(_listen(client))
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def _listen(client: Any) -> None:
    from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
    from mcp.shared.exceptions import MCPError

    # Without it a listing holds for as long as the configuration says.
    with suppress(ListenNotSupportedError, MCPError, SubscriptionLost, TimeoutError):
        async with client.listen(
            tools_list_changed=True, prompts_list_changed=True, resources_list_changed=True
        ) as changes:
            async for _ in changes:
                pass  # the client has told of it already
