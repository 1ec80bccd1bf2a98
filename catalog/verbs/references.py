"""The graph of references over all tiers: what an entry uses, and what uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from catalog.council_specs.shape import BaseSpec
from catalog.entry.key import Key, format_key
from catalog.entry.references import Reference, in_order, references_of
from catalog.store import references as rows_of
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.reader import Reader, Row
    from catalog.workspace.snapshot import Snapshot

Live = Callable[[Key], object]


def references(ws: Workspace, kind: str, name: str) -> list[Reference]:
    """Return what an entry names; see :meth:`catalog.Catalog.references`."""
    return _index(ws).of(ws.entry(kind, name))


def used_by(ws: Workspace, kind: str, name: str) -> list[Reference]:
    """Return what names an entry; see :meth:`catalog.Catalog.used_by`."""
    references = _index(ws).to(kind, name)
    snapshot = ws.snapshot()
    if not references and not snapshot.has(kind, name):
        raise ws.not_found(snapshot, kind, name)
    return references


def all_references(ws: Workspace) -> list[Reference]:
    """Return every reference from one entry to another, by source and path."""
    return _index(ws).all()


def _index(ws: Workspace) -> ReferenceIndex:
    return ReferenceIndex(ws.indexed(), ws.store.reader, ws.runtime.live)


class ReferenceIndex:
    """The references of one moment."""

    def __init__(self, snapshot: Snapshot, reader: Reader, live: Live) -> None:
        """Look at the tiers of *snapshot*; *live* gives the object of a runtime entry, KeyError without one."""
        self._snapshot = snapshot
        self._reader = reader
        self._live = live
        self._known: dict[Key, bool] = {}

    def of(self, entry: Entry) -> list[Reference]:
        """Return what *entry*, the winner of its key, names: by path."""
        stored = entry.tier == "persistent"
        rows = rows_of.references_from(self._reader, entry.kind, entry.name) if stored else self._read(entry)
        return self._sorted(rows)

    def to(self, kind: str, name: str) -> list[Reference]:
        """Return the references of other entries, and its own, to one that may not exist: by source, then path."""
        words = [(kind, name)]
        if kind == "council" and not self._has("sub_council", name):  # a sub-council may be any council
            words.append(("sub_council", name))
        rows = [row for word in words for row in rows_of.references_to(self._reader, *word)]
        rows = [row for row in rows if row[:2] not in self._snapshot.hidden]
        for entry in self._snapshot.overlay:
            rows += [row for row in self._read(entry) if row[3:] in words]
        return [reference for reference in self._sorted(rows) if reference.target == format_key(kind, name)]

    def all(self) -> list[Reference]:
        """Return every reference there is."""
        rows = [row for row in rows_of.all_references(self._reader) if row[:2] not in self._snapshot.hidden]
        for entry in self._snapshot.overlay:
            rows += self._read(entry)
        return self._sorted(rows)

    def _read(self, entry: Entry) -> Iterator[Row]:
        spec: Any = entry.spec
        if entry.tier == "runtime" and entry.ref is None:
            try:
                spec = _data(self._live((entry.kind, entry.name)))
            except KeyError:  # taken away in between
                return
        for named in references_of(entry.kind, spec, entry.metadata):
            yield entry.kind, entry.name, *named

    def _sorted(self, rows: Iterable[Row]) -> list[Reference]:
        found = []
        for kind, name, path, to, target in rows:
            if to == "sub_council" and not self._has(to, target) and self._has("council", target):
                to = "council"
            found.append(Reference(format_key(kind, name), path, format_key(to, target), self._has(to, target)))
        return sorted(found, key=in_order)

    def _has(self, kind: str, name: str) -> bool:
        key = (kind, name)
        if key not in self._known:
            self._known[key] = self._snapshot.has(kind, name) or self._snapshot.aliased(kind, name) is not None
        return self._known[key]


def _data(live: object) -> object:
    """Return what the spec of a runtime entry would be, had it one."""
    return live.model_dump(mode="json") if isinstance(live, BaseSpec) else live
