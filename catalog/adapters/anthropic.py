"""Tools of Anthropic's Messages API, and its tool search carried out by a catalog.

    tools = anthropic.search_tool(cat)  # one definition, however many tools there are
    message = client.messages.create(tools=tools, messages=messages, …)
    results = [tools.result(block) for block in message.content if block.type == "tool_use"]

No library is needed: definitions and blocks are plain data, as the types of the SDK have them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, Outcome, bridges, entry_for, failed
from catalog.adapters.finding import Search
from catalog.adapters.names import key_of
from catalog.adapters.toolbox import NOTHING, QUERY, SEARCHES, Toolbox, field, within

if TYPE_CHECKING:
    from catalog import Catalog

entry = entry_for
SEARCH: dict[str, Any] = {"name": "tool_search", "description": SEARCHES, "input_schema": QUERY}
"""The one tool that a model sees of a catalog before it searches."""


def definition(tool: Bridge, *, defer_loading: bool = False) -> dict[str, Any]:
    """Return a tool as the API takes it; with *defer_loading* it is shown to the model only where a search gives it."""
    made = {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
    return {**made, "defer_loading": True} if defer_loading else made


def tool(cat: Catalog, key: Any) -> dict[str, Any]:
    """Return the definition of one entry."""
    return definition(*bridges(cat, key))


def tools(cat: Catalog, keys: Any, *, max_tokens: int | None = None) -> Messages:
    """Return entries as tools: keys, hits or entries, in their order, as many as *max_tokens* allow."""
    found = within(max_tokens, definition, bridges(cat, keys))
    return Messages(map(definition, found), found)


def deferred(cat: Catalog, keys: Any) -> list[dict[str, Any]]:
    """Return the definitions of keys, hits, entries or ``tool_reference`` blocks, each with ``defer_loading``."""
    keys = keys if isinstance(keys, (list, tuple)) else [keys]
    named = [key_of(cat, key["tool_name"]) if isinstance(key, dict) else key for key in keys if not _is_text(key)]
    return list(map(_deferred, bridges(cat, named)))


def tool_search(
    cat: Catalog, query: str, *, limit: int = 5, max_tokens: int | None = None, **filters: Any
) -> list[dict[str, Any]]:
    """Return the content of a ``tool_result`` for a search: a ``tool_reference`` for each tool found, the best first.

    The request that carries it needs the definitions too: :func:`deferred` makes them of these blocks.

    Args:
        cat: the catalog to search.
        query: what the model asks for.
        limit: the most references.
        max_tokens: the most that the definitions may cost (:data:`catalog.adapters.toolbox.CHARACTERS`).
        **filters: of :meth:`catalog.Catalog.search`; ``kind`` is ``tool`` where none is given.
    """
    return _references(within(max_tokens, _deferred, Search(cat, filters=filters).bridges(query, limit)))


def search_tool(cat: Catalog, *, limit: int = 5, max_tokens: int | None = None, **filters: Any) -> Messages:
    """Return a toolbox that holds :data:`SEARCH`, answers its calls, and takes in what was found."""
    return Messages([SEARCH], search=Search(cat, filters=filters), limit=limit, max_tokens=max_tokens)


class Messages(Toolbox):
    """Definitions for ``tools=``; :meth:`result` answers the blocks of type ``tool_use``."""

    def result(self, block: Any) -> dict[str, Any]:
        """Return the ``tool_result`` for a ``tool_use`` block of the SDK, or a dictionary like it."""
        if self.search is not None and field(block, "name") == SEARCH["name"]:
            return self._searched(block)
        return self._answer(block, self.call(field(block, "name"), field(block, "input")))

    async def aresult(self, block: Any) -> dict[str, Any]:
        """The same as :meth:`result`, to be awaited."""
        if self.search is not None and field(block, "name") == SEARCH["name"]:
            return await asyncio.to_thread(self._searched, block)
        return self._answer(block, await self.acall(field(block, "name"), field(block, "input")))

    def _searched(self, block: Any) -> dict[str, Any]:
        assert self.search is not None
        try:
            found = self.find(field(block, "input"), _deferred)
        except Exception as error:
            return self._answer(block, failed("tool_search", error))
        self.add(map(_deferred, found), map(self.search.recording, found))
        return {"type": "tool_result", "tool_use_id": field(block, "id"), "content": _references(found)}

    def _answer(self, block: Any, outcome: Outcome) -> dict[str, Any]:
        made = {"type": "tool_result", "tool_use_id": field(block, "id"), "content": outcome.text}
        return {**made, "is_error": True} if outcome.failed else made


def _deferred(tool: Bridge) -> dict[str, Any]:
    return definition(tool, defer_loading=True)


def _references(found: list[Bridge]) -> list[dict[str, Any]]:
    if not found:
        return [{"type": "text", "text": NOTHING}]
    return [{"type": "tool_reference", "tool_name": tool.name} for tool in found]


def _is_text(key: Any) -> bool:
    """Tell whether *key* is the block that says that nothing was found."""
    return isinstance(key, dict) and key.get("type") == "text"
