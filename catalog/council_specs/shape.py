"""What is wrong with the form of a council spec, whatever the catalog holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypedDict

from pydantic import BaseModel, ConfigDict

from catalog.entry.key import name_fault
from catalog.entry.kinds import FEWEST_OF
from catalog.entry.pydantic_plugins import load_plugins
from catalog.errors import close_matches, did_you_mean

SCHEMA_VERSION = 1
"""The version of the form that specs have; the form of a spec of another version is not guessed."""

CODES = (
    "required",
    "duplicate_id",
    "unknown_ref",
    "wrong_kind",
    "exclusive_fields",
    "bad_type",
    "not_serialisable",
    "cycle",
    "unknown_round",
    "too_few_members",
    "too_many_members",
    "unsupported_schema_version",
)
"""Every code an issue may have."""

MOST = 50
"""The members a council may have unless the caller sets another limit: every round asks each of them."""

_DEEPEST = 100

load_plugins()  # before the first model is made


class Issue(TypedDict):
    """A fault of a council spec.

    Attributes:
        path: where, as ``members.0.profile``; empty for the whole.
        code: one of :data:`CODES`.
        message: what is wrong, and what to do.
    """

    path: str
    code: str
    message: str


class SpecPart(BaseModel):
    """The base of what a spec is made of: frozen JSON data without fields that the form doesn't have."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BaseSpec(SpecPart):
    """The base of :class:`catalog.CouncilSpec`: what a whole spec is to the modules that the class itself calls."""


class _Foreign:
    """Stands in the data for a value that can't be followed to its end."""

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        self.why = why


def as_data(value: object, above: tuple[int, ...] = ()) -> Any:
    """Return *value* as dicts, lists and what stands in them; parts of specs become the data they hold."""
    if isinstance(value, SpecPart):
        return value.model_dump(mode="json")
    if not isinstance(value, (Mapping, list, tuple)):
        return value
    if id(value) in above:
        return _Foreign("cycle", "holds itself")
    if len(above) > _DEEPEST:
        return _Foreign("not_serialisable", "is nested too deeply")
    inside = (*above, id(value))
    if isinstance(value, Mapping):
        return {key: as_data(part, inside) for key, part in value.items()}
    return [as_data(part, inside) for part in value]


def shape_issues(data: object, *, fewest: int = 1, most: int = MOST) -> list[Issue]:
    """Return what is wrong with the form of a spec.

    Args:
        data: as :func:`as_data` gives it.
        fewest: members it must have at least.
        most: members it may have at the most.
    """
    return list(_council(data, "", fewest, most))


def join(path: str, *parts: object) -> str:
    """Return a path with further *parts*."""
    return ".".join(str(part) for part in (path, *parts) if part != "")


def issue(path: str, code: str, message: str) -> Issue:
    """Return an issue as the dict that callers get."""
    return {"path": path, "code": code, "message": message}


Check = Callable[[Any, str], Iterator[Issue]]


def _typed(value: object, path: str, wanted: str) -> Iterator[Issue]:
    """Yield the issue that *value* is not what is *wanted*; values that JSON can't hold have a code of their own."""
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        yield issue(path, "bad_type", f"{path or 'the spec'} must be {wanted}, not {_shown(value)}")
    else:
        yield from _json(value, path)


def _shown(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    return f"the text {value!r:.40}" if isinstance(value, str) else f"the number {value!r:.40}"


def _json(value: object, path: str) -> Iterator[Issue]:
    fault, code = None, "not_serialisable"
    if isinstance(value, _Foreign):
        fault, code = value.why, value.code
    elif callable(value):
        fault = "is a function or class, which can't be stored; register it and give its name"
    elif isinstance(value, float) and not math.isfinite(value):
        fault = f"is {value}, for which JSON has no word"
    elif isinstance(value, str):
        fault = _half(value)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _json(part, join(path, number))
    elif isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str):
                yield issue(path, "not_serialisable", f"{path} has the key {key!r:.40}; JSON knows texts only")
            elif _half(key):
                yield issue(path, "not_serialisable", f"a key of {path} {_half(key)}")
            else:
                yield from _json(part, join(path, key))
    elif value is not None and not isinstance(value, (bool, int, float)):
        fault = f"is {value!r:.60}, for which JSON has no word"
    if fault:
        yield issue(path, code, f"{path or 'the spec'} {fault}")


