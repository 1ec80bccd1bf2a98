"""Tools of Haystack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, ToolError, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from haystack.tools import Tool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> Tool:
    """Return an entry as a ``Tool``; what goes wrong is a message with ``error=True``."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[Tool]:
    """Return entries as tools of Haystack: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[Tool]:
    """Return the tools of Haystack with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> Tool:
    with needing("haystack"):
        from haystack.tools import Tool

    def run(**arguments: Any) -> Any:
        return bridge(**arguments)

    async def arun(**arguments: Any) -> Any:
        outcome = await bridge.acall(arguments)
        if outcome.failed:
            raise ToolError(outcome.text) from outcome.error
        return outcome.value

    return Tool(
        name=bridge.name,
        description=bridge.description,
        parameters=bridge.parameters,
        function=run,
        async_function=arun,
    )
