"""Tools of Microsoft's Agent Framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from agent_framework import FunctionTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> FunctionTool:
    """Return an entry as a ``FunctionTool``; what goes wrong is its result: the framework hides exceptions."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[FunctionTool]:
    """Return entries as tools of the Agent Framework: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[FunctionTool]:
    """Return the framework's tools with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> FunctionTool:
    with needing("agent_framework"):
        from agent_framework import FunctionTool

    async def run(**arguments: Any) -> str:
        return (await bridge.acall(arguments)).text

    return FunctionTool(name=bridge.name, description=bridge.description, func=run, input_model=bridge.parameters)
