"""``Entry``: one validated record of the catalog. It describes an object; it is never the object itself."""

from __future__ import annotations

import math
import os
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

from catalog.entry.key import composed, format_key, name_fault
from catalog.entry.kinds import is_kind_name
from catalog.entry.limits import LONGEST_TEXT, data_fault, shortened
from catalog.entry.object_ref import reference_fault
from catalog.entry.pydantic_plugins import load_plugins
from catalog.entry.states import review_of
from catalog.errors import InvalidEntryError, InvalidReferenceError, close_matches, did_you_mean

Tier = Literal["runtime", "persistent", "config"]

load_plugins()  # before the first model is made


def _kind(value: str) -> str:
    if not is_kind_name(value):
        raise ValueError("a kind is a lower-case word of letters, digits and '_'")
    return value


def _name(value: str) -> str:
    value = composed(value)
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
    """Accept any iterable of texts, but not a text: it would become a tuple of letters."""
    if isinstance(value, str):
        raise ValueError("give a list of texts, not one text")
    if isinstance(value, Iterable) and not isinstance(value, (list, tuple, Mapping)):
        return tuple(value)
    return value


def _tags(value: tuple[str, ...]) -> tuple[str, ...]:
    value = tuple(map(composed, value))
    for tag in value:
        fault = name_fault(tag)
        if fault:
            raise ValueError(f"the tag {tag!r} {fault}")
    return tuple(sorted(set(value)))


