"""``/mcp``: the catalog as an MCP server, for callers of this server with their rights."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from anyio import to_thread
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from catalog import Catalog
from catalog.server.guard import caller_in
from catalog.server.handling import check_right

PATH = "/mcp"
_LOOK = 0.2


class McpMount:
    """Answers MCP clients; what it takes is imported, and started, when the first of them asks."""

    def __init__(self, catalog: Catalog) -> None:
        """Serve *catalog*."""
        self._catalog = catalog
        self._apps: dict[bool, Starlette] = {}
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def route(self) -> Route:
        """Return the route of it."""
        return Route(PATH, self, name="mcp")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a caller; one with the right to call may call entries, and nobody else in the same session."""
        caller = caller_in(scope)
        check_right(caller, "read")
        scope["state"]["limit"].reschedule(None)  # a tool may take its time, and a stream does not end
        if not self._apps:
            await self._start(scope["app"])
        await self._apps[caller.may("call")](scope, receive, send)

    async def _start(self, server: Starlette) -> None:
        async with self._lock:
            if self._apps:
                return
            apps = await to_thread.run_sync(self._made)
            started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(server, apps, started))
            await started
            self._apps = apps

    def _made(self) -> dict[bool, Starlette]:
        from catalog.mcp import app  # the SDK takes a second to import, and is there only with its extra

        return {call: app(self._catalog, path=PATH, call=call, check_hosts=False) for call in (False, True)}

    async def _run(self, server: Starlette, apps: dict[bool, Starlette], started: asyncio.Future[None]) -> None:
        """Keep the sessions alive until the server is told to stop; then they end, and their streams with them."""
        async with AsyncExitStack() as stack:
            for inner in apps.values():
                await stack.enter_async_context(inner.router.lifespan_context(inner))
            started.set_result(None)
            while server.state.is_ready:
                await asyncio.sleep(_LOOK)

    async def stop(self) -> None:
        """Wait until all sessions have ended."""
        if self._task is not None:
            await self._task
