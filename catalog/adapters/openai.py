"""Tools of OpenAI's Responses and Chat Completions, and the tool search of Responses carried out by a catalog.

    tools = openai.search_tool(cat)  # one definition, however many tools there are
    response = client.responses.create(tools=tools, input=items, …)
    items += [*response.output, *tools.outputs(response.output)]

No library is needed: definitions and items are plain data, as the SDK has them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, Outcome, bridges, entry_for, failed
from catalog.adapters.finding import Search, searching
from catalog.adapters.toolbox import QUERY, SEARCHES, Toolbox, field, within

if TYPE_CHECKING:
    from catalog import Catalog

entry = entry_for
SEARCH: dict[str, Any] = {"type": "tool_search", "execution": "client", "description": SEARCHES, "parameters": QUERY}
"""The one tool that a model sees of a catalog before it searches; gpt-5.4 and later know it."""


def definition(tool: Bridge, *, api: str = "responses", defer_loading: bool = False) -> dict[str, Any]:
    """Return a tool as an API takes it: ``responses`` or ``chat``."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    if api == "chat":
        return {"type": "function", "function": function}
    return {"type": "function", **function, "strict": False, **({"defer_loading": True} if defer_loading else {})}


def tool(cat: Catalog, key: Any, *, api: str = "responses") -> dict[str, Any]:
    """Return one entry as such a tool, nothing imported."""
    return definition(*bridges(cat, key), api=api)


def tools(cat: Catalog, keys: Any, *, api: str = "responses", max_tokens: int | None = None) -> Calls:
    """Return entries as such tools: keys, hits or entries, in their order, as many as *max_tokens* allow."""
    define = partial(definition, api=api)
    found = within(max_tokens, define, bridges(cat, keys))
    return Calls(map(define, found), found)


def tool_search(
    cat: Catalog, call: Any, *, limit: int = 5, max_tokens: int | None = None, **filters: Any
) -> dict[str, Any]:
    """Return the ``tool_search_output`` item that answers *call*, a ``tool_search_call`` that the client executes.

    It gives *limit* definitions at most, which cost *max_tokens* (:func:`catalog.adapters.toolbox.tokens`); *filters*
    are those of :meth:`catalog.Catalog.search`, where ``kind`` is ``tool`` unless it is given.
    """
    return Calls([SEARCH], (), Search(cat, filters=filters), limit, max_tokens).output(call)


def search_tool(
    cat: Catalog, *, api: str = "responses", limit: int = 5, max_tokens: int | None = None, **filters: Any
) -> Calls:
    """Return a toolbox that holds :data:`SEARCH`, answers its calls, and calls what was found.

    Chat Completions know no tool search: with ``api="chat"`` it holds ``find_tools`` and ``call_tool``.
    """
    if api == "chat":
        both = searching(cat, **filters)
        return Calls([definition(tool, api=api) for tool in both], both)
    return Calls([SEARCH], (), Search(cat, filters=filters), limit, max_tokens)


class Calls(Toolbox):
    """Definitions for ``tools=``; :meth:`outputs` answers what a model calls."""

    def outputs(self, items: Iterable[Any]) -> list[dict[str, Any]]:
        """Return the answers to those *items* of a response that are calls, in their order."""
        return [self.output(item) for item in items if _is_ours(item)]

    def output(self, item: Any) -> dict[str, Any]:
        """Return the answer to a ``tool_search_call``, a ``function_call``, or a tool call of a chat message."""
        if field(item, "type") == "tool_search_call":
            return self._searched(item)
        called = field(item, "function") or item
        return _answer(item, self.call(field(called, "name"), field(called, "arguments")))

    async def aoutput(self, item: Any) -> dict[str, Any]:
        """The same as :meth:`output`, to be awaited."""
        if field(item, "type") == "tool_search_call":
            return await asyncio.to_thread(self._searched, item)
        called = field(item, "function") or item
        return _answer(item, await self.acall(field(called, "name"), field(called, "arguments")))

    def _searched(self, item: Any) -> dict[str, Any]:
        found: list[Bridge] = []
        try:
            found = self.find(field(item, "arguments"), _deferred)
        except Exception as error:
            failed("tool_search", error)  # for the log: the item has no place for an error, and so gives no tools
        if self.search is not None:  # the item itself brings the definitions
            self.add((), map(self.search.recording, found))
        said = {"type": "tool_search_output", "call_id": field(item, "call_id"), "execution": "client"}
        return {**said, "status": "completed", "tools": list(map(_deferred, found))}


def _deferred(tool: Bridge) -> dict[str, Any]:
    return definition(tool, defer_loading=True)


def _is_ours(item: Any) -> bool:
    """Tell whether *item* is a call for the client to carry out; OpenAI's servers may have searched themselves."""
    if field(item, "type") == "tool_search_call":
        return bool(field(item, "execution") == "client")
    return field(item, "type") in ("function_call", "function")


def _answer(item: Any, outcome: Outcome) -> dict[str, Any]:
    if field(item, "type") == "function":
        return {"role": "tool", "tool_call_id": field(item, "id"), "content": outcome.text}
    return {"type": "function_call_output", "call_id": field(item, "call_id"), "output": outcome.text}
