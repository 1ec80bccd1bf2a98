"""Tools of Google's Agent Development Kit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching
from catalog.adapters.names import IDENTIFIER

if TYPE_CHECKING:
    from google.adk.tools import BaseTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> BaseTool:
    """Return an entry as a ``BaseTool``; what goes wrong is a response with ``error``."""
    return _made(*bridges(cat, key, IDENTIFIER))


def tools(cat: Catalog, keys: Any) -> list[BaseTool]:
    """Return entries as tools of the ADK: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys, IDENTIFIER)]


def search_tool(cat: Catalog, **filters: Any) -> list[BaseTool]:
    """Return the tools of the ADK with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, IDENTIFIER, **filters)]


def _made(bridge: Bridge) -> BaseTool:
    with needing("google_adk"):
        from google.adk.tools import BaseTool
        from google.genai.types import FunctionDeclaration

    class CatalogTool(BaseTool):
        def _get_declaration(self) -> FunctionDeclaration:
            return FunctionDeclaration(
                name=self.name, description=self.description, parameters_json_schema=bridge.parameters
            )

        async def run_async(self, *, args: dict[str, Any], tool_context: Any) -> dict[str, Any]:
            outcome = await bridge.acall(args)
            return {"error": outcome.text} if outcome.failed else {"result": outcome.data}

    return CatalogTool(name=bridge.name, description=bridge.description)
