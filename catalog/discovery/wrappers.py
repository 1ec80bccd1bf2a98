"""From the bytes of a file: its functions and classes that pass on to something known, and what it uses of others.

A decorator of one's own (``def mark(f): return tool(f)``) and a function that makes agents (``def build() -> Agent``)
have names no rule lists. Compared are last names only; the syntax tree decides afterwards. Looked at only where some
file of the scan imports a framework.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from catalog.discovery.prefilter import MARK, PYTHONS_OWN, USUAL, imported_name
from catalog.discovery.rules import SECTIONS, Rules

_RETURNED = re.compile(rb"return\b([^\n]++)")
_SET = re.compile(rb"\n[ \t]++\w++[ \t]*+=[ \t]*+(?:await[ \t]++)?((?:\w++\.)*\w++)[(\[]")
_PASSED_ON = re.compile(rb"return[ \t]++(?:\w++\.)*(\w++)\([ \t\r\n]*+(\w++)[ \t\r\n]*+[,)]")
_ANNOTATED = re.compile(rb"->[ \t]*+(?!None\b|str\b|bool\b|int\b|float\b|bytes\b|Any\b|Self\b)([^\n]*+)")
_SEVERAL = re.compile(rb"\n[ \t]*+((?:\w++[ \t]*+[=,][ \t]*+)+\w++)[ \t]*+=([ \t\w.,]++)")
"""``mark = other = tool`` and ``mark, other = tool, None``."""
_WALRUS = re.compile(rb":=[ \t]*+([\w.]++)")
_BEFORE = re.compile(rb"\w+(?=[ \t]*\Z)")
_LONGEST_NAME = 60
_CLASS = re.compile(rb"(?!None$|True$|False$)_*[A-Z]\w*+")
_WORD = re.compile(rb"\w++")
_FIRST_DEFINITION = re.compile(rb"(?:async[ \t]++)?(?:def|class)[ \t]++(\w++)")
_DEFINITION = re.compile(rb"\n" + _FIRST_DEFINITION.pattern)
_FUNCTION = re.compile(rb"def[ \t]++(\w++)[ \t]*+\([ \t\r\n]*+(\w*+)")
_CALLED = re.compile(rb"\n[A-Za-z_]\w*+[ \t]*+(?::[^=\n]*+)?=[ \t]*+(?:await[ \t]++)?((?:\w++\.)*\w++)\(")


@dataclass(slots=True)
class Passing:
    """What the bytes of one file show of names no rule lists.

    Attributes:
        gives: functions, classes, methods and variables that may give something known, with that one's last name.
        calls: the last names of what is called for the variables of the module.
        foreign: decorators and calls that are imported from another package, with their dotted names.
    """

    gives: dict[str, str]
    calls: list[str]
    foreign: dict[str, str]

    def as_json(self) -> list[Any]:
        """Return it as lists and texts."""
        return [self.gives, self.calls, self.foreign]


class Wrappers:
    """The words of one set of rules."""

    def __init__(self, rules: Rules) -> None:
        """Look for what *rules* name."""
        self._rules = rules
        self._words: dict[bytes, tuple[str, bool] | None] = {}

    def is_known(self, word: bytes) -> bool:
        """Tell whether *word* is a last name that a rule has."""
        found = self._telling(word)
        return found is not None and found[1]

    def _telling(self, word: bytes) -> tuple[str, bool] | None:
        """Return *word* as text and whether a rule has it; None if no rule has it and no class is called so."""
        try:
            return self._words[word]
        except KeyError:
            text = word.decode("utf-8", "replace")
            known = any(self._rules.is_word(section, text) for section in SECTIONS)
            found = self._words[word] = (text, known) if known or _CLASS.fullmatch(word) else None
            return found

    def look_at(self, data: bytes, module: str, is_package: bool) -> Passing:
        """Return what the file of *module* with the content *data* shows."""
        called = {match[1]: match.start(1) for match in _CALLED.finditer(data)}
        marks = {match[1] + match[2]: match.start(1) for match in MARK.finditer(data) if match[2] not in USUAL}
        own = module.partition(".")[0]
        foreign: dict[str, str] = {}
        for name, place in {**called, **marks}.items():
            last = _last(name)
            if not self.is_known(last.encode()):
                dotted = imported_name(data, name.decode("utf-8", "replace"), place, module, is_package)
                top = dotted.partition(".")[0]
                if "." in dotted and top != own and top not in PYTHONS_OWN:
                    foreign[last] = dotted
        return Passing(self.names_in(data), sorted({_last(name) for name in called}), foreign)

    def names_in(self, data: bytes) -> dict[str, str]:
        """Return the names that may give something known, with that one's last name."""
        places = _Places(data)
        names: dict[str, str] = {}
        words = self._words
        for expression in (_RETURNED, _ANNOTATED, _SET):
            for match in expression.finditer(data):
                for word in _WORD.findall(match[1]):
                    told = words[word] if word in words else self._telling(word)
                    if told is None:
                        continue
                    for name in places.around(match.start()):
                        if told[1]:
                            names[name] = told[0]
                        else:
                            names.setdefault(name, told[0])
        for match in _PASSED_ON.finditer(data):
            if match[2] == places.first_parameter(match.start()):
                for name in places.around(match.start()):
                    names.setdefault(name, match[1].decode("utf-8", "replace"))
        for match in _SEVERAL.finditer(data):
            self._add_several(names, match[1], match[2])
        for match in _WALRUS.finditer(data):
            before = _BEFORE.search(data, max(0, match.start() - _LONGEST_NAME), match.start())
            if before is not None:
                self._add_several(names, before[0], match[1])
        return names

    def _add_several(self, names: dict[str, str], targets: bytes, values: bytes) -> None:
        """Add the names in *targets* if one of the *values* they are given is known."""
        known = next((word for word in _WORD.findall(values) if self.is_known(word)), b"").decode("utf-8", "replace")
        if known:
            names |= dict.fromkeys((name.decode("utf-8", "replace") for name in _WORD.findall(targets)), known)


