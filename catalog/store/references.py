"""Reading the references between stored entries, in both directions.

Each row is: kind and name of the entry that names another, the path in its spec, kind and name of the named entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.store.forms import TEXT, sound

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
_FORM = (TEXT,) * 5


def references_from(reader: Reader, kind: str, name: str) -> list[Row]:
    """Return a row for each entry that this stored entry names, in no particular order."""
    return sound(reader.all(FROM, (kind, name)), _FORM, "entry_reference")


def references_to(reader: Reader, kind: str, name: str) -> list[Row]:
    """Return a row for each place where a stored entry names this one, in no particular order."""
    return sound(reader.all(TO, (kind, name)), _FORM, "entry_reference")


def all_references(reader: Reader) -> list[Row]:
    """Return a row for every place where a stored entry names another, in no particular order."""
    return sound(reader.all(ALL), _FORM, "entry_reference")
