"""Tools of an MCP server made with the official SDK: ``MCPServer("name", tools=mcp.tools(cat, keys))``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching
from catalog.adapters.names import Rule

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool

    from catalog import Catalog

entry = entry_for
RULE = Rule(128, "-.")
"""What the protocol allows for names of tools."""


def tool(cat: Catalog, key: Any) -> Tool:
    """Return an entry as a tool for ``MCPServer``; what goes wrong is a result with ``is_error``."""
    return _made(*bridges(cat, key, RULE))


def tools(cat: Catalog, keys: Any) -> list[Tool]:
    """Return entries as tools for ``MCPServer``: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys, RULE)]


def search_tool(cat: Catalog, **filters: Any) -> list[Tool]:
    """Return the tools with which a client finds others and calls them; *filters* are those of ``cat.search``."""
    return [_made(tool) for tool in searching(cat, RULE, **filters)]


def _made(bridge: Bridge) -> Tool:
    with needing("mcp"):
        from mcp.server.mcpserver.tools import Tool
        from mcp.server.mcpserver.utilities.func_metadata import func_metadata
        from mcp_types import CallToolResult, TextContent

    class CatalogTool(Tool):
        async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
            outcome = await bridge.acall(arguments)
            if outcome.failed:
                return CallToolResult(content=[TextContent(type="text", text=outcome.text)], is_error=True)
            data = outcome.data
            return CallToolResult(
                content=[TextContent(type="text", text=outcome.text)],
                structured_content=data if isinstance(data, dict) else {"result": data},
            )

    def nothing() -> None:
        """Stand where the SDK wants a function: the bridge is called instead."""

    return CatalogTool(
        fn=nothing,
        name=bridge.name,
        description=bridge.description,
        parameters=bridge.parameters,
        fn_metadata=func_metadata(nothing, structured_output=False),
        is_async=True,
    )