class _Places:
    """Where the definitions of one file begin, read when it is asked for and only then: a file may hold thousands."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def _outer(self) -> list[tuple[int, bytes]]:
        first = _FIRST_DEFINITION.match(self._data)
        outer = [(0, first[1])] if first is not None else []
        return outer + [(match.start() + 1, match[1]) for match in _DEFINITION.finditer(self._data)]

    @cached_property
    def _functions(self) -> list[tuple[int, bytes, bytes]]:
        return [(match.start(), match[1], match[2]) for match in _FUNCTION.finditer(self._data)]

    @cached_property
    def _outer_starts(self) -> list[int]:
        return [start for start, _ in self._outer]

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, *_ in self._functions]

    def around(self, place: int) -> list[str]:
        """Return the names of the definition at the left margin that *place* is in, and of the nearest function."""
        outer = bisect_right(self._outer_starts, place) - 1
        if outer < 0:
            return []
        start, name = self._outer[outer]
        names = [name]
        nearest = bisect_right(self._starts, place) - 1
        if nearest >= 0 and self._starts[nearest] > start:
            names.append(self._functions[nearest][1])
        return [name.decode("utf-8", "replace") for name in dict.fromkeys(names)]

    def first_parameter(self, place: int) -> bytes:
        """Return the first parameter of the nearest function above *place*."""
        nearest = bisect_right(self._starts, place) - 1
        return self._functions[nearest][2] if nearest >= 0 else b""


@lru_cache(maxsize=8)
def wrappers_for(rules: Rules) -> Wrappers:
    """Return the words of *rules*, kept."""
    return Wrappers(rules)


def _last(dotted: bytes) -> str:
    return dotted.rpartition(b".")[2].strip().decode("utf-8", "replace")
