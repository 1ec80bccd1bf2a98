"""``Toolbox``: the definitions that a request to a provider takes, and the calls that come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from catalog.adapters.arguments import UnfitError, check, parsed
from catalog.adapters.base import Arguments, Bridge, Outcome, failed
from catalog.adapters.finding import Search

CHARACTERS = 4
"""The rule of thumb of every budget: so many bytes of a definition, written as JSON in UTF-8, count as one token."""

SEARCHES = "Find tools by what they do. What it finds can be called from then on."
"""What a model reads of the tool that searches."""

QUERY: dict[str, Any] = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What the tool should do, in plain words."}},
    "required": ["query"],
    "additionalProperties": False,
}
"""What that tool takes."""

NOTHING = "No tool fits; try other words."
"""What a model reads where a search finds nothing."""


def tokens(definition: Any) -> int:
    """Return about how many tokens a *definition* costs in a prompt, by the rule of thumb."""
    return -(-len(json.dumps(definition, ensure_ascii=False).encode("utf-8", "replace")) // CHARACTERS)


def within(
    max_tokens: int | None, define: Callable[[Bridge], dict[str, Any]], bridges: Iterable[Bridge]
) -> list[Bridge]:
    """Return those *bridges*, in their order, whose definitions together cost at most *max_tokens* (None: all of them).

    What is too large for the rest of the budget is passed over.
    """
    if max_tokens is None:
        return list(bridges)
    taken = []
    for tool in bridges:
        cost = tokens(define(tool))
        if cost <= max_tokens:
            taken.append(tool)
            max_tokens -= cost
    return taken


class Toolbox(list[dict[str, Any]]):
    """A list of definitions, as a provider takes it for ``tools``, that knows what is behind each.

    What is added comes last and nothing is ever moved, so that a provider's prompt cache holds.
    """

    def __init__(
        self,
        definitions: Iterable[dict[str, Any]] = (),
        bridges: Iterable[Bridge] = (),
        search: Search | None = None,
        limit: int = 5,
        max_tokens: int | None = None,
    ) -> None:
        """Hold *definitions*, and the *bridges* that are called by their names.

        Args:
            definitions: for ``tools=``.
            bridges: what is behind them.
            search: answers searches; None: there are none.
            limit: the most definitions that a search adds.
            max_tokens: the most that they may cost.
        """
        super().__init__(definitions)
        self.search, self.limit, self.max_tokens = search, limit, max_tokens
        self.bridges: dict[str, Bridge] = {tool.name: tool for tool in bridges}

    def find(self, arguments: Arguments, define: Callable[[Bridge], dict[str, Any]]) -> list[Bridge]:
        """Return what a search of the model finds, as many as the budget allows; without a search nothing.

        Raises:
            UnfitError, CatalogError: the arguments do not fit, or the search fails.
        """
        given = parsed(arguments)
        check(given, QUERY)
        return within(self.max_tokens, define, self.search.bridges(given["query"], self.limit) if self.search else [])

    def add(self, definitions: Iterable[dict[str, Any]], bridges: Iterable[Bridge]) -> None:
        """Add what is not there yet, at the end."""
        known = {definition.get("name") for definition in self}
        self += [definition for definition in definitions if definition.get("name") not in known]
        for tool in bridges:
            self.bridges.setdefault(tool.name, tool)

    def call(self, name: str, arguments: Arguments = None) -> Outcome:
        """Call the tool that the model calls *name*; a name that is not here is an outcome too."""
        tool = self._tool(name)
        return tool if isinstance(tool, Outcome) else tool.call(arguments)

    async def acall(self, name: str, arguments: Arguments = None) -> Outcome:
        """The same as :meth:`call`, to be awaited."""
        tool = self._tool(name)
        return tool if isinstance(tool, Outcome) else await tool.acall(arguments)

    def _tool(self, name: str) -> Bridge | Outcome:
        """Return what is called *name*: one that is here, or that a search of another process has found."""
        if name in self.bridges:
            return self.bridges[name]
        try:
            if self.search is None:
                raise UnfitError(f"there is no tool called {name!r:.80}")
            return self.search.bridge(str(name))
        except Exception as error:
            return failed("the tool", error)


def field(item: Any, name: str) -> Any:
    """Return a field of what a provider sent: an object of its SDK, or the same as a dictionary."""
    return item.get(name) if isinstance(item, dict) else getattr(item, name, None)
