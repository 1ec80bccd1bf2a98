"""Two tools with which a model finds the tools of a catalog and calls them, however many there are."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from catalog import CatalogError, EntryNotFoundError
from catalog.adapters.arguments import UnfitError, check, parsed
from catalog.adapters.base import Arguments, Bridge, Outcome, bridge, failed, succeeded
from catalog.adapters.names import PROVIDER, Rule, key_of

if TYPE_CHECKING:
    from catalog import Catalog, Hit

FIND, CALL = "find_tools", "call_tool"
MOST = 20
"""The most tools that one search gives."""

_FIND = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "description": "What the tool should do, in plain words."},
        "limit": {"type": "integer", "description": f"How many tools at the most, 1 to {MOST}; 5 if left out."},
    },
    "required": ["query"],
}
_CALL = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": f"The name of the tool, as {FIND} gives it."},
        "arguments": {
            "type": "object",
            "description": f"The arguments, as the parameters that {FIND} gives for this tool say.",
            "additionalProperties": True,
        },
    },
    "required": ["name"],
}


def searching(
    cat: Catalog, rule: Rule = PROVIDER, passing: tuple[type[BaseException], ...] = (), **filters: Any
) -> tuple[Bridge, Bridge]:
    """Return the tools ``find_tools`` and ``call_tool``.

    Args:
        cat: the catalog to search.
        rule: what names may be.
        passing: exceptions that pass through (:func:`catalog.adapters.base.bridge`).
        **filters: of :meth:`catalog.Catalog.search`; only what passes them is found, and only that can be called.
            ``kind`` is ``tool`` where none is given. Deprecated tools are ranked last; what needs a review is left out.
    """
    both = Search(cat, rule, passing, filters)
    find = "Find tools by what they do. Gives names, descriptions and parameters; call one of them with call_tool."
    use = "Call a tool that find_tools gave, with arguments that fit its parameters."
    return (
        Bridge(FIND, find, _FIND, both.find, both.afind),
        Bridge(CALL, use, _CALL, both.call, both.acall),
    )


class Search:
    """Searches of one model, and calls of what they gave; what is called after a search is recorded as use."""

    def __init__(
        self, cat: Catalog, rule: Rule = PROVIDER, passing: tuple[type[BaseException], ...] = (), filters: Any = None
    ) -> None:
        """Search *cat* with these *filters*; the other arguments are those of :func:`searching`."""
        self._cat, self._rule, self._passing = cat, rule, passing
        self._filters = {"kind": "tool", **(filters or {})}
        self._shown: set[str] = set()
        self._asked: dict[str, str] = {}

    def bridges(self, query: str, limit: int) -> list[Bridge]:
        """Return what a search for *query* gives, the best first, as tools."""
        hits = self._hits(query, limit)
        marks = self._cat.marks([hit.key for hit in hits])
        readable = (hit.readable_entry for hit in hits if usable(marks.get(hit.key)))
        left = [entry for entry in readable if entry is not None][:limit]  # without damaged rows
        found = [bridge(self._cat, entry, self._rule, self._passing) for entry in left]
        self._shown |= {str(tool.key) for tool in found}
        self._asked = {str(tool.key): query for tool in found}
        return found

    def _hits(self, query: str, limit: int) -> list[Hit]:
        filters = {**self._filters, "limit": 2 * limit + 10}  # some may not be usable
        if self._cat.settings.learn != "auto":
            return self._cat.search(query, **filters)
        # The catalog goes by threads when it records what is taken after a search; calls of a model come in any thread.
        # So it sees this search in a thread of its own, and the call is recorded here.
        with ThreadPoolExecutor(1) as own:
            return own.submit(self._cat.search, query, **filters).result()

    def find(self, arguments: Arguments = None) -> Outcome:
        """Answer a call of ``find_tools``."""
        try:
            given = parsed(arguments)
            check(given, _FIND)
            found = self.bridges(given["query"], min(max(int(given.get("limit") or 5), 1), MOST))
        except Exception as error:
            return failed(FIND, error)
        if not found:
            return succeeded("No tool fits; try other words.")
        return succeeded([described(tool) for tool in found])

    async def afind(self, arguments: Arguments = None) -> Outcome:
        """Answer a call of ``find_tools`` from a thread."""
        return await asyncio.to_thread(self.find, arguments)

    def call(self, arguments: Arguments = None) -> Outcome:
        """Answer a call of ``call_tool``."""
        chosen = self._chosen(arguments)
        if isinstance(chosen, Outcome):
            return chosen
        tool, given = chosen
        return self.recording(tool).call(given)

    async def acall(self, arguments: Arguments = None) -> Outcome:
        """Answer a call of ``call_tool``; an async function runs in this loop."""
        chosen = await asyncio.to_thread(self._chosen, arguments)
        if isinstance(chosen, Outcome):
            return chosen
        tool, given = chosen
        return await self.recording(tool).acall(given)

    def _chosen(self, arguments: Arguments) -> tuple[Bridge, dict[str, Any]] | Outcome:
        try:
            given = parsed(arguments)
            check({**given, "arguments": parsed(given.get("arguments"))}, _CALL)
            return self.bridge(given["name"]), parsed(given.get("arguments"))
        except Exception as error:
            return failed(CALL, error)

    def bridge(self, name: str) -> Bridge:
        """Return what a model calls *name* as a tool, whoever found it; the filters have to let it through.

        Raises:
            UnfitError: there is no such tool.
        """
        with suppress(EntryNotFoundError):
            entry = self._cat.entry(*key_of(self._cat, name, self._rule))
            if self._passes(entry.key):
                return bridge(self._cat, entry, self._rule, self._passing)
        raise UnfitError(f"there is no tool called {name!r:.80} here; use a name that a search gives")

    def _passes(self, key: str) -> bool:
        """Tell whether the filters let *key* through, whatever was searched for."""
        if key in self._shown:
            return True
        return any(hit.key == key for hit in self._cat.search("", **{**self._filters, "limit": None}))

    def recording(self, tool: Bridge) -> Bridge:
        """Return *tool* so that a call of it is recorded as the answer to the last search."""

        def call(arguments: Arguments = None) -> Outcome:
            return self._recorded(tool, tool.call(arguments))

        async def acall(arguments: Arguments = None) -> Outcome:
            return await asyncio.to_thread(self._recorded, tool, await tool.acall(arguments))

        return replace(tool, call=call, acall=acall)

    def _recorded(self, tool: Bridge, outcome: Outcome) -> Outcome:
        """Record that *tool* was right for what was searched last, where learning is on."""
        asked, self._asked = self._asked, {}  # the first call after a search counts, as everywhere
        query = asked.get(str(tool.key), "")
        if query.strip() and not outcome.failed and self._cat.settings.learn == "auto":
            with suppress(CatalogError):  # a call must not fail for lack of a record
                self._cat.record_use(query, str(tool.key))
        return outcome


def usable(marks: Any) -> bool:
    """Tell whether an entry with these marks may be offered: it is reviewed, and its code was there."""
    return marks is None or (marks.state in ("approved", "deprecated") and marks.code is None)


def described(tool: Bridge) -> dict[str, Any]:
    """Return a tool as a search shows it."""
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
