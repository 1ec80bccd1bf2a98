"""Looking up records; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import composed, format_key, parse_key, split_key
from catalog.entry.kinds import plural
from catalog.entry.states import Marks, marks_of
from catalog.store import queries
from catalog.store.forms import parsed
from catalog.store.mapping import to_json
from catalog.store.near_names import way
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Filters, Kinds
    from catalog.workspace.lookup import HasWorkspace
    from catalog.workspace.snapshot import Snapshot


class Standing(NamedTuple):
    """An entry's place among the tiers.

    Attributes:
        entry: the record of one tier.
        wins: whether lookups give this record.
        why: in words.
    """

    entry: Entry
    wins: bool
    why: str

    @property
    def tier(self) -> str:
        """The tier of the entry."""
        return self.entry.tier

    def to_dict(self) -> dict[str, Any]:
        """Return the place with the entry's fields as data for JSON."""
        return {"tier": self.tier, "wins": self.wins, "why": self.why, "entry": self.entry.model_dump(mode="json")}


def contains(ws: Workspace, key: object) -> bool:
    """Return whether any tier has the *key*: a pair of kind and name, or ``kind:name``; False for anything else."""
    if isinstance(key, str):
        key = parse_key(key)
    if not (isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, str) for part in key)):
        return False
    snapshot, name = ws.snapshot(), composed(key[1])
    return snapshot.has(key[0], name) or snapshot.aliased(key[0], name) is not None


def names(ws: Workspace, kind: str) -> list[str]:
    """Return the names of a kind over all tiers, sorted."""
    ws.known_kind(kind)
    return ws.snapshot().names(kind)


def name_search(catalog: HasWorkspace) -> str:
    """Return how the names that resemble a mistyped one are found, in words; empty for a file, whose names are read.

    On a server it is "by trigrams", where pg_trgm's index is asked, or "all names are read" and the reason why.
    """
    return way(catalog.workspace.store.reader)


def registries(ws: Workspace) -> list[str]:
    """Return the names of the registries of all known kinds, which are attributes of a catalog."""
    return [*map(plural, ws.kinds())]


def keys(ws: Workspace) -> list[str]:
    """Return the keys of all tiers, sorted: what a notebook completes."""
    snapshot = ws.snapshot()
    return sorted(format_key(kind, name) for kind in ws.kinds() for name in snapshot.names(kind))


def gone(ws: Workspace) -> list[str]:
    """Return the keys of the entries whose code was not there when it was last looked for, sorted."""
    return [key for key, state in states(ws, None).items() if state == "gone"]


def states(ws: Workspace, keys: Iterable[str] | None) -> dict[str, str]:
    """Return the state of the code of each entry that has one, by key; see :meth:`catalog.Catalog.states`."""
    return {key: found.code for key, found in marks(ws, keys).items() if found.code is not None}


def marks(ws: Workspace, keys: Iterable[str] | None) -> dict[str, Marks]:
    """Return the marks of each marked entry, by key; see :meth:`catalog.Catalog.marks`."""
    snapshot = ws.snapshot()
    if keys is None:
        wanted = None
        rows = ws.store.reader.all(queries.MARKED)
    else:
        wanted = {split_key(key) for key in keys}
        rows = ws.store.reader.all(queries.MARKED_OF, (to_json(sorted(wanted)),))
    found = {}
    for kind, name, metadata in rows:
        try:
            seen = marks_of(parsed(metadata, dict))
        except ValueError:  # a damaged row, which others report
            continue
        if seen != _NO_MARKS and (kind, name) not in snapshot.hidden:
            found[format_key(kind, name)] = seen
    for entry in snapshot.overlay:
        seen = marks_of(entry.metadata)
        if seen != _NO_MARKS and (wanted is None or (entry.kind, entry.name) in wanted):
            found[entry.key] = seen
    return dict(sorted(found.items()))


_NO_MARKS = Marks()


def entries(
    ws: Workspace, kind: Kinds, sources: Sequence[str] = (), distributions: Sequence[str] = ()
) -> Iterator[Entry]:
    """Yield the winning records of the given kinds (None: all) and origins, by key."""
    snapshot, filters = ws.snapshot(), ws.filters(kind, sources=sources, distributions=distributions)
    stored = readable(queries.whole_rows(ws.store.reader, filters))
    yield from merge(_seen(snapshot, stored), _over(snapshot, filters), key=lambda entry: (entry.kind, entry.name))


def entries_by_place(ws: Workspace, kind: Kinds) -> Iterator[Entry]:
    """Yield the winning records of the given kinds by the place of their code, so that each file is parsed once.

    Those that are not stored come first. Whoever reads source code takes long: nothing waits for it meanwhile.
    """
    from catalog.source.places import by_place  # reading source code is for those who ask for it

    snapshot, filters = ws.snapshot(), ws.filters(kind)
    yield from by_place(_over(snapshot, filters))
    yield from _seen(snapshot, readable(queries.rows_by_place(ws.store.reader, filters)))


def _seen(snapshot: Snapshot, stored: Iterator[Entry]) -> Iterator[Entry]:
    """Return those of *stored* that no other tier hides."""
    hidden = snapshot.hidden
    return (entry for entry in stored if (entry.kind, entry.name) not in hidden) if hidden else stored


def _over(snapshot: Snapshot, filters: Filters) -> list[Entry]:
    """Return the entries of the other tiers that pass *filters*, by key."""
    over = [entry for entry in snapshot.overlay if filters.passes(entry)]
    return sorted(over, key=lambda entry: (entry.kind, entry.name))


def which(ws: Workspace, kind: str, name: str) -> list[Standing]:
    """Return every tier's entry of a key, the winner first; see :meth:`catalog.Catalog.which`."""
    snapshot = ws.snapshot()
    tiers = snapshot.tiers(kind, name)
    if not tiers and (aliased := snapshot.aliased(kind, name)) is not None:
        return [Standing(aliased, True, f"revision {aliased.revision}, which the alias '{name}' names")]
    if not tiers:
        raise ws.not_found(snapshot, kind, name)
    winner, *shadowed = tiers
    if not shadowed:
        return [Standing(winner, True, "the only tier that has it")]
    over = " and ".join(entry.tier for entry in shadowed)
    return [
        Standing(winner, True, f"{winner.tier} wins over {over}"),
        *(Standing(entry, False, f"shadowed by {winner.tier}") for entry in shadowed),
    ]
