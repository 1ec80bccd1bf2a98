"""Tools of LangChain and LangGraph."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, Outcome, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> StructuredTool:
    """Return an entry as a ``StructuredTool``; what goes wrong is a ``ToolMessage`` with ``status="error"``."""
    return _made(*bridges(cat, key, passing=_signals()))


def tools(cat: Catalog, keys: Any) -> list[StructuredTool]:
    """Return entries as tools of LangChain: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys, passing=_signals())]


def search_tool(cat: Catalog, **filters: Any) -> list[StructuredTool]:
    """Return the tools of LangChain with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, passing=_signals(), **filters)]


def _made(bridge: Bridge) -> StructuredTool:
    with needing("langchain"):
        from langchain_core.tools import StructuredTool, ToolException

    def given(outcome: Outcome) -> Any:
        if outcome.failed:
            raise ToolException(outcome.text) from outcome.error
        return outcome.data

    def run(**arguments: Any) -> Any:
        return given(bridge.call(arguments))

    async def arun(**arguments: Any) -> Any:
        return given(await bridge.acall(arguments))

    return StructuredTool(
        name=bridge.name,
        description=bridge.description,
        args_schema=bridge.parameters,
        func=run,
        coroutine=arun,
        handle_tool_error=True,
        handle_validation_error=True,
        metadata={"catalog": bridge.key} if bridge.key else None,
    )


def _signals() -> tuple[type[BaseException], ...]:
    """Return what LangGraph raises inside tools to interrupt a run; where it is not loaded, nobody can raise it."""
    signal = getattr(sys.modules.get("langgraph.errors"), "GraphBubbleUp", None)
    return (signal,) if isinstance(signal, type) else ()
