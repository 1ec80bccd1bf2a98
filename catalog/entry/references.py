"""What an entry names: the edges of the one graph that all kinds form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.entry.council import FEWEST_OF
from catalog.entry.key import name_fault
from catalog.entry.kinds import KINDS, is_kind_name

PATH_LENGTH = 500
"""The longest path that is kept; only councils nested some twenty deep have longer ones."""

COUNCILS = ("council", "sub_council")

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
"""The fields of a spec that name an entry, or a list of them, and its kind."""

REFERRING = (*COUNCILS, "agent", "prompt", "profile", "router", "round")
"""The kinds whose specs are looked through; of the others only ``metadata["references"]``, a list of keys, counts."""


class Named(NamedTuple):
    """An entry that a spec names.

    Attributes:
        path: where in the spec, as ``members.0.profile``.
        kind: of what is named. A sub-council that is named without a kind is looked for among the councils, too.
        name: of what is named; it may not exist.
    """

    path: str
    kind: str
    name: str


class Reference(NamedTuple):
    """One entry names another.

    Attributes:
        source: key of the entry that names.
        path: where in its spec, as ``members.0.profile``.
        target: key of the entry that is named.
        exists: whether any tier has the target.
    """

    source: str
    path: str
    target: str
    exists: bool


def references_of(kind: str, spec: Any, metadata: Mapping[str, Any]) -> list[Named]:
    """Return what an entry names, in the order it is written; each path once.

    What has not the form it should have is passed over: a spec is judged elsewhere.

    Args:
        kind: the kind of the entry.
        spec: its data, or None.
        metadata: ``metadata["references"]`` may be a list of keys, for whatever the spec's fields can't say.
    """
    found: list[Named] = []
    if kind in COUNCILS:
        found += _council(spec, "")
    elif kind in REFERRING:
        found += _fields(spec, "")
    listed = metadata.get("references")
    if isinstance(listed, list):
        for number, key in enumerate(listed):
            to, _, name = key.partition(":") if isinstance(key, str) else ("", "", "")
            if is_kind_name(to):
                found += _named(f"metadata.references.{number}", to, name)
    return found


def in_order(reference: Reference) -> tuple[Any, ...]:
    """Return what references are sorted by: source, then path with its numbers as numbers, then target."""
    return reference.source, [(int(part) if part.isdecimal() else -1, part) for part in reference.path.split(".")]


def target_of(word: str, kind: str) -> tuple[str, str]:
    """Return kind and name of what *word* means where an entry of *kind* is expected.

    A sub-council and the end of an iteration may be named by key.
    """
    before, colon, name = word.partition(":")
    if colon and name and (before in COUNCILS if kind == "sub_council" else before in KINDS):
        return before, name
    return kind, word


def _named(path: str, kind: str, name: object) -> Iterator[Named]:
    if isinstance(name, str) and len(path) <= PATH_LENGTH and name_fault(name) is None:
        yield Named(path, kind, name)


def _list(spec: Mapping[str, Any], field: str) -> list[Any]:
    found = spec.get(field)
    return list(found) if isinstance(found, (list, tuple)) else []


def _fields(spec: object, prefix: str) -> Iterator[Named]:
    if not isinstance(spec, dict):
        return
    for field, value in spec.items():
        kind = _FIELDS.get(field) if isinstance(field, str) else None
        if kind is None:
            continue
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from _named(f"{prefix}{field}.{number}", kind, one)
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
    for number, one in enumerate(_list(spec, "rounds")):
        if isinstance(one, dict):
            yield from _round(one, f"{prefix}rounds.{number}.")


def _member(member: object, prefix: str) -> Iterator[Named]:
    if not isinstance(member, dict):
        return
    inner = member.get("sub_council")
    if isinstance(inner, dict):
        yield from _council(inner, f"{prefix}sub_council.")
    elif isinstance(inner, str):
        yield from _named(f"{prefix}sub_council", *target_of(inner, "sub_council"))
    else:  # beside a sub-council these don't count
        yield from _named(f"{prefix}profile", "profile", member.get("profile"))
        yield from _fields(member.get("profile_overrides"), f"{prefix}profile_overrides.")
        for number, name in enumerate(_list(member, "tools")):
            yield from _named(f"{prefix}tools.{number}", "tool", name)
        yield from _named(f"{prefix}output_schema", "schema", member.get("output_schema"))
    yield from _named(f"{prefix}input_mapper", "input_mapper", member.get("input_mapper"))


def _round(one: Mapping[str, Any], prefix: str) -> Iterator[Named]:
    type_ = one.get("type")
    if isinstance(type_, str) and type_ not in FEWEST_OF:
        yield from _named(f"{prefix}type", "round", type_)
    options = one.get("options")
    for holder, path in ((one, prefix), (options, f"{prefix}options.")):
        until = holder.get("until_ref") if isinstance(holder, dict) else None
        if isinstance(until, str):
            yield from _named(f"{path}until_ref", *target_of(until, "tool"))