def _half(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a surrogate pair"
    return None


def _text(value: object, path: str) -> Iterator[Issue]:
    yield from _json(value, path) if isinstance(value, str) else _typed(value, path, "a text")


def _name(value: object, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield from _typed(value, path, "the name of an entry")
    elif fault := name_fault(value):
        yield issue(path, "bad_type", f"{path} {fault}")


def _id(value: object, path: str) -> Iterator[Issue]:
    if value == "":
        yield issue(path, "required", f"{path} is empty; a member needs an id")
    else:
        yield from _name(value, path)


def _object(value: object, path: str) -> Iterator[Issue]:
    yield from _json(value, path) if isinstance(value, dict) else _typed(value, path, "a JSON object")


def _version(value: object, path: str) -> Iterator[Issue]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield from _typed(value, path, "a whole number")
    elif value != SCHEMA_VERSION:
        text = f"this installation reads council specs of version {SCHEMA_VERSION}, not {value}; upgrade the older one"
        yield issue(path, "unsupported_schema_version", text)


def _or_null(check: Check) -> Check:
    return lambda value, path: iter(()) if value is None else check(value, path)


def _each(check: Check, wanted: str) -> Check:
    def all_of(value: object, path: str) -> Iterator[Issue]:
        if not isinstance(value, list):
            yield from _typed(value, path, f"a list of {wanted}")
            return
        for number, part in enumerate(value):
            yield from check(part, join(path, number))

    return all_of


def _fields(value: object, path: str, checks: Mapping[str, Check], what: str) -> Iterator[Issue]:
    if not isinstance(value, dict):
        yield from _typed(value, path, "a JSON object")
        return
    for field, part in value.items():
        check = checks.get(field) if isinstance(field, str) else None
        if check is not None:
            yield from check(part, join(path, field))
            continue
        # The path and the message are printed; half a surrogate pair in a field name could not be.
        shown = str(field).encode("ascii", "backslashreplace").decode()
        hint = did_you_mean(close_matches(shown, checks)) or f"; its fields are {', '.join(checks)}"
        yield issue(join(path, shown), "bad_type", f"{what} has no field {shown!r:.60}{hint}")


def _nested(value: object, path: str) -> Iterator[Issue]:
    if isinstance(value, dict):
        yield from _council(value, path)
    else:
        yield from _name(value, path)


def _member(value: object, path: str) -> Iterator[Issue]:
    yield from _fields(value, path, _MEMBER, "a member")
    if not isinstance(value, dict):
        return
    if "id" not in value:
        yield issue(join(path, "id"), "required", f"{path} needs an id")
    if value.get("sub_council") is None and value.get("system_prompt", "") == "":
        text = f"{path} needs a system prompt; only a sub-council can do without"
        yield issue(join(path, "system_prompt"), "required", text)
    if value.get("output_schema") is not None and value.get("output_schema_inline") is not None:
        text = f"{path} names a schema and holds one; keep output_schema or output_schema_inline"
        yield issue(join(path, "output_schema_inline"), "exclusive_fields", text)


def _round(value: object, path: str) -> Iterator[Issue]:
    yield from _fields(value, path, _ROUND, "a round")
    if not isinstance(value, dict):
        return
    if "type" not in value:
        yield issue(join(path, "type"), "required", f"{path} needs a type, as in {', '.join(list(FEWEST_OF)[:3])}")
    options = value.get("options")
    inside = options.get("until_ref") if isinstance(options, dict) else None
    if inside is not None:
        yield from _name(inside, join(path, "options", "until_ref"))
    if inside is not None and value.get("until_ref") is not None:
        text = f"{path} says twice what ends it; keep until_ref or options.until_ref"
        yield issue(join(path, "until_ref"), "exclusive_fields", text)
    if value.get("type") == "iterate" and inside is None and value.get("until_ref") is None:
        text = f"{path} iterates and needs until_ref, the name of what ends it"
        yield issue(join(path, "until_ref"), "required", text)


def _chair(value: object, path: str) -> Iterator[Issue]:
    yield from _member(value, path) if isinstance(value, dict) else _name(value, path)


_MEMBER: dict[str, Check] = {
    "id": _id,
    "role": _text,
    "system_prompt": _text,
    "profile": _or_null(_name),
    "profile_overrides": _object,
    "tools": _each(_name, "names of tools"),
    "output_schema": _or_null(_name),
    "output_schema_inline": _or_null(_object),
    "sub_council": _or_null(_nested),
    "input_mapper": _or_null(_name),
    "metadata": _object,
}
_ROUND: dict[str, Check] = {"type": _name, "until_ref": _or_null(_name), "options": _object}
_COUNCIL: dict[str, Check] = {
    "schema_version": _version,
    "name": _or_null(_text),
    "description": _text,
    "members": _each(_member, "members"),
    "rounds": _each(_round, "rounds"),
    "chair": _or_null(_chair),
    "router": _or_null(_name),
    "tools": _each(_name, "names of tools"),
    "default_profile": _or_null(_name),
    "metadata": _object,
}


def _council(data: object, path: str, fewest: int = 1, most: int = MOST) -> Iterator[Issue]:
    if isinstance(data, dict):
        wrong = list(_version(data.get("schema_version", SCHEMA_VERSION), join(path, "schema_version")))
        if any(fault["code"] == "unsupported_schema_version" for fault in wrong):
            yield from wrong  # fields of another version may mean something else, so they are not judged
            return
    yield from _fields(data, path, _COUNCIL, "a council")
    if not isinstance(data, dict):
        return
    members, rounds = data.get("members", []), data.get("rounds", [])
    if isinstance(members, list):
        yield from _seats(members, data.get("chair"), path)
        yield from _number(len(members), rounds, path, fewest, most)
    if rounds == []:
        yield issue(join(path, "rounds"), "required", "a council needs a round, as independent_analysis")


def _seats(members: list[Any], chair: object, path: str) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    places = [(join(path, "members", number), member) for number, member in enumerate(members)]
    for place, member in [*places, (join(path, "chair"), chair)]:
        id_ = member.get("id") if isinstance(member, dict) else None
        if not isinstance(id_, str) or not id_:
            continue
        first = seen.setdefault(id_, place)
        if first != place:
            yield issue(join(place, "id"), "duplicate_id", f"{place} has the id {id_!r}, which {first} has already")
    if isinstance(chair, str) and name_fault(chair) is None and chair not in seen:
        text = f"no member has the id {chair!r}{did_you_mean(close_matches(chair, seen))}"
        yield issue(join(path, "chair"), "unknown_ref", text)


def _number(count: int, rounds: object, path: str, fewest: int, most: int) -> Iterator[Issue]:
    if count < fewest:
        text = f"a council needs at least {fewest} member{'s' * (fewest != 1)}, not {count}"
        yield issue(join(path, "members"), "too_few_members", text)
        return
    if count > most:
        yield issue(join(path, "members"), "too_many_members", f"{count} members are more than the {most} allowed")
    for number, round_ in enumerate(rounds if isinstance(rounds, list) else []):
        type_ = round_.get("type") if isinstance(round_, dict) else None
        least = FEWEST_OF.get(type_, 0) if isinstance(type_, str) else 0
        if count < least:
            text = f"{type_} needs at least {least} members, not {count}"
            yield issue(join(path, "rounds", number, "type"), "too_few_members", text)
