"""From candidates to findings: which rule applies, what the entry's fields are, and who keeps a disputed name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from catalog.discovery.extract import Extract
from catalog.discovery.finding import Clash, Finding
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.literal import Value
from catalog.discovery.rules import Rule
from catalog.entry.key import name_fault

_ENTRY_FIELDS = frozenset(
    {"name", "description", "tags", "examples", "priority", "match", "providers", "metadata", "parameters"}
)

Get = Callable[[str, tuple[str | int, ...]], Any]


def findings_of(
    module: str,
    extract: Extract,
    follower: NameFollower,
    *,
    path: str,
    root: str | None,
    exported: Iterable[str] = (),
    public: bool = False,
) -> list[Finding]:
    """Return the findings of one file, in the order of its lines.

    Args:
        module: its dotted name.
        extract: what its syntax tree says.
        follower: follows names to other files.
        path: the file.
        root: folder that must be on ``sys.path``, or None.
        exported: functions of this module that a public module of the package exports.
        public: whether plain public functions count.
    """
    found: list[Finding] = []
    also = frozenset(exported)
    for item in extract["items"]:
        decided = _decided(module, item, follower)
        if decided is None:
            if public and item["form"] == "function" and _is_public(module, item, extract, also):
                decided = _PLAIN, "tool", lambda field, places: None
            else:
                continue
        rule, kind, get = decided
        found.append(_finding(module, item, rule, kind, get, path, root))
    return sorted(found, key=lambda one: (one.line, one.given_name))


_PLAIN = Rule("decorators", "tool", "python")


def _decided(module: str, item: dict[str, Any], follower: NameFollower) -> tuple[Rule, str, Get] | None:
    """Return rule, kind and a reader of fields for a candidate that is recognised."""
    rules = follower.rules
    best: tuple[Rule, str, Get] | None = None
    for mark in item.get("marks", ()):
        rule, last = None, ""
        if "dotted" in mark:
            rule, last = follower.follow(mark["dotted"], lambda name: rules.match("decorators", name))
        if rule is None and "method" in mark:
            rule = follower.owner_rule(mark["method"], mark["owner"], mark["called"])
            last = mark["method"]
        if rule is None or (item.get("rebound") and rule.section != "methods"):
            continue  # a definition that another replaces is gone, unless some object took note of it
        kind = last.rpartition(".")[2] if rule.kind == "*" else rule.kind
        decision = rule, kind, _from_given(mark["given"], follower)
        if rules.own_package in rule.modules:  # the author's word on it beats the framework's
            return decision
        best = best or decision
    if best is not None:
        return best
    if item["form"] == "class" and not item.get("rebound"):
        return _class_decision(module, item, follower)
    if item["form"] == "value" and "made" in item:
        return _value_decision(item["made"], follower)
    return None


def _class_decision(module: str, item: dict[str, Any], follower: NameFollower) -> tuple[Rule, str, Get] | None:
    dotted = f"{module}.{item['qualname']}"
    extract = follower.extract_of(module)
    rule = follower.first_rule(extract["classes"].get(item["qualname"], ())) if extract else None
    if rule is None:
        return None

    def get(field: str, places: tuple[str | int, ...]) -> Any:
        for place in places:
            value = follower.value(follower.attribute(dotted, str(place))[1])
            if value is not None and value[1] is not None:
                return value[1]
        return None

    return rule, rule.kind, get


def _value_decision(made: dict[str, Any], follower: NameFollower) -> tuple[Rule, str, Get] | None:
    rules = follower.rules
    dotted = made["dotted"]
    rule, last = follower.follow(dotted, lambda name: rules.match("constructors", name))
    if rule is None:
        above, _, maker = dotted.rpartition(".")
        if above:
            rule, last = follower.follow(above, lambda name: rules.match("constructors", name))
            if rule is not None and maker not in rule.makers:
                rule = None
    if rule is None:
        rule, last = follower.follow(dotted, lambda name: rules.match("decorators", name))
        if rule is not None and rules.own_package not in rule.modules:
            rule = None
    if rule is None or (made.get("anywhere") and not rule.anywhere):
        return None
    kind = last.rpartition(".")[2] if rule.kind == "*" else rule.kind
    get = _from_given(made["given"], follower)
    if made.get("anywhere") and not isinstance(get("name", rule.places("name")), str):
        return None  # built in a loop, or a copy
    return rule, kind, get


def _from_given(given: dict[str, Value], follower: NameFollower) -> Get:
    def get(field: str, places: tuple[str | int, ...]) -> Any:
        for place in places:
            value = follower.value(given.get(str(place)))
            if value is not None and value[1] is not None:
                return value[1]
        return None

    return get


def _finding(
    module: str, item: dict[str, Any], rule: Rule, kind: str, get: Get, path: str, root: str | None
) -> Finding:
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for field, places in rule.fields:
        value = get(field, places)
        if value is None:
            continue
        if field in _ENTRY_FIELDS:
            given[field] = value
        else:
            extra[field] = value
    metadata = given.get("metadata")
    name = given.get("name")
    if isinstance(name, str) and name_fault(name) is not None:
        extra["written_name"] = name
        name = " ".join(name.split()) if name_fault(" ".join(name.split())) is None else None
    description = given.get("description")
    ref: str | None = f"{module}:{item['qualname']}"
    nested, reason = None, ""
    if "hidden" in item:
        nested = f"{module}:{item['hidden']}" if item["hidden"] else None
        reason = f"it is made inside {nested or module}; no import path leads to it"
        ref = None
    elif item.get("rebound"):
        nested = None
        reason = f"{ref} leads to another definition further down; no import path leads to this one"
        ref = None
    priority = given.get("priority")
    match = given.get("match")
    parameters = given.get("parameters")
    own_name = str(item["name"])
    return Finding(
        kind=kind,
        name=name if isinstance(name, str) else own_name,
        given_name=name if isinstance(name, str) else own_name,
        ref=ref,
        nested_in=nested,
        reason=reason,
        description=description.strip() if isinstance(description, str) and description.strip() else item["doc"],
        framework=rule.framework,
        form=item["form"],
        signature=item["signature"],
        checksum=item["checksum"],
        source_checksum=item["source_checksum"],
        parameters=parameters if isinstance(parameters, dict) else item["parameters"] or None,
        module=module,
        path=path,
        line=item["line"],
        root=root,
        tags=_texts(given.get("tags")) or (),
        examples=_texts(given.get("examples")) or (),
        priority=priority if type(priority) is int else 0,
        match=match if isinstance(match, str) else None,
        providers=_texts(given.get("providers")),
        metadata={**(metadata if isinstance(metadata, dict) else {}), **extra},
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    return tuple(value)


def _is_public(module: str, item: dict[str, Any], extract: Extract, exported: frozenset[str]) -> bool:
    name = item["name"]
    if "." in item["qualname"] or item.get("rebound") or "hidden" in item:
        return False
    if name in exported:
        return True
    if is_private(module):
        return False
    if extract["all"] is not None:
        return name in extract["all"]
    return not name.startswith("_")


def is_private(module: str) -> bool:
    """Tell whether a part of the dotted name begins with an underscore."""
    return module.startswith("_") or "._" in module


def settle_names(findings: Iterable[Finding]) -> tuple[list[Finding], list[Clash]]:
    """Give each finding a name of its own within its kind, and say which wanted the same.

    The first by module and line keeps the plain name; the next is called ``module.name``, and if that is taken too,
    ``module.qualified_name`` with a number where needed.
    """
    from dataclasses import replace

    ordered = sorted(findings, key=lambda one: (one.module, one.line, one.given_name, one.kind))
    taken: dict[tuple[str, str], Finding] = {}
    rest: list[Finding] = []
    for one in ordered:
        if (one.kind, one.given_name) in taken:
            rest.append(one)
        else:
            taken[one.kind, one.given_name] = one
    clashes: list[Clash] = []
    for one in rest:
        wanted = f"{one.module}.{one.given_name}"[-200:].strip()
        name, number = wanted, 1
        while (one.kind, name) in taken:
            number += 1
            name = f"{wanted[:190]} {number}"
        first = taken[one.kind, one.given_name]
        taken[one.kind, name] = replace(one, name=name)
        clashes.append(Clash(one.kind, one.given_name, _place(first), _place(one), name))
    named = sorted(taken.values(), key=lambda one: (one.module, one.line, one.kind, one.name))
    return named, clashes


def _place(one: Finding) -> str:
    return one.ref or f"{one.path}:{one.line}"
