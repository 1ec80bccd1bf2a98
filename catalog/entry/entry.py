"""``Entry``: one record of the catalog, validated; never the live object."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from catalog.entry.key import format_key, name_fault
from catalog.entry.kinds import is_kind_name
from catalog.entry.object_ref import reference_fault
from catalog.errors import InvalidEntryError, InvalidReferenceError

Tier = Literal["runtime", "persistent", "config"]


def _kind(value: str) -> str:
    if not is_kind_name(value):
        raise ValueError("a kind is a lower-case word of letters, digits and '_'")
    return value


def _name(value: str) -> str:
    fault = name_fault(value)
    if fault:
        raise ValueError(f"the name {fault}")
    return value


def _ref(value: str) -> str:
    fault = reference_fault(value)
    if fault:
        raise ValueError(f"{value!r} is not an object reference: {fault}; write 'package.module:name'")
    return value


def _words(value: object) -> object:
    """Accept any iterable of texts but a text itself, which would fall apart into letters."""
    if isinstance(value, str):
        raise ValueError("give a list of texts, not one text")
    if isinstance(value, Iterable) and not isinstance(value, (list, tuple, Mapping)):
        return tuple(value)
    return value


def _tags(value: tuple[str, ...]) -> tuple[str, ...]:
    for tag in value:
        fault = name_fault(tag)
        if fault:
            raise ValueError(f"the tag {tag!r} {fault}")
    return tuple(sorted(set(value)))


def _sorted(value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(sorted(set(value)))


def _match(value: str) -> str:
    from catalog.entry.match import check_match  # the engine: only where there is a rule

    return check_match(value)


def _plain(value: Any) -> Any:
    """Refuse what JSON has no word for: it would come back as something else."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} can't be written as JSON")
    if isinstance(value, dict):
        for key, part in value.items():
            _text(key)
            _plain(part)
    elif isinstance(value, list):
        for part in value:
            _plain(part)
    elif isinstance(value, str):
        _text(value)
    return value


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("the text holds half a surrogate pair") from None
    return value


Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[str, AfterValidator(_name), AfterValidator(_text)]


class Entry(BaseModel):
    """One record: a kind, a name and what it stands for.

    Exactly one of ``ref`` (an import path) and ``spec`` (JSON data) is set in the persistent and config tiers; an
    entry of the runtime tier may have neither, as it stands for an object of this process.

    Attributes:
        kind: what it is, in one word: ``tool``, ``model``, ...
        name: unique within its kind and tier; case-sensitive, 1 to 200 characters.
        ref: object reference ``package.module:qualified.name``.
        spec: JSON data held instead of a reference.
        description: what it is for, in plain words; searched.
        tags: labels to filter by, sorted, no repeats.
        examples: requests it should be found by, in the order given.
        match: regular expression or predicate for routing by rules.
        providers: model providers it needs; None if nobody said.
        priority: the higher is tried first when routing by rules.
        metadata: any JSON of one's own; ``metadata["parameters"]`` holds the JSON Schema of a callable's arguments.
        signature: the signature as text, for people.
        checksum: SHA-256 of the signature, stable against formatting and comments.
        source_checksum: SHA-256 of signature and body, stable against formatting, comments and docstrings.
        source: provenance: ``manual``, ``scan:…``, ``plugin:…``, ``live``, ``import``, ``config:…``.
        distribution: name and version of the installed distribution it came with, ``name==version``.
        tier: ``runtime``, ``persistent`` or ``config``.
        revision: grows by one with every change; 0 for what is not stored.
        created_at: when the key was stored (UTC); it starts over when an entry comes back that was taken away.
        updated_at: when this revision was stored (UTC).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Annotated[str, AfterValidator(_kind)]
    name: Name
    ref: Annotated[str, AfterValidator(_ref)] | None = None
    spec: Annotated[JsonValue, AfterValidator(_plain)] = None
    description: Text = ""
    tags: Annotated[tuple[Text, ...], BeforeValidator(_words), AfterValidator(_tags)] = ()
    examples: Annotated[tuple[Text, ...], BeforeValidator(_words)] = ()
    match: Annotated[Text, AfterValidator(_match)] | None = None
    providers: Annotated[tuple[Text, ...] | None, BeforeValidator(_words), AfterValidator(_sorted)] = None
    priority: Annotated[int, Field(ge=-(2**31), lt=2**31)] = 0
    metadata: Annotated[dict[str, JsonValue], AfterValidator(_plain)] = Field(default_factory=dict)
    signature: Text | None = None
    checksum: Text | None = None
    source_checksum: Text | None = None
    source: Text = "manual"
    distribution: Text | None = None
    tier: Tier = "persistent"
    revision: Annotated[int, Field(ge=0, lt=2**63)] = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @model_validator(mode="after")
    def _one_of_ref_and_spec(self) -> Entry:
        if self.ref is not None and self.spec is not None:
            raise ValueError("give either a reference or a spec, not both")
        if self.ref is None and self.spec is None and self.tier != "runtime":
            raise ValueError("give a reference ('package.module:name') or a spec (JSON data)")
        return self

    @property
    def key(self) -> str:
        """``kind:name``."""
        return format_key(self.kind, self.name)

    @property  # not cached: a copy with other metadata would keep the parameters of the first
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, or an empty one: from ``metadata`` or, for data, from ``spec``."""
        return parameters_of(self.metadata, self.spec)

    def __hash__(self) -> int:
        return hash((self.kind, self.name, self.tier, self.revision))


