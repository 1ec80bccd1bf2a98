"""Which other entries an entry names: the edges of the graph of references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.entry.key import Key, name_fault, parse_key
from catalog.entry.kinds import COUNCILS, FEWEST_OF, KINDS, is_kind_name
from catalog.entry.states import DEPRECATED, deprecation

PATH_LENGTH = 500
"""The longest path that is kept, in characters. Only councils nested about twenty deep have longer paths."""

_FIELDS = {
    "model": "model",
    "profile": "profile",
    "default_profile": "profile",
    "prompt": "prompt",
    "tools": "tool",
    "agents": "agent",
    "handoffs": "agent",
    "output_schema": "schema",
    "router": "router",
    "input_mapper": "input_mapper",
    "council": "council",
}
"""Fields of a spec that name an entry, or hold a list of names, and the kind of what they name."""

REFERRING = (*COUNCILS, "agent", "prompt", "profile", "router", "round")
"""Kinds whose specs name entries. For other kinds only ``metadata["references"]``, a list of keys, counts."""


class Named(NamedTuple):
    """An entry that a spec names.

    Attributes:
        path: where in the spec, such as ``members.0.profile``.
        kind: the kind of the named entry. A ``sub_council`` may turn out to be a council.
        name: its name; there may be no such entry.
    """

    path: str
    kind: str
    name: str


class Reference(NamedTuple):
    """The fact that one entry names another.

    Attributes:
        source: key of the entry that names the other.
        path: where in its spec, such as ``members.0.profile``.
        target: key of the named entry.
        exists: whether any tier has the target.
    """

    source: str
    path: str
    target: str
    exists: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as data for JSON."""
        return self._asdict()


def references_of(kind: str, spec: Any, metadata: Mapping[str, Any]) -> list[Named]:
    """Return the entries that an entry names, in the order of its spec; each path occurs once.

    Values of a wrong form are skipped: :meth:`CouncilSpec.validate` reports them.

    Args:
        kind: the kind of the entry.
        spec: its data, or None.
        metadata: ``metadata["references"]`` may be a list of keys, for names that no field of the spec can hold; what
            replaces a deprecated entry is one, too.
    """
    names: list[Named] = []
    if kind in COUNCILS:
        names += _council(spec, "")
    elif kind in REFERRING and "file" not in metadata:  # what a document holds has the fields of its own form
        names += _fields(spec, "")
    listed = metadata.get("references")
    if isinstance(listed, list):
        for number, key in enumerate(listed):
            target = parse_key(key) if isinstance(key, str) else None
            if target and is_kind_name(target[0]):
                names += _named(f"metadata.references.{number}", *target)
    instead = parse_key(deprecation(metadata)[0] or "")
    if instead and is_kind_name(instead[0]):
        names += _named(f"metadata.{DEPRECATED}.instead", *instead)
    return names


def may_refer(kind: str, metadata: Mapping[str, Any]) -> bool:
    """Tell whether an entry may name another: most can't, and that is seen at once."""
    return kind in REFERRING or "references" in metadata or DEPRECATED in metadata


def in_order(reference: Reference) -> tuple[Any, ...]:
    """Return the sort key of a *reference*: source, then path; numbers in a path count as numbers, so 2 precedes 10."""
    return reference.source, [
        (int(part) if len(part) < 10 and part.isdecimal() else -1, part) for part in reference.path.split(".")
    ]


def target_of(word: str, kind: str) -> Key:
    """Return the key of the entry that *word* means where an entry of *kind* is expected.

    *word* is a name, or a key: sub-councils and the function that ends an iteration may be named by key.
    """
    key = parse_key(word)
    if key and key[0] in (COUNCILS if kind == "sub_council" else KINDS):
        return key
    return kind, word


def _named(path: str, kind: str, name: object) -> Iterator[Named]:
    if isinstance(name, str) and len(path) <= PATH_LENGTH and name_fault(name) is None:
        yield Named(path, kind, name)


def _list(spec: Mapping[str, Any], field: str) -> list[Any]:
    value = spec.get(field)
    return list(value) if isinstance(value, (list, tuple)) else []


def _fields(spec: object, prefix: str) -> Iterator[Named]:
    if not isinstance(spec, dict):
        return
    for field, value in spec.items():
        kind = _FIELDS.get(field) if isinstance(field, str) else None
        if kind is None:
            continue
        if isinstance(value, list):
            for number, name in enumerate(value):
                yield from _named(f"{prefix}{field}.{number}", kind, name)
        else:
            yield from _named(f"{prefix}{field}", kind, value)


def _council(spec: object, prefix: str) -> Iterator[Named]:
    if not isinstance(spec, dict) or len(prefix) > PATH_LENGTH:
        return
    yield from _named(f"{prefix}default_profile", "profile", spec.get("default_profile"))
    yield from _named(f"{prefix}router", "router", spec.get("router"))
    for number, name in enumerate(_list(spec, "tools")):
        yield from _named(f"{prefix}tools.{number}", "tool", name)
    for number, member in enumerate(_list(spec, "members")):
        yield from _member(member, f"{prefix}members.{number}.")
    yield from _member(spec.get("chair"), f"{prefix}chair.")
    for number, round_ in enumerate(_list(spec, "rounds")):
        if isinstance(round_, dict):
            yield from _round(round_, f"{prefix}rounds.{number}.")


def _member(member: object, prefix: str) -> Iterator[Named]:
    if not isinstance(member, dict):
        return
    inner = member.get("sub_council")
    if isinstance(inner, dict):
        yield from _council(inner, f"{prefix}sub_council.")
    elif isinstance(inner, str):
        yield from _named(f"{prefix}sub_council", *target_of(inner, "sub_council"))
    else:  # a member that is a sub-council has no use for these fields
        yield from _named(f"{prefix}profile", "profile", member.get("profile"))
        yield from _fields(member.get("profile_overrides"), f"{prefix}profile_overrides.")
        for number, name in enumerate(_list(member, "tools")):
            yield from _named(f"{prefix}tools.{number}", "tool", name)
        yield from _named(f"{prefix}output_schema", "schema", member.get("output_schema"))
    yield from _named(f"{prefix}input_mapper", "input_mapper", member.get("input_mapper"))


def _round(round_: Mapping[str, Any], prefix: str) -> Iterator[Named]:
    type_ = round_.get("type")
    if isinstance(type_, str) and type_ not in FEWEST_OF:
        yield from _named(f"{prefix}type", "round", type_)
    options = round_.get("options")
    for holder, path in ((round_, prefix), (options, f"{prefix}options.")):
        until = holder.get("until_ref") if isinstance(holder, dict) else None
        if isinstance(until, str):
            yield from _named(f"{path}until_ref", *target_of(until, "tool"))
