"""Reading the graph of references of the stored entries, in both directions."""

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
    """Return kind and name of a stored entry, then path, kind and name of each entry it names; in no order."""
    return reader.all(FROM, (kind, name))


def references_to(reader: Reader, kind: str, name: str) -> list[Row]:
    """Return the like of each stored entry that names this one."""
    return reader.all(TO, (kind, name))


def all_references(reader: Reader) -> list[Row]:
    """Return the like of every stored entry that names another."""
    return reader.all(ALL)