def parameters_of(metadata: Mapping[str, Any], spec: Any) -> dict[str, Any]:
    """Return the JSON Schema of a callable's arguments, wherever the field keeps it.

    Looked for under ``parameters``, ``inputSchema`` and ``input_schema`` of *metadata* and *spec* (also below
    ``function``, as chat APIs write it); a spec that is itself an object schema counts too.
    """
    for holder in (metadata, spec, spec.get("function") if isinstance(spec, dict) else None):
        if isinstance(holder, Mapping):
            for word in ("parameters", "inputSchema", "input_schema"):
                found = holder.get(word)
                if isinstance(found, dict):
                    return found
    if isinstance(spec, dict) and isinstance(spec.get("properties"), dict):
        return spec
    return {}


FIELDS = tuple(Entry.model_fields)
"""The names of an entry's fields, in the order they are written."""


def make_entry(fields: Mapping[str, Any]) -> Entry:
    """Return the entry these *fields* describe.

    Raises:
        InvalidReferenceError: ``ref`` is not an object reference.
        InvalidEntryError: another field is wrong; the text names entry, field and fault.
    """
    try:
        return Entry.model_validate(dict(fields))
    except ValidationError as error:
        raise entry_error(fields, error) from None


def entry_error(fields: Mapping[str, Any], error: ValidationError) -> InvalidEntryError | InvalidReferenceError:
    """Return the catalog's error for what pydantic found wrong with *fields*."""
    kind, name = fields.get("kind"), fields.get("name")
    who = format_key(str(kind), str(name)) if kind and name else "an entry"
    faults = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in found["loc"] if not str(part).startswith("function-"))
        text = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            from catalog.errors import close_matches, did_you_mean

            text = f"no such field{did_you_mean(close_matches(place, FIELDS))}"
        faults.append({"field": place, "fault": text})
    shown = "; ".join(f"{f['field']}: {f['fault']}" if f["field"] else f["fault"] for f in faults[:5])
    if faults and faults[0]["field"] == "ref" and isinstance(fields.get("ref"), str):
        return InvalidReferenceError(f"{who}: {faults[0]['fault']}", key=who, ref=fields["ref"], faults=faults)
    return InvalidEntryError(f"{who} is not valid: {shown}", key=who, faults=faults)
