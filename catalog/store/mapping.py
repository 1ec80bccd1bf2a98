"""From entries to rows and back: the only place that knows which column holds which field, and in what form."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from json import dumps
from typing import TYPE_CHECKING, Any

from catalog.entry.states import DEPRECATED, is_deprecated
from catalog.errors import StoreError
from catalog.store.forms import MOST, NUMBER, TEXT, TEXT_OR_NONE, parsed, parsed_texts
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
"""The columns of an entry, in the order in which every reading statement returns them."""

WRITABLE = tuple(name for name in COLUMNS if name not in ("kind", "name", "created_at"))
"""The columns that a new revision of an entry sets: all but the key and the time the key was stored."""

JSON_COLUMNS = ("spec", "tags", "examples", "providers", "metadata")
"""The columns that hold JSON."""

LISTED = ("kind", "name", "description", "tags", "revision")
"""The columns of a listing. Reading the other fourteen columns would take as long as finding the rows."""


_FORM = dict.fromkeys(COLUMNS, TEXT) | {
    **dict.fromkeys(("priority", "revision"), NUMBER),
    **dict.fromkeys(
        ("ref", "spec", "match", "providers", "signature", "checksum", "source_checksum", "distribution"), TEXT_OR_NONE
    ),
}
_ALLOWED = tuple(_FORM.items())
_types_in_form: set[tuple[type, ...]] = set()
"""Combinations of types that rows had and may have: one look at a set instead of nineteen comparisons."""


def columns(names: tuple[str, ...] = COLUMNS) -> str:
    """Return the columns *names* as a list for a SELECT from ``entry AS e``."""
    return ", ".join(f"e.{name}" for name in names)


def entry_from_row(row: Row) -> Entry:
    """Return the entry of a *row* with the columns of :data:`COLUMNS`.

    Raises:
        StoreError: the row is damaged: a column that should hold JSON or a time does not.
    """
    # The entry was validated when it was written. Validating it again would take a third of a lookup, so the model is
    # filled from inside, the way pydantic's own `model_construct` does.
    (kind, name, ref, spec, description, tags, examples, match, providers, priority, metadata, signature, checksum,
     source_checksum, source, distribution, revision, created_at, updated_at) = row  # fmt: skip
    entry = _new(_entry_class())
    try:
        types = tuple(map(type, row))
        if types not in _types_in_form:
            _check_types(types)
        if (ref is None) is (spec is None):
            raise ValueError("ref and spec: either one or the other must be there")
        if not (0 < revision < MOST and -_PRIORITIES <= priority < _PRIORITIES):
            raise ValueError("revision or priority: a number that is none")
        fields = {
            "kind": kind,
            "name": name,
            "ref": ref,
            "spec": None if spec is None else parsed(spec),
            "description": description,
            "tags": () if tags == "[]" else parsed_texts(tags),
            "examples": () if examples == "[]" else parsed_texts(examples),
            "match": match,
            "providers": None if providers is None else parsed_texts(providers),
            "priority": priority,
            "metadata": {} if metadata == "{}" else parsed(metadata, dict),
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
        raise damaged_row(kind, name, error) from None
    _set(entry, "__dict__", fields)
    _set(entry, "__pydantic_fields_set__", set(fields))
    _set(entry, "__pydantic_extra__", None)
    _set(entry, "__pydantic_private__", None)
    return entry


def damaged_row(kind: Any, name: Any, why: object) -> StoreError:
    """Return the error for the row of an entry that can't be read, because of *why*."""
    if type(kind) is str and type(name) is str:
        remedy = f"`catalog restore {kind}:{name}` brings back a good one"
    else:  # nobody can type such a key
        remedy = "`catalog db check --fix` mends it"
    return StoreError(f"the row of {kind}:{name} is damaged ({why}); {remedy}", key=f"{kind}:{name}")


def _check_types(types: tuple[type, ...]) -> None:
    """Raise ValueError unless the columns of an entry may have these *types*; remember those that may."""
    for (name, allowed), found in zip(_ALLOWED, types, strict=True):
        if found not in allowed:
            raise ValueError(f"{name}: {WRONG_TYPES.get(found, found.__name__)}")
    _types_in_form.add(types)


WRONG_TYPES: dict[type, str] = {
    bytes: "bytes that are no text",
    type(None): "nothing",
    str: "a text",
    int: "a number",
    float: "a number that is not whole",
}
"""What to call a value of a type that a column must not have."""

_PRIORITIES = 1 << 31
_set = object.__setattr__
_new = object.__new__
_moment = datetime.fromisoformat


@lru_cache(maxsize=1)
def _entry_class() -> type[Entry]:
    from catalog.entry.entry import Entry

    return Entry


def row_of(entry: Entry, revision: int, now: str) -> tuple[Any, ...]:
    """Return the values of the columns :data:`WRITABLE` for *entry*, stored as *revision* at the moment *now*."""
    return (
        entry.ref,
        to_json(entry.spec),
        entry.description,
        to_json(entry.tags),
        to_json(entry.examples),
        entry.match,
        to_json(entry.providers),
        entry.priority,
        to_json(entry.metadata),
        entry.signature,
        entry.checksum,
        entry.source_checksum,
        entry.source,
        entry.distribution,
        revision,
        now,
    )


def to_json(value: Any) -> str | None:
    """Return *value* as compact JSON, and None as None: in the database that is NULL."""
    if value is None:
        return None
    if value == () or value == {}:  # so are most tags, examples and metadata: skip the encoder
        return "[]" if value == () else "{}"
    return dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def content(entry: Entry) -> str:
    """Return as JSON what a revision records: every field but tier, revision and times. Equal content is no change."""
    return entry.model_dump_json(exclude={"tier", "revision", "created_at", "updated_at"})


def words_of(entry: Entry) -> tuple[str, ...]:
    """Return the row of ``search_doc`` for *entry*, without its id."""
    from catalog.entry.words import document, facet

    # What is deprecated is found by a facet: a search has to know it, and reads no metadata.
    states = [facet("s", DEPRECATED)] if is_deprecated(entry.metadata) else []
    return (
        *document(entry.name, entry.description, entry.tags, entry.examples, entry.parameters, entry.signature),
        " ".join([facet("k", entry.kind), *(facet("t", tag) for tag in entry.tags), *states]),
    )