def _sorted(value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(sorted(set(value)))


def _match(value: str) -> str:
    from catalog.entry.match import check_match  # it loads RE2, which most entries have no use for

    return check_match(value)


def plain_json(value: Any) -> Any:
    """Return *value* if JSON can hold it as it is.

    Raises:
        ValueError: it holds a number that is not finite, or half a surrogate pair. Neither would survive the database.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} can't be written as JSON")
    if isinstance(value, dict):
        for key, part in value.items():
            _text(key)
            plain_json(part)
    elif isinstance(value, list):
        for part in value:
            plain_json(part)
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
    """One record of the catalog: a kind, a name and the object or data it stands for.

    In the persistent and config tiers exactly one of ``ref`` (an import path) and ``spec`` (JSON data) is set. An
    entry of the runtime tier may have neither, because it stands for an object of this process.

    Attributes:
        kind: what it is, in one word: ``tool``, ``model``, ...
        name: unique within its kind and tier; case-sensitive, 1 to 200 characters.
        ref: object reference ``package.module:qualified.name``.
        spec: JSON data held instead of a reference.
        description: what it is for, in plain words; searched.
        tags: labels to filter by, sorted, without repeats.
        examples: requests that should find it, in the order given.
        match: regular expression or predicate for routing by rules.
        providers: model providers it needs; None if that is unknown.
        priority: routing by rules tries higher values first.
        metadata: any JSON; ``metadata["parameters"]`` holds the JSON Schema of a callable's arguments.
        signature: the signature as text, for people.
        checksum: SHA-256 of the signature, stable against formatting and comments.
        source_checksum: SHA-256 of signature and body, stable against formatting, comments and docstrings.
        source: where the entry comes from: ``manual``, ``scan:…``, ``plugin:…``, ``live``, ``import``, ``config:…``;
            the catalog itself writes it for what it finds and for what comes from a file.
        distribution: the installed distribution it came with, as ``name==version``.
        tier: ``runtime``, ``persistent`` or ``config``.
        revision: grows by one with every change; 0 if the entry is not stored.
        created_at: when the key was stored (UTC); starts again when an entry is removed and registered anew.
        updated_at: when this revision was stored (UTC).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Annotated[str, AfterValidator(_kind)]
    name: Name
    ref: Annotated[str, AfterValidator(_ref)] | None = None
    spec: Annotated[JsonValue, AfterValidator(plain_json)] = None
    description: Text = ""
    tags: Annotated[tuple[Text, ...], BeforeValidator(_words), AfterValidator(_tags)] = ()
    examples: Annotated[tuple[Text, ...], BeforeValidator(_words)] = ()
    match: Annotated[Text, AfterValidator(_match)] | None = None
    providers: Annotated[tuple[Text, ...] | None, BeforeValidator(_words), AfterValidator(_sorted)] = None
    priority: Annotated[int, Field(ge=-(2**31), lt=2**31)] = 0
    metadata: Annotated[dict[str, JsonValue], AfterValidator(plain_json)] = Field(default_factory=dict)
    signature: Text | None = None
    checksum: Text | None = None
    source_checksum: Text | None = None
    source: Text = "manual"
    distribution: Text | None = None
    tier: Tier = "persistent"
    revision: Annotated[int, Field(ge=0, lt=2**63)] = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _within_limits(cls, given: Any) -> Any:
        for field, value in given.items() if isinstance(given, dict) else ():
            if not value or (type(value) is str and len(value) <= LONGEST_TEXT):  # nearly every field of every entry
                continue
            fault = data_fault(value)  # before anything calls itself for what is within it
            if fault is not None:
                raise ValueError(f"{shortened(str(field), 60)}: {fault}")
        return given

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

    @property
    def root(self) -> str | None:
        """The folder its code was recorded with, from ``metadata``; None for what is installed, and for data."""
        root = self.metadata.get("root") if isinstance(self.metadata, dict) else None
        return root if isinstance(root, str) and root else None

    @property
    def unloadable(self) -> str | None:
        """Why no import path leads to what it describes, as a scan saw it; None for anything else."""
        if self.ref is not None or not isinstance(self.spec, dict) or "nested_in" not in self.spec:
            return None
        reason = self.spec.get("reason")
        return reason if isinstance(reason, str) and reason else f"defined inside {self.spec['nested_in']}"

    @property
    def made_in(self) -> str | None:
        """The file, from its root, of what no import path leads to; None for anything else."""
        file = self.metadata.get("file") if self.unloadable is not None else None
        return file if isinstance(file, str) and file else None

    @property
    def document(self) -> str | None:
        """The path of the document its data was read from; None for what stands for code, and for other data."""
        if self.ref is not None or not isinstance(self.metadata, dict):
            return None
        is_code = isinstance(self.spec, dict) and "nested_in" in self.spec
        file = None if is_code else self.metadata.get("file")
        return os.path.join(self.root, file) if isinstance(file, str) and file and self.root else None

    @property
    def given_name(self) -> str:
        """The name that its source gives it; its own but for what was renamed because another has that name."""
        name = self.metadata.get("given_name") if isinstance(self.metadata, dict) else None
        return name if isinstance(name, str) and name else self.name

    @property
    def state(self) -> str:
        """Its review: ``draft``, ``needs review`` and ``deprecated`` are not routed to, ``approved`` is."""
        return review_of(self.metadata)

    @property  # not cached: a copy with other metadata would keep the parameters of the original
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, from ``metadata`` or ``spec``; empty if neither has one."""
        return parameters_of(self.metadata, self.spec)

    def __hash__(self) -> int:
        return hash((self.kind, self.name, self.tier, self.revision))

    def __repr__(self) -> str:
        stands_for = f"ref={self.ref!r}" if self.ref is not None else "an object" if self.spec is None else "data"
        return f"Entry({self.key!r}, {stands_for}, tier={self.tier!r})"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from catalog.entry.html import escaped, framed, table, title  # for notebooks only

        told = ("kind", "name", "description", "checksum", "source_checksum")
        shown = {
            field: ", ".join(value) if isinstance(value, tuple) else value
            for field, value in self
            if value not in (None, "", (), {}, 0) and field not in told
        }
        state = "" if self.state == "approved" else self.state
        described = f"<p>{escaped(self.description)}</p>" if self.description else ""
        return framed(title(self.key, state), described, table((), shown.items()))


def parameters_of(metadata: Mapping[str, Any], spec: Any) -> dict[str, Any]:
    """Return the JSON Schema of a callable's arguments, or an empty dictionary if there is none.

    The first of ``parameters``, ``inputSchema`` and ``input_schema`` in *metadata*, *spec* or the ``function`` of
    *spec* (the form of chat APIs) counts; otherwise *spec* itself, if it has ``properties``.
    """
    for holder in (metadata, spec, spec.get("function") if isinstance(spec, dict) else None):
        if isinstance(holder, Mapping):
            for word in ("parameters", "inputSchema", "input_schema"):
                schema = holder.get(word)
                if isinstance(schema, dict):
                    return schema
    if isinstance(spec, dict) and isinstance(spec.get("properties"), dict):
        return spec
    return {}


FIELDS = tuple(Entry.model_fields)
"""The names of an entry's fields, in the order in which they are exported."""


def make_entry(fields: Mapping[str, Any]) -> Entry:
    """Return the entry with these *fields*, validated.

    Raises:
        InvalidReferenceError: ``ref`` is not an object reference.
        InvalidEntryError: another field is wrong; the message names entry, field and fault.
    """
    try:
        return Entry.model_validate(dict(fields))
    except ValidationError as error:
        raise entry_error(fields, error) from None


def entry_error(fields: Mapping[str, Any], error: ValidationError) -> InvalidEntryError | InvalidReferenceError:
    """Return the catalog's error for *fields* that pydantic refused with *error*."""
    kind, name = fields.get("kind"), fields.get("name")
    named = isinstance(kind, str) and isinstance(name, str) and kind and name
    who = shortened(format_key(str(kind), str(name)), 220) if named else "an entry"
    faults = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in problem["loc"] if not str(part).startswith("function-"))
        place = shortened(place, 60)
        text = shortened(problem["msg"].removeprefix("Value error, "))
        if problem["type"] == "extra_forbidden":
            text = f"no such field{did_you_mean(close_matches(place, FIELDS))}"
        faults.append({"field": place, "fault": text})
    shown = "; ".join(f"{f['field']}: {f['fault']}" if f["field"] else f["fault"] for f in faults[:5])
    if faults and faults[0]["field"] == "ref" and isinstance(fields.get("ref"), str):
        return InvalidReferenceError(
            shortened(f"{who}: {faults[0]['fault']}"), key=who, ref=fields["ref"], faults=faults
        )
    return InvalidEntryError(shortened(f"{who} is not valid: {shown}"), key=who, faults=faults)
