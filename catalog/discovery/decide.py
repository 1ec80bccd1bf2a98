"""Which rule applies to a decorator or to what a call makes; where no rule names it, what its definition leads to.

A wrapper of one's own around a known decorator, a function that returns a known object and a class that derives from
a known one are followed to their definition, in the scan or in an installed package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from catalog.discovery.follow_names import NameFollower
from catalog.discovery.literal import Value
from catalog.discovery.owners import owner_rule
from catalog.discovery.rules import Rule

_MOST_STEPS = 20
"""How many partials of partials, wrappers of wrappers and bases of bases are followed."""

_OF_INSTANCES = ("agent", "mcp_server", "model")
"""Kinds of which not only a derived class is an entry, but each object of it."""


class Decision(NamedTuple):
    """The rule that applies.

    Attributes:
        rule: the rule.
        last: the name it knows.
        given: the arguments fields are read from, by name and position.
        home: the class of which an object was made, if its attributes say more.
    """

    rule: Rule
    last: str
    given: dict[str, Value]
    home: str = ""


def of_mark(mark: dict[str, Any], follower: NameFollower) -> Decision | None:
    """Return the rule for a decorator, with the arguments of partials and wrappers included."""
    given: dict[str, Value] = mark["given"]
    last = ""
    for _ in range(_MOST_STEPS):
        if "dotted" in mark:
            rule, last = follower.follow(mark["dotted"], lambda name: follower.match("decorators", name))
            if rule is not None:
                return Decision(rule, last, given)
        stored = follower.stored_mark(last) if last else None
        if stored is None:
            break
        mark, given = stored, {**stored["given"], **given}
    if "method" in mark:
        rule = owner_rule(follower, mark["method"], mark["owner"], mark["called"])
        if rule is not None:
            return Decision(rule, mark["method"], given)
    if not last:
        return None
    return _of_wrapper(last, ["bare"] if mark.get("bare") else ["called"], given, follower, set())


def _of_wrapper(
    dotted: str, levels: list[str], given: dict[str, Value], follower: NameFollower, seen: set[str]
) -> Decision | None:
    """Return the rule for what the function or class *dotted* gives; those *seen* led nowhere, or lead here."""
    if dotted in seen or len(seen) > _MOST_STEPS:
        return None
    if len(levels) > 1:  # all of it
        seen.add(dotted)
    if "bare" in levels and follower.is_class(dotted):
        return of_class(dotted, given, follower)
    for result in _results(dotted, levels, follower):
        merged = _merged(result, given)
        if "type" in result:
            decision = of_class(result["type"], merged, follower)
        else:
            rule, last = follower.follow(result["dotted"], lambda name: follower.match("decorators", name))
            decision = (
                Decision(rule, last, merged)
                if rule is not None
                else of_call(result["dotted"], merged, follower)
                or _of_wrapper(last, ["bare", "called"], merged, follower, seen)
            )
        if decision is not None and decision.rule.when != "schemas":
            return decision
    return None


def of_made(made: dict[str, Any], follower: NameFollower) -> Decision | None:
    """Return the rule for a value: ``Agent(...)``, ``PromptTemplate.from_template(...)``, ``build_agent()``."""
    rules = follower.rules
    dotted, given = made["dotted"], made["given"]
    decision = of_call(dotted, given, follower)
    if decision is not None:
        return decision
    if made.get("decorates"):  # our decorators as functions
        rule, last = follower.follow(dotted, lambda name: follower.match("decorators", name))
        if rule is not None and rules.is_own(rule):
            return Decision(rule, last, given)
    _, last = follower.follow(dotted, lambda _: None)
    if follower.is_class(last):
        decision = of_class(last, given, follower)
        if decision is None or decision.rule.kind not in _OF_INSTANCES:
            return None
        return decision._replace(home=last)
    return _of_maker(last, given, follower, set())


def _of_maker(dotted: str, given: dict[str, Value], follower: NameFollower, seen: set[str]) -> Decision | None:
    """Return the rule for the object that the function *dotted* returns; those *seen* led nowhere, or lead here."""
    if dotted in seen or len(seen) > _MOST_STEPS:
        return None
    seen.add(dotted)
    for result in _results(dotted, ["bare"], follower):
        merged = _merged(result, given)
        decision = (
            of_class(result["type"], merged, follower)
            if "type" in result
            else of_call(result["dotted"], merged, follower)
            or of_class(result["dotted"], merged, follower)
            or _of_maker(result["dotted"], merged, follower, seen)
        )
        if decision is not None and decision.rule.when != "schemas":
            return decision
    return None


def of_call(dotted: str, given: dict[str, Value], follower: NameFollower) -> Decision | None:
    """Return the rule of the constructor, or of its method that makes one, that *dotted* is."""
    rule, last = follower.follow(dotted, lambda name: follower.match("constructors", name))
    if rule is not None:
        return Decision(rule, last, given)
    above, _, maker = dotted.rpartition(".")
    if above:
        rule, last = follower.follow(above, lambda name: follower.match("constructors", name))
        if rule is not None and maker in rule.makers:
            return Decision(rule, last, given)
    return None


def of_class(dotted: str, given: dict[str, Value], follower: NameFollower) -> Decision | None:
    """Return the rule for an object of the class *dotted*: its own or a base's as a constructor, else as a base."""
    waiting, seen = [dotted], set[str]()
    while waiting and len(seen) < _MOST_STEPS * 2:
        each = waiting.pop(0)
        if each in seen:
            continue
        seen.add(each)
        decision = of_call(each, given, follower)
        if decision is not None:
            return decision
        _, last = follower.follow(each, lambda _: None)
        waiting += follower.bases(last)
    rule = follower.base_rule(dotted)
    return None if rule is None or rule.when == "schemas" else Decision(rule, dotted, given)


def _results(dotted: str, levels: list[str], follower: NameFollower) -> Iterator[dict[str, Any]]:
    gives = follower.gives(dotted)
    for level in levels:
        yield from gives.get(level, ())


def _merged(result: dict[str, Any], outer: dict[str, Value]) -> dict[str, Value]:
    """Return the arguments of a call inside of a function that was itself called with *outer*."""
    merged: dict[str, Value] = {key: value for key, value in outer.items() if not key.isdigit()}
    merged |= result["given"]
    for place, (name, position) in result["passed"].items():
        value = outer.get(name) or outer.get(str(position))
        if value is not None:
            merged[place] = value
    return merged
