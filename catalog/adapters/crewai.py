"""Tools of CrewAI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, Outcome, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from crewai.tools import BaseTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> BaseTool:
    """Return an entry as a ``BaseTool``; what goes wrong is a ``ToolFailure``."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[BaseTool]:
    """Return entries as tools of CrewAI: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[BaseTool]:
    """Return the tools of CrewAI with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> BaseTool:
    with needing("crewai"):
        from crewai.tools import BaseTool
        from crewai.tools.tool_failure import ToolFailure
    from pydantic import BaseModel, ConfigDict

    class Arguments(BaseModel):
        """Arguments that the bridge checks itself; CrewAI wants a model, and shows its schema."""

        model_config = ConfigDict(extra="allow")

        @classmethod
        def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
            return bridge.parameters

    def shown(outcome: Outcome) -> Any:
        return ToolFailure(message=outcome.text) if outcome.failed else outcome.value

    class CatalogTool(BaseTool):
        def _run(self, **arguments: Any) -> Any:
            return shown(bridge.call(arguments))

        async def _arun(self, **arguments: Any) -> Any:
            return shown(await bridge.acall(arguments))

    return CatalogTool(name=bridge.name, description=bridge.description, args_schema=Arguments)
