"""Streamable HTTP: sessions with a server on loopback, alone and as a part of another application."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from factories import LendUrl, blank_catalog, open_catalog
from mcp.client.subscriptions import ResourcesListChanged
from sessions import MODES, session, started
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from catalog import Catalog
from catalog.mcp import app


@pytest.fixture(scope="module")
def served(lend_url: LendUrl) -> Iterator[tuple[Catalog, str]]:
    """A catalog, and the address at which an application with other routes serves it."""
    with lend_url() as url, open_catalog(url) as cat:
        cat.register("tool", "parse", "json:loads", description="Parse a text that is JSON.")
        mcp = app(cat, call=True)

        @asynccontextmanager
        async def alive(_: Starlette) -> Any:
            async with mcp.router.lifespan_context(mcp):
                yield

        def home(_: Any) -> PlainTextResponse:
            return PlainTextResponse("home")

        whole = Starlette(routes=[Route("/", home), *mcp.routes], lifespan=alive)
        server = uvicorn.Server(uvicorn.Config(whole, port=0, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield cat, f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("mode", MODES)
def test_a_session_over_http(served: tuple[Catalog, str], mode: str) -> None:
    """A client lists, searches, calls and reads at `/mcp`, with progress, beside the other routes."""
    heard: list[str] = []

    async def progress(_: float, __: float | None, message: str | None) -> None:
        heard.append(str(message))

    async def ask(client: Any) -> list[Any]:
        given = {"key": "parse", "arguments": {"s": "[1, 2]"}}
        return [
            client.protocol_version,
            [tool.name for tool in (await client.list_tools()).tools],
            (await client.call_tool("search_tools", {"query": "parse JSON"})).structured_content["hits"][0]["key"],
            (await client.call_tool("call_tool", given, progress_callback=progress)).structured_content,
            (await client.call_tool("describe_tool", {"key": "tool:pars"})).is_error,
            (await client.list_resources()).resources[0].uri,
        ]

    assert session(f"{served[1]}/mcp", ask, mode) == [
        "2026-07-28" if mode == "auto" else "2025-11-25",
        ["search_tools", "describe_tool", "call_tool", "route"],
        "tool:parse",
        {"result": [1, 2]},
        True,
        "catalog://tool/parse",
    ]
    assert heard == ["calling tool:parse"]
    assert httpx2.get(served[1]).text == "home"


@pytest.mark.parametrize("mode", MODES)
def test_changes_are_told_over_http(served: tuple[Catalog, str], mode: str) -> None:
    """A client over HTTP is told that the list of resources has changed."""
    cat, address = served
    told = anyio.Event()

    async def heard(message: Any) -> None:
        if message.method == "notifications/resources/list_changed":
            told.set()

    async def change() -> None:
        for number in range(20):  # the stream of a session of 2025 may not be open yet
            await anyio.to_thread.run_sync(cat.register, "model", "m", {"id": number})
            with anyio.move_on_after(1.5):
                await told.wait()
                return

    async def ask(client: Any) -> bool:
        if mode == "legacy":
            await change()
            return told.is_set()
        async with client.listen(resources_list_changed=True) as stream:
            await anyio.to_thread.run_sync(cat.register, "model", "m", {"id": "listening"})
            async for event in stream:
                return event == ResourcesListChanged()
        return False

    assert session(f"{address}/mcp", ask, mode, message_handler=heard)


def test_pages_of_others_and_floods_are_refused(served: tuple[Catalog, str]) -> None:
    """Requests for another host, from another origin, and of more than four megabytes reach no tool."""
    hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    with httpx2.Client(base_url=served[1], headers=accept) as client:
        answers = [
            client.post("/mcp", json=hello, headers={"Host": "evil.example"}),
            client.post("/mcp", json=hello, headers={"Origin": "https://evil.example"}),
            client.post("/mcp", json={**hello, "params": {"_meta": {"x": "x" * 4_100_000}}}),
            client.post("/mcp", content=b"{rubbish", headers={"Content-Type": "application/json"}),
        ]
    assert [answer.status_code for answer in answers] == [421, 403, 413, 400]


def test_the_command_serves_http(tmp_path: Path) -> None:
    """`catalog mcp --http` says where it listens, answers there, and ends when it is told to."""
    blank_catalog(tmp_path / "c.db")
    process = started(tmp_path, "--url", "sqlite:///c.db", "--embedder", "none", "--http", "--port", "0")
    assert process.stderr is not None
    address = None
    while address is None:
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())

    async def ask(client: Any) -> list[str]:
        return [tool.name for tool in (await client.list_tools()).tools]

    assert session(f"{address[0]}/mcp", ask) == ["search_tools", "describe_tool", "route"]
    process.terminate()
    output, errors = process.communicate(timeout=30)
    assert (output, "Traceback" in errors) == ("", False)
    assert process.returncode in (0, 143, -15)
