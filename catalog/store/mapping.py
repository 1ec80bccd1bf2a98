"""Rows and entries: one way in, one way out."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from json import loads
from typing import TYPE_CHECKING

from catalog.errors import StoreError
from catalog.store.reader import Row

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

COLUMNS = (
    "kind",
    "name",
    "ref",
    "spec",
    "description",
    "tags",
    "examples",
    "match",
    "providers",
    "priority",
    "metadata",
    "signature",
    "checksum",
    "source_checksum",
    "source",
    "distribution",
    "revision",
    "created_at",
    "updated_at",
)
"""The columns every reading statement of entries gives, in this order."""

JSON_COLUMNS = ("spec", "tags", "examples", "providers", "metadata")
"""Those that hold JSON."""

LISTED = ("kind", "name", "description", "tags", "revision")
"""The columns of a listing: reading the other fourteen would take as long as finding the rows."""


def columns(names: tuple[str, ...] = COLUMNS) -> str:
    """Return the columns for a SELECT from ``entry AS e``."""
    return ", ".join(f"e.{name}" for name in names)


def entry_from_row(row: Row) -> Entry:
    """Return the entry of a *row* with the columns of :data:`COLUMNS`.

    The row was validated when it was written, and is not again: that would be a third of a lookup.

    Raises:
        StoreError: the row was not written by a catalog.
    """
    (kind, name, ref, spec, description, tags, examples, match, providers, priority, metadata, signature, checksum,
     source_checksum, source, distribution, revision, created_at, updated_at) = row  # fmt: skip
    entry = _new(_entry_class())
    try:
        fields = {
            "kind": kind,
            "name": name,
            "ref": ref,
            "spec": None if spec is None else loads(spec),
            "description": description,
            "tags": () if tags == "[]" else tuple(loads(tags)),
            "examples": () if examples == "[]" else tuple(loads(examples)),
            "match": match,
            "providers": None if providers is None else tuple(loads(providers)),
            "priority": priority,
            "metadata": {} if metadata == "{}" else loads(metadata),
            "signature": signature,
            "checksum": checksum,
            "source_checksum": source_checksum,
            "source": source,
            "distribution": distribution,
            "tier": "persistent",
            "revision": revision,
            "created_at": _moment(created_at),
            "updated_at": _moment(updated_at),
        }
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"the row of {kind}:{name} is damaged ({error}); `catalog restore {kind}:{name}` brings back a good one",
            key=f"{kind}:{name}",
        ) from None
    _set(entry, "__dict__", fields)
    _set(entry, "__pydantic_fields_set__", set(fields))
    _set(entry, "__pydantic_extra__", None)
    _set(entry, "__pydantic_private__", None)
    return entry


_set = object.__setattr__
_new = object.__new__
_moment = datetime.fromisoformat


@lru_cache(maxsize=1)
def _entry_class() -> type[Entry]:
    from catalog.entry.entry import Entry

    return Entry


def content(entry: Entry) -> str:
    """Return what makes one revision differ from another, as JSON: all but tier, revision and times."""
    return entry.model_dump_json(exclude={"tier", "revision", "created_at", "updated_at"})


def words_of(entry: Entry) -> tuple[str, ...]:
    """Return the row of ``search_doc`` for *entry*, without its id."""
    from catalog.entry.words import document, facet

    return (
        *document(entry.name, entry.description, entry.tags, entry.examples, entry.parameters, entry.signature),
        " ".join([facet("k", entry.kind), *(facet("t", tag) for tag in entry.tags)]),
    )
