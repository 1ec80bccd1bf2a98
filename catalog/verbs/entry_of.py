"""The entry that registering an object would make, without a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.verbs.recording import drafted, name_of, runtime_entry

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def entry_of(kind: str, name: str | None, value: Any, *, runtime: bool = False, **fields: Any) -> Entry:
    """Return the entry that :meth:`catalog.Catalog.register` would store for these arguments; nothing is stored.

    Args:
        kind, name, value: as there.
        runtime: for an object that no other process can import.
        **fields: the other fields of Entry.

    Raises:
        NotImportableError, InvalidEntryError, InvalidReferenceError: as there.
    """
    name = name_of(kind, value) if name is None else name
    if runtime:
        return runtime_entry(kind, name, value, fields)
    return drafted([{**fields, "kind": kind, "name": name, "value": value}])[0]
