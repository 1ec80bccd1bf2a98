"""``Site``: what the pages say, collected once: entries, their marks, what refers to what, and where each page is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

from catalog import Graph, council_graph, reference_graph

if TYPE_CHECKING:
    from catalog import Catalog, Entry, Marks, Reference

MOST_DRAWN = 40
"""Up to so many entries beside it, what an entry refers to is drawn; more are only listed."""

PER_PAGE = 500
"""Entries on one page of a list."""

_WHOLE_GRAPH = 300


class Site:
    """The entries of a catalog, and the pages they have.

    Attributes:
        title: what the site is called.
        entries: by key.
        marks: of the entries that have any, by key.
        uses, used_by: references by the key they lead from, and to.
        by_kind, by_tag, by_source: the keys of each, sorted.
        whole_graph_drawn: whether there are references, and few enough for one drawing.
    """

    def __init__(self, catalog: Catalog, title: str) -> None:
        """Read *catalog*; nothing is imported."""
        self._catalog = catalog
        self.title = title
        self.entries: dict[str, Entry] = {entry.key: entry for entry in catalog.entries()}
        self.marks: dict[str, Marks] = catalog.marks()
        self.uses: dict[str, list[Reference]] = {}
        self.used_by: dict[str, list[Reference]] = {}
        for reference in catalog.all_references():
            self.uses.setdefault(reference.source, []).append(reference)
            self.used_by.setdefault(reference.target, []).append(reference)
        kinds = {kind: place for place, kind in enumerate(catalog.kinds())}
        grouped: dict[str, list[str]] = {}
        for key, entry in self.entries.items():
            grouped.setdefault(entry.kind, []).append(key)
        self.by_kind = {kind: grouped[kind] for kind in sorted(grouped, key=lambda kind: kinds.get(kind, len(kinds)))}
        self.by_tag = _groups((tag, key) for key, entry in self.entries.items() for tag in entry.tags)
        self.by_source = _groups((entry.source, key) for key, entry in self.entries.items())
        self.whole_graph_drawn = 0 < len(self.uses.keys() | self.used_by.keys()) <= _WHOLE_GRAPH

    def page(self, key: str) -> str:
        """Return the path of the page of an entry, without its ending."""
        entry = self.entries[key]
        return f"entry/{entry.kind}/{slug(entry.name)}"

    def list_page(self, group: str, word: str, number: int = 0) -> str:
        """Return the path of a page that lists the entries of a kind, a tag or a source."""
        return f"{group}/{slug(word)}{f'-xp{number + 1}' if number else ''}"

    def state(self, key: str) -> str:
        """Return what is to be said of an entry in one or two words; empty where there is nothing."""
        marks = self.marks.get(key)
        if marks is None:
            return ""
        return marks.code or (marks.state if marks.state != "approved" else "")

    def states(self) -> Counter[str]:
        """Return how many entries have each state that wants a look."""
        return Counter(state for state in map(self.state, self.marks) if state)

    def drawing(self, key: str) -> Graph | None:
        """Return the graph to draw on the page of an entry: a council as it works, else what it refers to."""
        entry = self.entries[key]
        if entry.kind in ("council", "sub_council") and isinstance(entry.spec, dict):
            return council_graph(key, self._catalog)
        return None

    def neighbours(self, key: str) -> Graph | None:
        """Return what an entry refers to and what refers to it as a graph; None: nothing, or too much to draw."""
        around = {link.target for link in self.uses.get(key, ())} | {link.source for link in self.used_by.get(key, ())}
        return reference_graph(self._catalog, key) if 0 < len(around) <= MOST_DRAWN else None

    def whole_graph(self) -> Graph | None:
        """Return every reference as one graph; None: there is none, or more than can be read."""
        return reference_graph(self._catalog) if self.whole_graph_drawn else None


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for word, key in pairs:
        groups.setdefault(word, []).append(key)
    return {word: groups[word] for word in sorted(groups)}


_PLAIN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


def slug(name: str) -> str:
    """Return *name* as the name of a file; different names have different ones, also where case does not count."""
    if _PLAIN.fullmatch(name) and not name.endswith(".") and "-x" not in name:
        return name
    plain = re.sub(r"[^a-z0-9_.]+", "-", name.lower()).strip("-.")[:60]
    return f"{plain}-x{sha256(name.encode()).hexdigest()[:10]}"
