"""What has happened to entries, and entries as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from catalog.entry.kinds import format_key
from catalog.errors import InvalidEntryError

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
    """

    kind: str
    name: str
    revision: int
    action: str
    actor: str
    at: datetime
    data: dict[str, Any] | None

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
    """Return the revision of a row of the table ``revision``."""
    _, kind, name, number, action, actor, at, data = row
    return Revision(
        kind,
        name,
        number,
        action,
        actor,
        datetime.fromisoformat(at),
        None if data is None else json.loads(data),
    )


def write_lines(entries: Iterable[Entry], file: IO[str]) -> int:
    """Write one JSON object a line with the fields of each entry; return their number."""
    written = 0
    for entry in entries:
        file.write(entry.model_dump_json() + "\n")
        written += 1
    return written


def read_lines(lines: Iterable[str], where: str) -> Iterator[Mapping[str, Any]]:
    """Yield the fields each line of *where* gives; blank lines are passed over.

    Raises:
        InvalidEntryError: a line is not a JSON object; the text names file and line.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise InvalidEntryError(f"{where}, line {number}: not JSON: {error}", file=where, line=number) from None
        if not isinstance(fields, dict):
            raise InvalidEntryError(f"{where}, line {number}: not a JSON object", file=where, line=number)
        yield fields
