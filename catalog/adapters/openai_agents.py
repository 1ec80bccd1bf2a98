"""Tools of the OpenAI Agents SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from agents import FunctionTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> FunctionTool:
    """Return an entry as a ``FunctionTool``; what goes wrong is the text that the model gets as its output."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[FunctionTool]:
    """Return entries as tools of the SDK: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[FunctionTool]:
    """Return the tools of the SDK with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> FunctionTool:
    with needing("openai_agents"):
        from agents import FunctionTool

    async def invoke(context: Any, arguments: str) -> str:
        return (await bridge.acall(arguments)).text

    return FunctionTool(
        name=bridge.name,
        description=bridge.description,
        params_json_schema=bridge.parameters,
        on_invoke_tool=invoke,
        strict_json_schema=False,
    )
