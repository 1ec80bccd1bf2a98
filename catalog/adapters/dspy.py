"""Tools of DSPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching
from catalog.adapters.names import IDENTIFIER

if TYPE_CHECKING:
    from dspy import Tool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> Tool:
    """Return an entry as a ``Tool``; what goes wrong is its result: DSPy shows tracebacks of exceptions."""
    return _made(*bridges(cat, key, IDENTIFIER))


def tools(cat: Catalog, keys: Any) -> list[Tool]:
    """Return entries as tools of DSPy: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys, IDENTIFIER)]


def search_tool(cat: Catalog, **filters: Any) -> list[Tool]:
    """Return the tools of DSPy with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, IDENTIFIER, **filters)]


def _made(bridge: Bridge) -> Tool:
    with needing("dspy"):
        from dspy import Tool

    def run(**arguments: Any) -> Any:
        outcome = bridge.call(arguments)
        return outcome.text if outcome.failed else outcome.data

    made = Tool(run, name=bridge.name, desc=bridge.description, args=bridge.parameters["properties"], arg_types={})
    made.desc = bridge.description
    return made
