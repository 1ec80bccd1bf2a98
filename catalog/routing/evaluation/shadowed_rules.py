"""Rules that never decide because an earlier rule always does: what can be proved, and what known prompts show.

A proof holds for every prompt. It is tried in three simple cases:

- an earlier rule that matches everything: without ``^ $ \\b \\B \\A \\z``, and matching the empty text;
- an earlier rule with the very same expression;
- a later rule that is a literal text, or several parted by ``|``, each of which the earlier rule finds something in,
  whatever stands around it. The earlier one may be any expression whose only assertions are ``\\b`` and ``\\B``: a
  match inside a text is one wherever that text stands, but for what is a word beside it, and all cases are tried.
  (Capitals are those of ASCII: that ``(?i)s`` also matches the long s of old prints is left out of account.)

Two rules that agree on every known prompt prove nothing; that is reported as observed. Predicates are never called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from catalog.entry.match import compiled, is_predicate

BATCH = 1_000
"""How many expressions are matched in one pass."""

_MEMORY = 1 << 28  # bytes, for a batch
_SPECIAL = set(".^$*+?()[]{}|\\")
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule that never decides.

    Attributes:
        place: the place of the rule, in the order that rules are asked.
        by: the place of the earlier rule that always decides first; of several rules the first.
        why: why it does, in words.
    """

    place: int
    by: int
    why: str


@dataclass(frozen=True, slots=True)
class Literal:
    """An alternative of an expression that is plain text.

    Attributes:
        text: the text that it matches.
        folded: whether it matches the text in capitals, too.
        left: whether the text must begin at the boundary of a word.
        right: whether the text must end at the boundary of a word.
    """

    text: str
    folded: bool = False
    left: bool = False
    right: bool = False


def proved(rules: Sequence[str], *, until: float, clock: Callable[[], float] = time.monotonic) -> Iterator[Shadowed]:
    """Yield the rules that certainly never decide, in their order.

    Args:
        rules: expressions and predicates, in the order they are asked; those that can't be compiled are passed over.
        until: when to stop, by *clock*; what was yielded before is certain all the same.
        clock: a function that gives seconds.
    """
    earlier = Together([None if is_predicate(rule) or not _usable(rule) else rule for rule in rules])
    first: dict[str, int] = {}
    everything: int | None = None
    for place, rule in enumerate(rules):
        if clock() > until:
            return
        if everything is not None:
            yield Shadowed(place, everything, f"/{rules[everything]}/ matches every prompt")
            continue
        if rule in first:
            yield Shadowed(place, first[rule], "the same rule is asked before")
            continue
        first[rule] = place
        if earlier.rules[place] is None:
            continue
        by = _taken(rule, place, earlier)
        if by is not None:
            yield Shadowed(place, by, f"/{rules[by]}/ matches whatever /{rule}/ does")
        elif matches_everything(rule):
            everything = place


def observed(
    rules: Sequence[str], texts: Iterable[str], *, until: float, clock: Callable[[], float] = time.monotonic
) -> dict[int, dict[int, int]]:
    """Return the rules that match some of *texts* and are the first to match none of them.

    Returns:
        By the place of such a rule: how many of the texts it matches each earlier rule took, by its place.
    """
    together = Together([None if is_predicate(rule) or not _usable(rule) else rule for rule in rules])
    taken: dict[int, dict[int, int]] = {}
    decides: set[int] = set()
    for text in texts:
        if clock() > until:
            break
        matching = together.matching(text)
        if not matching:
            continue
        decides.add(matching[0])
        for place in matching[1:]:
            by = taken.setdefault(place, {})
            by[matching[0]] = by.get(matching[0], 0) + 1
    return {place: by for place, by in sorted(taken.items()) if place not in decides}


class Together:
    """Many expressions, matched in one pass over a text."""

    def __init__(self, rules: Sequence[str | None]) -> None:
        """Take *rules*; None stands where there is nothing to match."""
        import re2

        self.rules = rules
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        self._batches: list[tuple[Any, list[int]]] = []
        places = [place for place, rule in enumerate(rules) if rule is not None]
        for start in range(0, len(places), BATCH):
            some = places[start : start + BATCH]
            batch = re2.Set.SearchSet(options)
            try:
                for place in some:
                    batch.Add(rules[place])
                batch.Compile()
            except re2.error:  # too large together: matched one by one
                batch = None
            self._batches.append((batch, some))

    def matching(self, text: str, before: int | None = None) -> list[int]:
        """Return the places of the rules that match *text*, ascending; only those below *before*, if given."""
        matching: list[int] = []
        for batch, places in self._batches:
            if before is not None and places[0] >= before:
                break
            near = places if batch is None else sorted(places[number] for number in batch.Match(text) or ())
            matching += [
                place
                for place in near
                if (before is None or place < before) and compiled(str(self.rules[place])).search(text) is not None
            ]
        return matching


def matches_everything(rule: str) -> bool:
    """Tell whether *rule* certainly matches every text; False may also mean that this can't be told."""
    body = rule
    while body.startswith(("^", "\\A")):  # true at the beginning, where the empty match is
        body = body[1 if body[0] == "^" else 2 :]
    return _assertions(body) == set() and _usable(body) and compiled(body).search("") is not None


