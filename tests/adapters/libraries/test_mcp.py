"""The official MCP SDK: tools of an entry in an `MCPServer`, called by its own client."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cases import CALL, FAILURES, FIND, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("mcp", reason="mcp is not installed; .ci/frameworks runs this")
from mcp import Client
from mcp.server import MCPServer

from catalog.adapters import mcp


async def call(tools: list[Any], *steps: tuple[str, dict[str, Any]]) -> list[Any]:
    """Return the results of a client that calls *steps* of a server with these tools."""
    async with Client(MCPServer("abacus", tools=tools)) as client:
        return [await client.call_tool(name, arguments) for name, arguments in steps]


def test_a_client_finds_and_calls(tools: Catalog) -> None:
    """The client finds a tool in the catalog and gets the right value; its module is imported by the call."""
    (found,) = asyncio.run(call(mcp.search_tool(tools), FIND))
    assert found.structured_content["result"][0]["name"] == "add"
    assert not imported()
    (value,) = asyncio.run(call(mcp.search_tool(tools), CALL))
    assert (value.content[0].text, value.structured_content, value.is_error) == (VALUE, {"result": 42}, False)
    assert imported()


@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(tools: Catalog, name: str, arguments: dict[str, Any], text: str) -> None:
    """Whatever goes wrong is a result that is an error, and the session goes on."""
    offered = mcp.tools(tools, [name, "wait"])
    wrong, right = asyncio.run(call(offered, (name, arguments), ("wait", {"text": "tea"})))
    assert wrong.is_error
    assert text in wrong.content[0].text
    assert right.content[0].text == "waited: tea"


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A tool object of the SDK registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from mcp.server.mcpserver.tools import Tool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = Tool.from_function(scale, name='scaled-sum')\n",
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled-sum", "live_objects:scaled")
    assert mcp.entry(module.scaled).parameters == entry.parameters
    made = mcp.tool(catalog, entry)
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert made.parameters == module.scaled.parameters
    (result,) = asyncio.run(call([made], ("scaled-sum", {"x": 3})))
    assert json.loads(result.content[0].text) == 6.0


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and a client calls the server."""

    async def call_it() -> str:
        async with Client(shown("mcp", tools)["server"]) as client:
            listed = await client.list_tools()
            assert [tool.name for tool in listed.tools] == ["find_tools", "call_tool", "add"]
            return str((await client.call_tool("add", {"a": 2, "b": 40})).content[0].text)

    assert asyncio.run(call_it()) == VALUE
