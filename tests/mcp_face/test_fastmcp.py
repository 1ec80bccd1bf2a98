"""The client of FastMCP, a second opinion on the protocol; `.ci/mcp` runs this in an environment of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sessions import stdio

from catalog import Catalog

fastmcp = pytest.importorskip("fastmcp", reason="fastmcp is not installed; .ci/mcp runs this")


def test_a_session_of_fastmcp(tmp_path: Path) -> None:
    """FastMCP lists, searches, calls, reads and fills in over stdio, and takes structured answers by their schemas."""
    (tmp_path / "catalog.toml").write_text(
        'url = "sqlite:///catalog.db"\nembedder = "none"\n[mcp]\ncall = true\n[trust]\nallow = ["json:loads"]\n',
        encoding="utf-8",
    )
    with Catalog(f"sqlite:///{tmp_path / 'catalog.db'}", embedder="none") as cat:
        cat.register("tool", "parse", "json:loads", description="Parse a text that is JSON.")
        cat.register("prompt", "greet", "Hello {name}!")
    how = stdio(cwd=tmp_path, CATALOG_TRUST="1")
    transport = fastmcp.client.transports.StdioTransport(how.command, how.args, cwd=str(tmp_path), env=how.env)

    async def run() -> Any:
        async with fastmcp.Client(transport) as client:
            tools = [tool.name for tool in await client.list_tools()]
            found = await client.call_tool("search_tools", {"query": "parse JSON"})
            called = await client.call_tool("call_tool", {"key": "tool:parse", "arguments": {"s": "[1]"}})
            wrong = await client.call_tool("describe_tool", {"key": "tool:parze"}, raise_on_error=False)
            resources = [str(resource.uri) for resource in await client.list_resources()]
            prompt = await client.get_prompt("greet", {"name": "Bo"})
            return tools, found.data.hits[0].key, called.data, wrong, resources, prompt.messages[0].content.text

    tools, key, value, wrong, resources, text = asyncio.run(run())
    assert tools == ["search_tools", "describe_tool", "call_tool", "route"]
    assert (key, value, text) == ("tool:parse", {"result": [1]}, "Hello Bo!")
    assert (wrong.is_error, wrong.content[0].text) == (True, "no entry 'tool:parze'; did you mean 'tool:parse'?")
    assert resources == ["catalog://tool/parse", "catalog://prompt/greet"]
