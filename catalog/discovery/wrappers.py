"""From the bytes of a file: its functions and classes that pass on to something known, and what it uses of others.

A decorator of one's own (``def mark(f): return tool(f)``) and a function that makes agents (``def build() -> Agent``)
have names no rule lists. Compared are last names only; the syntax tree decides afterwards.
"""

from __future__ import annotations

import re

from catalog.discovery.rules import SECTIONS, Rules

_RETURNED = re.compile(rb"return\b([^\n]++)")
_SET = re.compile(rb"\n[ \t]++\w++[ \t]*+=[ \t]*+(?:await[ \t]++)?((?:\w++\.)*\w++)[(\[]")
_PASSED_ON = re.compile(rb"return[ \t]++(?:\w++\.)*(\w++)\([ \t\r\n]*+(\w++)[ \t\r\n]*+[,)]")
_ANNOTATED = re.compile(rb"->[ \t]*+(?!None\b|str\b|bool\b|int\b|float\b|bytes\b|Any\b|Self\b)([^\n]*+)")
_CLASS = re.compile(rb"(?!None$|True$|False$)_*[A-Z]\w*+")
_WORD = re.compile(rb"\w++")
_DEFINED = (b"\ndef ", b"\nasync def ", b"\nclass ")
_CALLED = re.compile(rb"\n[A-Za-z_]\w*+[ \t]*+(?::[^=\n]*+)?=[ \t]*+(?:await[ \t]++)?((?:\w++\.)*\w++)\(")
_EVERYDAY = re.compile(
    rb"(?:.*\.)?(?:TypeVar|ParamSpec|NewType|namedtuple|get_?[lL]ogger|compile|frozenset|set|dict|list|tuple|object|Path"
    rb"|getenv|int|str|Lock|ContextVar|TypeAdapter)$"
)
"""What module levels call everywhere, and what never gives anything known."""


class Wrappers:
    """The words of one set of rules."""

    def __init__(self, rules: Rules) -> None:
        """Look for what *rules* name."""
        self._rules = rules
        self._known: dict[bytes, bool] = {}
        homes = {module for rule in rules if not rule.when for module in rule.modules}
        homes |= {owner.rpartition(".")[0] for rule in rules for owner in rule.owners}
        tops = {".".join(home.split(".")[: 2 if home.startswith("google.") else 1]) for home in homes}
        names = "|".join(re.escape(top).replace(r"\*", r"\w*") for top in sorted(tops)).encode()
        self._imports = (re.compile(rb"from[ \t]++(?:%b)\b" % names), re.compile(rb"import[ \t]++(?:%b)\b" % names))

    def _is_known(self, word: bytes) -> bool:
        known = self._known.get(word)
        if known is None:
            text = word.decode("utf-8", "replace")
            known = self._known[word] = any(self._rules.is_word(section, text) for section in SECTIONS)
        return known

    def names_in(self, data: bytes) -> dict[str, str]:
        """Return the names of functions, classes and methods that may give something known, with that one's name."""
        names: dict[str, str] = {}
        is_home = any(expression.search(data) is not None for expression in self._imports)
        for expression in (_RETURNED, _ANNOTATED, _SET) if is_home else ():
            for match in expression.finditer(data):
                for word in _WORD.findall(match[1]):
                    is_known = self._is_known(word)
                    if is_known or _CLASS.fullmatch(word):
                        _add(names, data, match.start() + 1, word, is_known=is_known)
        for match in _PASSED_ON.finditer(data):
            opened = data.rfind(b"def ", 0, match.start())
            bracket = data.find(b"(", opened, match.start()) if opened >= 0 else -1
            first = _WORD.search(data, bracket, match.start()) if bracket >= 0 else None
            if first is not None and first[0] == match[2]:
                _add(names, data, match.start(), match[1])
        return names


def calls_in(data: bytes) -> dict[bytes, int]:
    """Return what is called for the variables at module level, as written, and a place where."""
    return {match[1]: match.start(1) for match in _CALLED.finditer(data) if not _EVERYDAY.match(match[1])}


def _add(names: dict[str, str], data: bytes, place: int, word: bytes, *, is_known: bool = False) -> None:
    """Add the definition at the left margin that *place* is in and, in a class, the method; what is known wins."""
    start = max(data.rfind(opening, 0, place) for opening in _DEFINED)
    if start < 0:
        return
    text = word.decode("utf-8", "replace")
    for begin in {start, data.rfind(b"def ", start, place)} - {-1}:
        after = data.find(b"class " if data.startswith(b"\nclass ", begin) else b"def ", begin)
        name = _WORD.search(data, data.find(b" ", after))
        if name is not None and name[0] != word:
            own = name[0].decode("utf-8", "replace")
            names[own] = text if is_known else names.get(own, text)
