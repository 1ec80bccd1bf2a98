"""What a session is told of while it lives: changes, progress; and what stops when a client gives up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated
from mcp.shared.exceptions import MCPDeprecationWarning
from sessions import session, text_of

from catalog import Catalog
from catalog.mcp import server as server_module
from catalog.mcp.server import CatalogServer

CODE = '''
import asyncio, threading, time

started, ended = threading.Event(), []


async def wait(seconds: float) -> str:
    """Wait, and note how it ended."""
    started.set()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        ended.append("cancelled")
        raise
    return "waited"


def block(seconds: float) -> str:
    """Block a thread."""
    started.set()
    time.sleep(seconds)
    return "blocked"
'''


@pytest.fixture
def waits(catalog: Catalog, module_folder: Path) -> Catalog:
    """A catalog with an async tool and a blocking one."""
    (module_folder / "waits.py").write_text(CODE, encoding="utf-8")
    catalog.register("tool", "wait", "waits:wait")
    catalog.register("tool", "block", "waits:block")
    return catalog


def test_an_mcp_server_rests_between_searches(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as a server runs, it holds no memory for what nobody searches, whatever the transport."""
    seen: list[object] = []

    async def rest(of: Catalog) -> None:
        seen.append(of)
        await anyio.sleep(60)

    async def steps(client: Any) -> None:
        await client.list_tools()

    monkeypatch.setattr(server_module, "release_when_idle", rest)
    session(CatalogServer(catalog), steps)
    assert seen == [catalog]


def changed_elsewhere(cat: Catalog, run_python: Any) -> None:
    """Change a tool of the catalog in another process, and add a prompt."""
    run_python(
        "import sys; from catalog import Catalog, Settings\n"
        "with Catalog(sys.argv[1], settings=Settings(embedder='none')) as cat:\n"
        "    cat.update('tool:wait', description='Waits for long.')\n"
        "    cat.register('prompt', 'new', 'Hello')\n",
        cat.url,
    )


def test_a_stream_tells_of_changes_of_another_process(waits: Catalog, run_python: Any) -> None:
    """In the current revision a client that listens is told of lists and of the resources it named, and no others."""
    uris = ["catalog://tool/wait", "catalog://tool/block"]

    async def ask(client: Any) -> set[Any]:
        async with client.listen(
            prompts_list_changed=True, resources_list_changed=True, resource_subscriptions=uris
        ) as stream:
            await anyio.to_thread.run_sync(changed_elsewhere, waits, run_python)
            told: set[Any] = set()
            async for event in stream:
                told.add(event)
                if len(told) == 3:
                    return told
            return told

    events = session(CatalogServer(waits, interval=0.05), ask)
    assert events == {ResourcesListChanged(), PromptsListChanged(), ResourceUpdated("catalog://tool/wait")}


def test_a_session_of_the_revision_before_is_notified(waits: Catalog, run_python: Any) -> None:
    """A client of 2025 gets notifications, of resources only while it has subscribed to them."""
    told: list[tuple[str, str | None]] = []
    enough = anyio.Event()

    async def heard(message: Any) -> None:
        told.append((message.method, getattr(message.params, "uri", None)))
        if len(set(told)) == 3:
            enough.set()

    async def ask(client: Any) -> None:
        for subscribe, name in (
            (client.subscribe_resource, "wait"),
            (client.subscribe_resource, "block"),
            (client.unsubscribe_resource, "wait"),
            (client.subscribe_resource, "wait"),
        ):
            with pytest.warns(MCPDeprecationWarning):
                await subscribe(f"catalog://tool/{name}")
        await anyio.to_thread.run_sync(changed_elsewhere, waits, run_python)
        await enough.wait()

    server = CatalogServer(waits, interval=0.05)
    session(server, ask, "legacy", message_handler=heard)
    assert set(told) == {
        ("notifications/prompts/list_changed", None),
        ("notifications/resources/list_changed", None),
        ("notifications/resources/updated", "catalog://tool/wait"),
    }
    assert server.changes.is_idle


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_call_that_a_client_gives_up_is_cancelled(waits: Catalog, mode: str) -> None:
    """An async function is cancelled with the request; the session goes on, and nothing is left running."""

    async def ask(client: Any) -> str:
        import waits as module  # type: ignore[import-not-found]

        with anyio.move_on_after(30) as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, "call_tool", {"key": "wait", "arguments": {"seconds": 600}})
                await anyio.to_thread.run_sync(module.started.wait)
                tasks.cancel_scope.cancel()
        assert not scope.cancelled_caught
        while server.calls.running:
            await anyio.sleep(0.01)
        assert module.ended == ["cancelled"]
        return text_of(await client.call_tool("call_tool", {"key": "wait", "arguments": {"seconds": 0}}))

    server = CatalogServer(waits, call=True)
    assert session(server, ask, mode) == "waited"


def test_what_can_not_be_cancelled_holds_nothing_else_up(waits: Catalog) -> None:
    """While all calls that may run block, searches are answered, and one more call is refused in words."""
    server = CatalogServer(waits, call=True)
    server.calls.most = 2

    async def ask(client: Any) -> Any:
        block = ("call_tool", {"key": "block", "arguments": {"seconds": 1.0}})
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(client.call_tool, *block)
            while server.calls.running < 2:
                await anyio.sleep(0.01)
            refused = await client.call_tool(*block)
            found = await client.call_tool("search_tools", {"query": "block a thread"})
            assert server.calls.running == 2
        return refused, found, await client.call_tool("call_tool", {"key": "block", "arguments": {"seconds": 0}})

    refused, found, after = session(server, ask)
    assert (refused.is_error, text_of(refused)) == (
        True,
        "tool:block: 2 calls run already; wait for one of them to end",
    )
    assert found.structured_content["hits"][0]["key"] == "tool:block"
    assert text_of(after) == "blocked"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_progress_is_reported_while_a_call_runs(waits: Catalog, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks for progress hears of a call at once and then again and again, with growing numbers."""
    monkeypatch.setattr("catalog.mcp.server.BEAT", 0.05)
    heard: list[tuple[float, str]] = []

    async def progress(value: float, total: float | None, message: str | None) -> None:
        heard.append((value, str(message)))

    async def ask(client: Any) -> Any:
        given = {"key": "wait", "arguments": {"seconds": 0.5}}
        return await client.call_tool("call_tool", given, progress_callback=progress)

    assert text_of(session(CatalogServer(waits, call=True), ask, mode)) == "waited"
    assert heard[0] == (0.0, "calling tool:wait")
    assert len(heard) > 2
    assert [value for value, _ in heard] == sorted({value for value, _ in heard})
