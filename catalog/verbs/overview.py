"""The catalog at a glance: how many entries of which sort, what is wrong with it, what changed last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.entry import Entry
from catalog.entry.filters import NO_FILTERS, Filters
from catalog.entry.references import Reference
from catalog.entry.states import APPROVED
from catalog.entry.states import marks_of as marks_in
from catalog.store import counts, queries
from catalog.store.vectors import Status
from catalog.verbs.history import Revision, readable_revisions
from catalog.verbs.lookup import marks as marks_of
from catalog.verbs.references import all_references
from catalog.workspace.lookup import HasWorkspace

if TYPE_CHECKING:
    from catalog.entry.filters import Kinds
    from catalog.workspace.workspace import Workspace

FACETS = ("kind", "tag", "framework", "source", "distribution", "state")
"""What entries are counted by."""

MOST_VALUES = 100
"""Values of one facet that are returned, the most frequent ones."""

MOST_HITS = 200
"""Hits of a search that are counted."""

MOST_BROKEN = 100
_MOST_CHANGES = 1_000


class Facets(NamedTuple):
    """How many entries have which value.

    Attributes:
        total: the entries that were counted.
        counts: by facet (one of ``kind tag framework source distribution state``) and value, the most frequent
            first; at most a hundred values of each.
        complete: whether all that match were counted; of a search only the best hits are.
    """

    total: int
    counts: dict[str, dict[str, int]]
    complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as data for JSON."""
        return self._asdict()


class Health(NamedTuple):
    """What needs somebody's attention.

    Attributes:
        total: entries of all tiers.
        states: how many entries are in each state that something is to be done about: ``gone``, ``broken``,
            ``drifted``, ``not loadable``, ``draft``, ``needs review``, ``deprecated``.
        vectors: by embedder, how many texts have a fresh vector, a stale one, and none.
        broken_references: names of entries that are not there, by source and path; at most a hundred.
        broken: how many of them there are.
        growth: by day (UTC), how many of the entries that are stored now came then.
    """

    total: int
    states: dict[str, int]
    vectors: dict[str, Status]
    broken_references: list[Reference]
    broken: int
    growth: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as data for JSON."""
        return {
            **self._asdict(),
            "vectors": {name: status.to_dict() for name, status in self.vectors.items()},
            "broken_references": [reference.to_dict() for reference in self.broken_references],
        }


def facets(
    catalog: HasWorkspace,
    text: str = "",
    *,
    kind: Kinds = None,
    tags: Sequence[str] = (),
    any_tags: Sequence[str] = (),
    exclude_tags: Sequence[str] = (),
    sources: Sequence[str] | None = None,
    distributions: Sequence[str] | None = None,
    states: Sequence[str] = (),
    frameworks: Sequence[str] = (),
) -> Facets:
    """Return how many of the entries that a search finds are of which kind, have which tag, and so on.

    Args:
        catalog: where.
        text: as of :meth:`catalog.Catalog.search`; of what it finds the best 200 are counted. Empty: all that pass the
            filters are. A damaged row counts for the total only.
        kind, tags, any_tags, exclude_tags, sources, distributions, states, frameworks: as of the search.

    Raises:
        InvalidFilterError, UnknownKindError: a filter has a value it can't have.
    """
    ws = catalog.workspace
    filters = ws.filters(kind, tags, any_tags, exclude_tags, sources, distributions, states, frameworks)
    if text.strip():
        from catalog.verbs.search import search  # full text

        hits = search(ws, text, filters, MOST_HITS, "auto")
        found = [entry for hit in hits if (entry := hit.readable_entry) is not None]
        return Facets(len(hits), _ordered(_of_entries(found)), len(hits) < MOST_HITS)
    return _of_all(ws, filters)


def _of_all(ws: Workspace, filters: Filters) -> Facets:
    """Count all that passes *filters*: what is stored, but for what another tier hides, and what other tiers have."""
    snapshot = ws.snapshot()
    total, found = ws.tally.counts(filters)
    stored = (snapshot.stored(*key) for key in snapshot.hidden)
    hidden = [entry for entry in stored if entry is not None and filters.passes(entry)]
    over = [entry for entry in snapshot.overlay if filters.passes(entry)]
    for facet in FACETS:
        found[facet].subtract(_of_entries(hidden)[facet])
        found[facet].update(_of_entries(over)[facet])
    return Facets(total - len(hidden) + len(over), _ordered(found))


def _of_entries(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for entry in entries:
        marks = marks_in(entry.metadata)
        found["kind"][entry.kind] += 1
        found["tag"].update(entry.tags)
        found["source"][entry.source] += 1
        found["state"].update(_states(marks.state, marks.code))
        framework = entry.metadata.get("framework")
        if isinstance(framework, str) and framework:
            found["framework"][framework] += 1
        if entry.distribution:
            found["distribution"][entry.distribution] += 1
    return found


def _states(state: str, code: str | None) -> list[str]:
    return [state] if code is None else [state, code]


def _ordered(found: dict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """Return the counts, the largest first, of equals by value."""
    ordered = {}
    for facet in FACETS:
        present = [(value, number) for value, number in found[facet].items() if number > 0]
        ordered[facet] = dict(sorted(present, key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES])
    return ordered


def health(catalog: HasWorkspace) -> Health:
    """Return what needs attention: states, vectors, broken references; and how the catalog grew. Imports nothing."""
    from catalog.verbs import embed  # numpy, where there is an embedder

    ws = catalog.workspace
    states: Counter[str] = Counter()
    for marks in marks_of(ws, None).values():
        states.update(state for state in _states(marks.state, marks.code) if state != APPROVED)
    broken = [reference for reference in all_references(ws) if not reference.exists]
    total = _total(ws)
    return Health(
        total,
        dict(sorted(states.items())),
        embed.status(ws),
        broken[:MOST_BROKEN],
        len(broken),
        {str(day): number for day, number in ws.store.reader.all(counts.GROWTH)},
    )


def _total(ws: Workspace) -> int:
    snapshot, reader = ws.snapshot(), ws.store.reader
    (stored,) = reader.one(queries.COUNT) or (0,)
    hidden = counts.keys_among(reader, NO_FILTERS, [*snapshot.hidden]) if snapshot.hidden else ()
    return int(stored) + len(snapshot.overlay) - len(hidden)


def changes_since(catalog: HasWorkspace, generation: int) -> list[Revision]:
    """Return the changes of entries that were committed after a *generation*, the oldest first.

    Of more than a thousand only the last thousand are returned.
    """
    ws = catalog.workspace
    ws.snapshot()
    return readable_revisions(ws.store.reader.all(counts.SINCE, (_MOST_CHANGES, generation)))
