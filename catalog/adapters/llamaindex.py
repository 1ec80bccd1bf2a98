"""Tools of LlamaIndex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, Outcome, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from llama_index.core.tools import AsyncBaseTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> AsyncBaseTool:
    """Return an entry as a tool of LlamaIndex; what goes wrong is a ``ToolOutput`` with ``is_error``."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[AsyncBaseTool]:
    """Return entries as tools of LlamaIndex: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[AsyncBaseTool]:
    """Return the tools of LlamaIndex with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> AsyncBaseTool:
    with needing("llamaindex"):
        from llama_index.core.tools import AsyncBaseTool, ToolMetadata, ToolOutput

    class Metadata(ToolMetadata):
        def get_parameters_dict(self) -> dict[str, Any]:
            return bridge.parameters

    def output(given: dict[str, Any], outcome: Outcome) -> ToolOutput:
        return ToolOutput(
            tool_name=bridge.name,
            content=outcome.text,
            raw_input=given,
            raw_output=outcome.text if outcome.failed else outcome.value,
            is_error=outcome.failed,
            exception=outcome.error if isinstance(outcome.error, Exception) else None,
        )

    class CatalogTool(AsyncBaseTool):
        metadata = Metadata(description=bridge.description, name=bridge.name)

        # Not one parameter with a name: LlamaIndex wraps these, and a tool may have an argument of that name.
        def call(self, *one: Any, **named: Any) -> ToolOutput:
            return output(named, bridge.call(one[0] if one else named))

        async def acall(self, *one: Any, **named: Any) -> ToolOutput:
            return output(named, await bridge.acall(one[0] if one else named))

    return CatalogTool()
