"""Whose a decorator is that belongs to an object: ``@server.tool`` counts where *server* is one that has tools."""

from __future__ import annotations

from catalog.discovery.follow_names import NameFollower
from catalog.discovery.prefilter import PYTHONS_OWN
from catalog.discovery.rules import Rule

_LONGEST = 40
"""How many bases and returned types are followed."""


def owner_rule(follower: NameFollower, method: str, owner: list[str] | None, called: str) -> Rule | None:
    """Return the rule for the decorator ``called.method``, or None.

    Args:
        follower: follows names to other files.
        method: the last part of the decorator's name.
        owner: what the file shows of the object before it: ``["type", class]``, ``["object", dotted]`` or None.
        called: the name of that object, for a guess where its class can't be read.
    """
    if owner is not None:
        what, dotted = owner
        rule, settled = _object(follower, method, dotted) if what == "object" else _type(follower, method, dotted)
        if rule is not None or settled:
            return rule
    return follower.rules.hinted(method, called)


def _object(follower: NameFollower, method: str, dotted: str) -> tuple[Rule | None, bool]:
    """Return the rule for a *method* of the object *dotted*, and whether that is certain."""
    _, last = follower.follow(dotted, lambda _: None)
    place = follower.split(last)
    extract = follower.extract_of(place[0]) if place else None
    if place is None or extract is None:
        return None, False
    made = extract["makes"].get(place[1][0])
    if made is not None and len(place[1]) == 1:
        return _type(follower, method, made)
    return None, False


def _type(follower: NameFollower, method: str, dotted: str, depth: int = 0) -> tuple[Rule | None, bool]:
    """Return the rule for a *method* of the class *dotted*, and whether the answer is certain, that of None too."""
    rule, last = follower.follow(dotted, lambda name: follower.rules.owner(method, name))
    if rule is not None or depth > _LONGEST:
        return rule, True
    name = last.rpartition(".")[2]
    place = follower.split(last)
    extract = follower.extract_of(place[0]) if place else None
    if place is not None and extract is not None:
        qualname = ".".join(place[1])
        returned = extract["returns"].get(qualname)
        if returned is not None:
            return _type(follower, method, returned, depth + 1)
        bases = extract["classes"].get(qualname)
        if bases is not None:
            for base in bases:
                rule, _ = _type(follower, method, base, depth + 1)
                if rule is not None:
                    return rule, True
            return None, True
        if qualname in extract["defines"] and name[:1].isupper():
            return None, True
    if last.partition(".")[0] in PYTHONS_OWN:
        return None, True
    above, _, last_part = dotted.rpartition(".")
    if above and last_part[:1].islower():  # Server.from_config(...)
        rule, _ = _type(follower, method, above, depth + 1) if above.rpartition(".")[2][:1].isupper() else (None, False)
        return rule, rule is not None
    return None, not follower.is_of_root(dotted.rpartition(".")[0])
