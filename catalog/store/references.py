"""Reading the references between stored entries, in both directions.

Each row is: kind and name of the entry that names another, the path in its spec, kind and name of the named entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.store.reader import Reader, Row

FROM = (
    "SELECT e.kind, e.name, r.path, r.kind, r.name FROM entry AS e CROSS JOIN entry_reference AS r "
    "ON r.entry_id = e.id WHERE e.kind = ? AND e.name = ?"
)
TO = (
    "SELECT e.kind, e.name, r.path, r.kind, r.name FROM entry_reference AS r CROSS JOIN entry AS e "
    "ON e.id = r.entry_id WHERE r.kind = ? AND r.name = ?"
)
ALL = (
    "SELECT e.kind, e.name, r.path, r.kind, r.name FROM entry_reference AS r CROSS JOIN entry AS e ON e.id = r.entry_id"
)


def references_from(reader: Reader, kind: str, name: str) -> list[Row]:
    """Return a row for each entry that this stored entry names, in no particular order."""
    return reader.all(FROM, (kind, name))


def references_to(reader: Reader, kind: str, name: str) -> list[Row]:
    """Return a row for each place where a stored entry names this one, in no particular order."""
    return reader.all(TO, (kind, name))


def all_references(reader: Reader) -> list[Row]:
    """Return a row for every place where a stored entry names another, in no particular order."""
    return reader.all(ALL)
