"""Tools of Pydantic AI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching

if TYPE_CHECKING:
    from pydantic_ai import Tool

    from catalog import Catalog

entry = entry_for


def tool(cat: Catalog, key: Any) -> Tool[Any]:
    """Return an entry as a ``Tool``; what goes wrong is a ``ToolFailed``, which uses up no retry."""
    return _made(*bridges(cat, key, passing=_signals()))


def tools(cat: Catalog, keys: Any) -> list[Tool[Any]]:
    """Return entries as tools of Pydantic AI: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys, passing=_signals())]


def search_tool(cat: Catalog, **filters: Any) -> list[Tool[Any]]:
    """Return the tools of Pydantic AI with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, passing=_signals(), **filters)]


def _made(bridge: Bridge) -> Tool[Any]:
    with needing("pydantic_ai"):
        from pydantic_ai import Tool
        from pydantic_ai.exceptions import ToolFailed

    async def run(**arguments: Any) -> Any:
        outcome = await bridge.acall(arguments)
        if outcome.failed:
            raise ToolFailed(outcome.text) from outcome.error
        return outcome.data

    return Tool.from_schema(run, bridge.name, bridge.description, bridge.parameters)


def _signals() -> tuple[type[BaseException], ...]:
    """Return what a tool raises to speak to the agent: ask for a retry, an approval, or a call elsewhere."""
    with needing("pydantic_ai"):
        from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, ModelRetry, ToolFailed

    return ModelRetry, CallDeferred, ApprovalRequired, ToolFailed