def literals(rule: str) -> list[Literal] | None:
    """Return the alternatives of a *rule* that is plain text; None for any other rule.

    Every match of the rule holds one of these texts. What the rule asks for besides (``^``, ``$``) is left out.
    """
    folded = False
    for flags in ("(?i)", "(?s)", "(?is)", "(?si)"):
        if rule.startswith(flags):
            folded, rule = "i" in flags, rule[len(flags) :]
            break
    left = right = False
    if "|" not in rule:
        while rule.startswith(("^", "\\A", "\\b")):
            left, rule = left or rule.startswith("\\b"), rule[1 if rule[0] == "^" else 2 :]
        while (rule.endswith("$") and not rule.endswith("\\$")) or rule.endswith(("\\z", "\\b")):
            if _escaped(rule, len(rule) - 2) and not rule.endswith("$"):
                break
            right, rule = right or rule.endswith("\\b"), rule[: -1 if rule.endswith("$") else -2]
        if rule.startswith("(") and rule.endswith(")") and not rule.endswith("\\)"):
            inner = rule[1:-1].removeprefix("?:")
            if "(" not in inner and ")" not in inner and not inner.startswith("?"):
                rule = inner
    elif rule.startswith(("\\b(", "(", "^(")) and rule.endswith((")", ")\\b", ")$")):
        begin, end = rule.index("("), rule.rindex(")")
        inner = rule[begin + 1 : end].removeprefix("?:")
        if "(" not in inner and ")" not in inner and not inner.startswith("?"):
            left, right, rule = rule.startswith("\\b"), rule.endswith("\\b"), inner
    alternatives = []
    for part in rule.split("|"):
        text = _plain(part)
        if not text:
            return None
        alternatives.append(Literal(text, folded, left, right))
    return alternatives


def _plain(part: str) -> str | None:
    """Return the text that an expression without any operator matches, or None."""
    text, place = [], 0
    while place < len(part):
        char = part[place]
        if char == "\\":
            following = part[place + 1 : place + 2]
            if not following or following.isalnum() or not following.isascii():
                return None
            text.append(following)
            place += 2
            continue
        if char in _SPECIAL:
            return None
        text.append(char)
        place += 1
    return "".join(text)


def _escaped(rule: str, place: int) -> bool:
    """Tell whether the backslash at *place* is itself escaped."""
    count = 0
    while place > 0 and rule[place - 1] == "\\":
        place, count = place - 1, count + 1
    return count % 2 == 1


def _taken(rule: str, place: int, earlier: Together) -> int | None:
    """Return the place of the first rule that takes whatever *rule* matches, if there certainly is one."""
    parts = literals(rule)
    if parts is None:
        return None
    near: set[int] | None = None
    for part in parts:  # a rule that takes it must match each of its texts
        takers = set(earlier.matching(part.text, place))
        near = takers if near is None else near & takers
        if not near:
            return None
    for by in sorted(near or ()):
        if all(_takes(str(earlier.rules[by]), part) for part in parts):
            return by
    return None


def _takes(earlier: str, part: Literal) -> bool:
    """Tell whether *earlier* certainly matches every text that holds *part*."""
    asserted = _assertions(earlier)
    if not asserted <= {"\\b", "\\B"}:
        return False
    if part.folded and not _folds(earlier, part.text):
        return False
    text = part.text
    sides = []
    for edge, bounded in ((text[0], part.left), (text[-1], part.right)):
        # Beside the text may stand nothing, a letter or digit, or something else; \b rules out one of the last two.
        allowed = [""]
        if not bounded or edge not in _WORD:
            allowed.append("a")
        if not bounded or edge in _WORD:
            allowed.append(" ")
        sides.append(allowed)
    search = compiled(earlier).search
    for before, after in product(*sides):
        match = search(before + text + after)
        if match is None or match.start() < len(before) or match.end() > len(before) + len(text):
            return False
    return True


def _folds(earlier: str, text: str) -> bool:
    """Tell whether *earlier* certainly treats capitals and small letters alike."""
    plain = text.isascii() and earlier.isascii() and not any(char in "[\\" for char in earlier.replace("\\b", ""))
    return plain and earlier.startswith("(?i)") and "(?" not in earlier[4:].replace("(?:", "")


def _assertions(rule: str) -> set[str]:
    """Return the assertions that *rule* may hold; too many rather than too few."""
    assertions: set[str] = set()
    place = 0
    while place < len(rule):
        char = rule[place]
        if char == "\\":
            following = rule[place : place + 2]
            if following in ("\\b", "\\B", "\\A", "\\z", "\\Z"):
                assertions.add(following)
            elif following == "\\Q":  # what follows is quoted: counted as an assertion, so that nothing is concluded
                assertions.add("\\A")
            place += 2
            continue
        if char in "^$":
            assertions.add(char)
        if char == "[" and rule[place + 1 : place + 2] == "^":
            place += 1  # a negated class, not an assertion
        place += 1
    return assertions


def _usable(rule: str) -> bool:
    try:
        compiled(rule)
    except (ValueError, UnicodeError):
        return False
    return True
