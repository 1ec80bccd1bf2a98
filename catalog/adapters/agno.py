"""Tools of Agno."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from agno.tools import Function

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> Function:
    """Return an entry as a ``Function``; what goes wrong is a failed call, whose error the model is shown."""
    return _made(*bridges(cat, key))


def tools(cat: Catalog, keys: Any) -> list[Function]:
    """Return entries as tools of Agno: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys)]


def search_tool(cat: Catalog, **filters: Any) -> list[Function]:
    """Return the tools of Agno with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, **filters)]


def _made(bridge: Bridge) -> Function:
    with needing("agno"):
        from agno.tools import Function

    def run(**arguments: Any) -> Any:
        return bridge(**arguments)

    return Function(
        name=bridge.name,
        description=bridge.description,
        parameters=bridge.parameters,
        entrypoint=run,
        skip_entrypoint_processing=True,
    )
