"""Tools of Strands Agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from strands.tools import PythonAgentTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> PythonAgentTool:
    """Return an entry as a ``PythonAgentTool``; what goes wrong is a result with the status ``error``."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[PythonAgentTool]:
    """Return entries as tools of Strands: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[PythonAgentTool]:
    """Return the tools of Strands with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> PythonAgentTool:
    with needing("strands"):
        from strands.tools import PythonAgentTool

    async def run(tool_use: dict[str, Any], **state: Any) -> dict[str, Any]:
        outcome = await bridge.acall(tool_use["input"])
        said = {"toolUseId": tool_use["toolUseId"], "content": [{"text": outcome.text}]}
        return {**said, "status": "error" if outcome.failed else "success"}

    spec = {
        "name": bridge.name,
        "description": bridge.description or bridge.name,
        "inputSchema": {"json": bridge.parameters},
    }
    return PythonAgentTool(bridge.name, spec, run)
