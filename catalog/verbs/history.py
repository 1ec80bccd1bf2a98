"""What has happened to entries: revisions, and going back to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import format_key
from catalog.errors import CatalogError, EntryNotFoundError, StoreError
from catalog.store import queries
from catalog.store.forms import NUMBER, TEXT, TEXT_OR_NONE, is_number, is_row, parsed, passed_over
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.reader import Row


class Revision(NamedTuple):
    """One change of one entry.

    Attributes:
        revision: its number, from 1; it goes on counting after an entry was taken away.
        action: ``register``, ``scan``, ``plugin``, ``live``, ``import``, ``accept``, ``repair``, ``restore``,
            ``unregister`` or ``gone``.
        actor: who, as the operating system or ``CATALOG_ACTOR`` says.
        at: when, in UTC.
        data: the fields of the entry after the change; None where it was taken away.
        reason: what whoever made the change said of it; None where nothing was said.
    """

    kind: str
    name: str
    revision: int
    action: str
    actor: str
    at: datetime
    data: dict[str, Any] | None
    reason: str | None = None

    @property
    def key(self) -> str:
        """``kind:name``."""
        return format_key(self.kind, self.name)

    @property
    def entry(self) -> Entry | None:
        """The entry after the change, or None where it was taken away."""
        if self.data is None:
            return None
        from catalog.entry.entry import make_entry

        return make_entry({**self.data, "revision": self.revision, "updated_at": self.at})

    def to_dict(self) -> dict[str, Any]:
        """Return the change as data for JSON, ``at`` in ISO 8601."""
        return {"key": self.key, **self._asdict(), "at": self.at.isoformat()}

    def changed(self, before: Revision | None) -> dict[str, tuple[Any, Any]]:
        """Return the fields that differ from the revision *before*, with old and new value."""
        old = (before.data if before else None) or {}
        new = self.data or {}
        return {
            field: (old.get(field), new.get(field))
            for field in dict.fromkeys((*old, *new))
            if old.get(field) != new.get(field) and (old.get(field) or new.get(field))
        }


def revision_from_row(row: Row) -> Revision:
    """Return the revision of a row of the table ``revision``; ValueError if the row is damaged."""
    if not is_row(row, _FORM):
        raise ValueError("a value of a wrong type")
    _, kind, name, number, action, actor, at, data, reason = row
    when = datetime.fromisoformat(at)
    return Revision(kind, name, number, action, actor, when, None if data is None else parsed(data, dict), reason)


_FORM = (NUMBER, TEXT, TEXT, NUMBER, TEXT, TEXT, TEXT, TEXT_OR_NONE, TEXT_OR_NONE)


def readable_revisions(rows: Iterable[Row]) -> list[Revision]:
    """Return the revisions of *rows*; damaged rows are passed over with one warning."""
    found, damaged = [], 0
    for row in rows:
        try:
            found.append(revision_from_row(row))
        except ValueError:
            damaged += 1
    if damaged:
        passed_over("revision", damaged)
    return found


_EVERY = (1 << 63) - 1
"""A number above that of every revision."""


def history(ws: Workspace, kind: str, name: str, limit: int | None = None, before: int | None = None) -> list[Revision]:
    """Return every change of a key, the newest first; see :meth:`catalog.Catalog.history`."""
    ws.snapshot()
    least = _EVERY if before is None else before
    most = -1 if limit is None else limit
    return readable_revisions(ws.store.reader.all(queries.HISTORY, (kind, name, least, most)))


def log(ws: Workspace, limit: int) -> list[Revision]:
    """Return the last changes of the whole catalog, the newest first."""
    ws.snapshot()
    return readable_revisions(ws.store.reader.all(queries.LOG, (min(limit, 1 << 40),)))


def restore(ws: Workspace, kind: str, name: str, revision: int | None) -> Entry:
    """Bring an entry back as it was at *revision*; see :meth:`catalog.Catalog.restore`.

    Only the revisions that may be meant are read: an entry may have hundreds of thousands.
    """
    reader = ws.store.reader
    ws.snapshot()
    if revision is None:
        last = reader.one(queries.LAST_CHANGE, (kind, name))
        rows = reader.all(queries.KEPT_REVISIONS, (kind, name, _SHOWN))
        if last is not None and last[0] not in REMOVALS and _is_readable(ws, kind, name):
            rows = rows[1:]  # it is there: back means the revision before
    else:
        rows = [row for row in reader.all(queries.REVISION, (kind, name, revision)) if row[7] is not None]
    entry = next(_entries(rows), None)
    if entry is not None and entry.name != name:  # it was called otherwise then; its history came with the new name
        entry = entry.model_copy(update={"name": name})
    if entry is None:
        kept = reader.all(queries.KEPT_REVISIONS, (kind, name, _SHOWN))
        known = sorted(row[3] for row in kept if is_number(row[3]))
        shown = f"{known}{' and older ones' if len(known) == _SHOWN else ''}" if known else "none"
        raise EntryNotFoundError(
            f"'{format_key(kind, name)}' has no revision {revision or 'before this one'} to go back to; it has {shown}",
            kind=kind,
            name=name,
            close=[],
            revisions=known,
        )
    with ws.writing() as transaction:
        ws.put(transaction, [entry], "restore")
    return ws.stored(kind, name)


_SHOWN = 20
"""Revisions that an error lists, and among which one that can be read is looked for."""


def _entries(rows: Iterable[Row]) -> Iterator[Entry]:
    """Yield the entries of *rows*; a revision that can't be read is passed over with a warning."""
    for row in rows:
        try:
            entry = revision_from_row(row).entry
        except (ValueError, CatalogError):
            passed_over("revision")
            continue
        if entry is not None:
            yield entry


REMOVALS = ("unregister", "gone")
"""Actions after which an entry is not there."""


def _is_readable(ws: Workspace, kind: str, name: str) -> bool:
    """Tell whether the stored row of a key is sound."""
    try:
        ws.stored(kind, name)
    except StoreError:
        return False
    return True
