"""The prefilter: from the raw bytes of a file, whether it could hold anything recognised, and the classes it defines.

Parsing a file costs twenty times as much, and most files of a large package hold nothing. When in doubt the answer is
yes: the syntax tree decides afterwards.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from catalog.discovery.handing import ADDERS
from catalog.discovery.handing_bytes import (
    CALLING,
    applied_places,
    called_in,
    handing_places,
    hands,
    is_in_word,
    lines_of,
    writes_tools,
)
from catalog.discovery.rules import MARKING, SECTIONS, Rules

# Each expression begins with plain letters, which the engine searches for many times faster than for a class of them.
_HEAD = re.compile(
    rb"class[ \t]+([A-Za-z_\x80-\xff][\w\x80-\xff]*+)[ \t]*+(?:\[[^\]\n]*+\][ \t]*+)?"
    rb"\(((?:[^()#]++|#[^\n]*+|\((?:[^()]++|\([^()]*+\))*+\))*+)\)"
)
_DOTTED = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*+(?:[ \t]*\.[ \t]*[A-Za-z_\x80-\xff][\w\x80-\xff]*+)*+")
_COMMENT = re.compile(rb"#[^\n]*+")
_IMPORT_FROM = re.compile(
    rb"from[ \t]+(\.*+[ \t]*[\w.\x80-\xff]*+)[ \t]+import[ \t]*+(\([^)]*+\)|(?:[^\n\\#;]++|\\\r?\n)++)"
)
_FROM = re.compile(rb"from[ \t]+(\.*[\w.\x80-\xff]*)[ \t]+import\b(.*)", re.DOTALL)
_RENAMED_FROM = re.compile(rb"([\w\x80-\xff]+)[ \t]+as[ \t]+$")
_RENAMED_TO = re.compile(rb"[ \t]+as[ \t]")
_AS = re.compile(rb" as[ \t]+(\w+)")
_TARGET = re.compile(rb"[ \t]*+(\w++)[ \t]*+")
_WORD_BEFORE = re.compile(rb"\w+(?=[ \t]*\Z)")
_IMPORT = re.compile(rb"import[ \t]+([\w.\x80-\xff]++)(?:[ \t]+as[ \t]+([\w\x80-\xff]++))?[ \t]*+(?=[\r\n,;#]|$)")
_IMPORT_AS = re.compile(rb"import[ \t]+([\w.]+)[ \t]+as[ \t]+([\w\x80-\xff]+)")
_CAPITAL = re.compile(rb"_*[A-Z]")
_ALIAS = re.compile(rb"\n([A-Za-z_]\w*+)[ \t]*+=[ \t]*+([A-Za-z_][\w.]*+)[ \t]*+(?=[\r\n#])")
_PARTIAL = rb"(?:%b)\([ \t\r\n]*+(?:(?:\w++\.)*(?:%b)\([ \t\r\n]*+)*+([\w.]++)"
"""A partial of a name, directly or through further partials; to be filled in with what ``partial`` is called."""
_ASSIGNED = re.compile(rb"(\w+)[ \t]*(?::[^=\n]*)?=[ \t\w.]*\Z")
MARK = re.compile(rb"@[ \t]*+((?:\w++[ \t]*+\.[ \t]*+)*+)(\w++)")
USUAL = frozenset(
    (b"staticmethod", b"classmethod", b"property", b"setter", b"overload", b"abstractmethod", b"override", b"dataclass")
)
"""Decorators that are everywhere and are never another name of a known one."""
_STATEMENT = re.compile(rb"\n[^ \t\r\n#)\]}\"']")  # a statement at the left margin
_MARKING = re.compile(rb"%b\([ \t\r\n]*+[\"']" % MARKING.encode())
PYTHONS_OWN = frozenset(sys.stdlib_module_names) | {"builtins"}
"""Packages that hold nothing a rule names; they are not read."""
_PYTHONS_OWN = frozenset(name.encode() for name in PYTHONS_OWN)
_LONGEST_NAME = 100
CREATES = b".agents.create("
"""How a client makes an agent."""
_SPEC = b"\nTOOL_SPEC"
_NO_ALIAS = (b"import ", b"with ", b"    with ", b"    except ", b"except ", b"        with ", b"        except ")
"""Lines in which ``as`` renames a module, or nothing that is imported."""
_BLANK = frozenset({b" ", b"\t"})
_DEFINING = (b"def ", b"class ", b"async ", b"@")


@dataclass(slots=True)
class Prefiltered:
    """What the bytes of one file show.

    Attributes:
        heads: the classes that name bases: own name, bases as dotted names with imports resolved, and whether the
            class is indented: inside of a class, a function or a block.
        decorated: whether a known decorator seems to be used.
        assigned: whether a known constructor seems to be called in the body of the module.
        declared: whether one that counts anywhere seems to be called at all; of a file that imports no framework only
            known once another file of the scan does.
        renamed: other names given to known things and to classes, by an import or an assignment, with the first name.
        aliases: other names given to anything else that may be a decorator, with the first name.
        marks: the names, without what stands before the dot, that are used as decorators, but for a few of Python's.
        at_home: whether something of a framework is imported.
        written: whether a tool seems to be written as data for a model (`catalog.discovery.written_tools`).
    """

    heads: list[tuple[str, list[str], bool]]
    decorated: bool
    assigned: bool
    declared: bool
    renamed: dict[str, str]
    aliases: dict[str, str]
    marks: list[str]
    at_home: bool
    written: bool = False

    @property
    def holds(self) -> bool:
        """Whether the file is worth parsing, its classes apart."""
        return self.decorated or self.assigned or self.declared or self.written

    def may_hold(self, at_home: bool) -> bool:
        """Tell whether the file is worth parsing; *at_home*: whether any file beside it imports a framework."""
        return self.decorated or self.assigned or self.written or (self.declared and at_home)

    def as_json(self) -> list[Any]:
        """Return it as lists and texts."""
        return [getattr(self, name) for name in self.__slots__]

    @classmethod
    def from_json(cls, data: list[Any]) -> Prefiltered:
        """Return what `as_json` was made of."""
        return cls(*data)


class Prefilter:
    """The expressions for one set of rules, compiled once."""

    def __init__(self, rules: Rules) -> None:
        """Compile the expressions for what *rules* name."""
        own = [rule for rule in rules if rule.section == "decorators" and rules.is_own(rule)]
        self._own_mark = rules.own_package.encode()
        decorators = "|".join((rules.words("decorators"), rules.words("methods")))
        makers = rules.words("constructors")
        # Possessive and grouped by first letter: each "=" and "@" of the file is tried.
        self._decorator = re.compile(rb"@[ \t]*+(?:\w++(?:\([^()\n]*+\))?\.)*(?:%b)\b" % _grouped(decorators).encode())
        self._renamed_decorator = re.compile(rb"=[ \t]*+(?:\w++\.)*(%b)\b" % _grouped(decorators).encode())
        self._constructor = _assigned_from(makers)
        # Our own decorators called as functions apart, as their names are common words.
        self._own_call = _assigned_from("|".join(name for rule in own for name in rule.names) or "(?!)")
        # What has a dot before it: models.OpenAI(...), from `import models` or `from package import models`.
        self._attribute = re.compile(rb"\.(?:%b)[(.\[]" % _grouped(makers).encode())
        self._plain = re.compile(rb"\b(?:%b)[(.\[]" % _grouped(makers).encode())
        homes = {
            module.partition(".")[0] for rule in rules if rule.section == "constructors" for module in rule.modules
        }
        self._homes = frozenset(homes)
        self._home_starts = tuple(home[:-1] for home in homes if home[-1] == "*")
        packages = {module for rule in rules if not rule.when for module in rule.modules}
        packages |= {owner.rpartition(".")[0] for rule in rules for owner in rule.owners}
        tops = {".".join(home.split(".")[: 2 if home.startswith("google.") else 1]) for home in packages}
        names = _grouped("|".join(top.replace("*", r"\w*").replace(".", r"\.") for top in tops)).encode()
        self._home = (re.compile(rb"from[ \t]++(?:%b)\b" % names), re.compile(rb"\nimport[ \t]++(?:%b)\b" % names))
        methods = {name for rule in rules if rule.section == "methods" for name in rule.names}
        applied = {name.encode(): f".{name}(".encode() for name in sorted(methods | set(ADDERS))}
        self._applied = {b"create": CREATES} | applied  # by the word that stands before the parenthesis
        self._rules = rules
        self._others: set[bytes] = set()  # words that are known to be no constructors

    def _is_known(self, name: bytes) -> bool:
        word = _text(name)
        return any(self._rules.is_word(section, word) for section in SECTIONS)

    def look_at(self, data: bytes, module: str, is_package: bool) -> Prefiltered:
        """Return what the file of *module* with the content *data* seems to hold."""
        heads = [
            (
                name,
                [imported_name(data, base, place, module, is_package) for base in bases],
                data[place - 1 : place] in _BLANK,
            )
            for name, bases, place in heads_in(data)
        ]
        renamed: dict[str, str] = {}
        aliases: dict[str, str] = {}
        for match in _AS.finditer(data):
            before = _WORD_BEFORE.search(data, max(0, match.start() - 60), match.start())
            if before is not None and before[0] != match[1]:
                # `import numpy as np` is everywhere; a class keeps its capital under another name.
                capitals = _CAPITAL.match(before[0]) and _CAPITAL.match(match[1])
                if capitals or self._is_known(before[0]):
                    renamed[_text(match[1])] = _text(before[0])
                elif not data.startswith(_NO_ALIAS, data.rfind(b"\n", 0, match.start()) + 1):
                    aliases[_text(match[1])] = _text(before[0])
        for match in _ALIAS.finditer(data):
            other = renamed if _CAPITAL.match(match[1]) else aliases
            other.setdefault(_text(match[1]), _text(match[2]).rpartition(".")[2])
        marks = {match[2] for match in MARK.finditer(data)} - USUAL
        self._add_decorators(data, aliases)
        marking = _MARKING.search(data) is not None
        decorated = marking or self._decorator.search(data) is not None or b"partial" in marks or _SPEC in data
        assigned = (marking or self._makes(data, self._constructor)) or (
            self._own_mark in data and self._makes(data, self._own_call)
        )
        assigned = assigned or CREATES in data
        known = [name for name, first in renamed.items() if self._is_known(first.encode())]
        if known and not (decorated and assigned):
            names = b"|".join(re.escape(name.encode()) for name in known)
            decorated = decorated or re.search(rb"@[ \t]*(?:%b)\b" % names, data) is not None
            assigned = assigned or re.search(rb"=[ \t]*(?:\(\s*)?(?:%b)[.(\[]" % names, data) is not None
        at_home = any(expression.search(data) is not None for expression in self._home) or (
            self._home[1].match(b"\n" + data[:_LONGEST_NAME]) is not None  # what the file begins with
        )
        declared = assigned
        if not declared:
            called = called_in(data)
            declared = self._applies(data, called) or (
                at_home and (hands(data, called) or self.declares(data, at_home=True))
            )
        words, written = sorted(map(_text, marks)), writes_tools(data)
        return Prefiltered(heads, decorated, assigned, declared, renamed, aliases, words, at_home, written)

    def _add_decorators(self, data: bytes, aliases: dict[str, str]) -> None:
        """Add to *aliases* the names that known decorators, called or not, and partials of anything are assigned to."""
        for match in self._renamed_decorator.finditer(data):
            name = _TARGET.fullmatch(data, data.rfind(b"\n", 0, match.start()) + 1, match.start())
            if name is not None:
                aliases[_text(name[1])] = _text(match[1])
        if b"partial" not in data:
            return
        names = b"|".join([b"partial", *(own.encode() for own, first in aliases.items() if first == "partial")])
        for match in re.finditer(_PARTIAL % (names, names), data):
            start = data.rfind(b"\n", 0, match.start()) + 1
            name = _ASSIGNED.search(data, start, match.start())
            if name is not None:
                aliases[_text(name[1])] = _text(match[1]).rpartition(".")[2]

    def declares(self, data: bytes, *, at_home: bool) -> bool:
        """Tell whether *data* imports a known constructor, or a package that has some, and seems to call it."""
        has_home = False
        for match in _IMPORT_FROM.finditer(data):
            if match[1].partition(b".")[0] in _PYTHONS_OWN:
                continue
            for first, own in _imported_names(match[2]):
                if self._rules.is_word("constructors", _text(first)) and _is_called(data, own, match.end()):
                    return True
                has_home = has_home or first == b"*"
            has_home = has_home or (at_home and self._is_home(match[1]))
        if at_home and not has_home:
            has_home = any(self._is_home(match[1]) for match in _IMPORT.finditer(data))
        return has_home and (self._attribute.search(data) is not None or self._starred(data))

    def _applies(self, data: bytes, called: AbstractSet[bytes]) -> bool:
        """Tell whether a decorator of an object seems to be called as a function."""
        return next(applied_places(data, self._applied, called), None) is not None

    def _is_home(self, module: bytes) -> bool:
        """Tell whether *module* belongs to a package that has known constructors."""
        return self.is_framework(_text(module.partition(b".")[0]))

    def is_framework(self, top: str) -> bool:
        """Tell whether the package *top* has known constructors."""
        return top in self._homes or top.startswith(self._home_starts)

    def _starred(self, data: bytes) -> bool:
        """Tell whether what is called may come from ``from package import *``."""
        return b"import *" in data and self._plain.search(data) is not None

    def lines_of_calls(
        self, data: bytes, renamed: Mapping[str, str], classes: AbstractSet[bytes] = frozenset()
    ) -> list[int]:
        """Return the lines of *data*, from 1, on which a known constructor, or one of *classes*, seems to be called."""
        own = {name.encode() for name, first in renamed.items() if self._is_known(first.encode())}
        called = called_in(data)
        places = [*handing_places(data, called), *applied_places(data, self._applied, called)]
        wanted = set(filter(self._is_maker, called - self._others)) | (called & own)
        for word in wanted | set(filter(_CAPITAL.match, called & classes)):
            places += _places_of(data, word)
        return lines_of(data, places)

    def _is_maker(self, word: bytes) -> bool:
        is_one = self._rules.is_word("constructors", word.decode("ascii"))
        if not is_one:
            self._others.add(word)
        return is_one

    def _makes(self, data: bytes, expression: re.Pattern[bytes]) -> bool:
        """Tell whether *expression* fits something that runs when the module is imported."""
        starts: list[int] | None = None
        for match in expression.finditer(data):
            if starts is None:
                starts = [0, *(statement.start() + 1 for statement in _STATEMENT.finditer(data))]
            nearest = starts[bisect_right(starts, match.start()) - 1]
            if not data.startswith(_DEFINING, nearest):
                return True
        return False


@lru_cache(maxsize=8)
def prefilter_for(rules: Rules) -> Prefilter:
    """Return the prefilter for *rules*, kept: compiling its expressions costs as much as looking at a hundred files."""
    return Prefilter(rules)


def _places_of(data: bytes, word: bytes) -> Iterator[int]:
    """Yield where a *word* of `called_in` begins."""
    place = data.find(word)
    while place >= 0:
        end = place + len(word)
        if data[end : end + 1] in CALLING and not is_in_word(data, place):
            yield place
        place = data.find(word, end)


def heads_in(data: bytes) -> list[tuple[str, list[str], int]]:
    """Return the classes of *data* that name bases: own name, bases as written, and where the head begins."""
    heads = []
    for match in _HEAD.finditer(data):
        text = match[2]
        if b"#" in text:
            text = _COMMENT.sub(b"", text)
        bases = [_text(base) for base in _DOTTED.findall(text)]
        if bases:
            heads.append((_text(match[1]), bases, match.start()))
    return heads


def imported_name(data: bytes, dotted: str, end: int, module: str, is_package: bool) -> str:
    """Return what the name *dotted*, used at *end*, stands for if a ``from`` statement above imports it.

    The first place a file has the name is nearly always that statement; to look only there is a hundred times cheaper
    than to read all imports.
    """
    first, dot, rest = dotted.partition(".")
    name = first.encode()
    place = data.find(name)
    ended = -1  # where a statement begins that has ended before the place
    while 0 <= place < end:
        start = data.rfind(b"from", ended + 1, place)
        match = _FROM.match(data, start, place) if start >= 0 else None
        is_other = _RENAMED_TO.match(data, place + len(name)) is not None  # import Tool as MCPTool
        if match is not None and not _is_one_statement(match[2]):
            ended = start
        elif match is not None and not is_other and _is_word(data, place, len(name)):
            source = absolute(_text(match[1]), module, is_package)
            own = _RENAMED_FROM.search(match[2])
            return f"{source}.{_text(own[1]) if own else first}{dot}{rest}" if source else dotted
        place = data.find(name, place + 1)
    if dot:
        for match in _IMPORT_AS.finditer(data):
            if match[2] == name:
                return f"{_text(match[1])}.{rest}"
    return dotted


def _is_one_statement(names: bytes) -> bool:
    """Tell whether *names*, from ``import`` up to a name, are still in the statement it begins."""
    if b"#" in names:
        names = _COMMENT.sub(b"", names)
    opened = names.count(b"(")
    if opened:  # else the parenthesis of what follows: `from typing import Union`, `class Writer(`
        return opened == 1 and names.lstrip().startswith(b"(") and b")" not in names
    return b"\n" not in names.replace(b"\\\n", b"").replace(b"\\\r\n", b"")


def _is_word(data: bytes, place: int, length: int) -> bool:
    return not (data[place - 1 : place].isalnum() or data[place + length : place + length + 1].isalnum()) and (
        data[place - 1 : place] != b"_" and data[place + length : place + length + 1] != b"_"
    )


def _imported_names(names: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names that a ``from`` statement imports, each with the name it has in the file."""
    if b"#" in names:
        names = _COMMENT.sub(b"", names)
    for imported in names.strip(b"()").replace(b"\\", b" ").split(b","):
        words = imported.split()
        if words:
            yield words[0], words[-1]


def _is_called(data: bytes, name: bytes, start: int) -> bool:
    """Tell whether *name* seems to be called, or asked for a method, after *start*."""
    place = data.find(name, start)
    while place >= 0:
        if data[place + len(name) : place + len(name) + 1] in CALLING and _is_word(data, place, len(name)):
            return True
        place = data.find(name, place + 1)
    return False


def imports_in(data: bytes, module: str, is_package: bool) -> dict[str, str]:
    """Return what the names imported anywhere in *data* stand for, as dotted names."""
    imports: dict[str, str] = {}
    for match in _IMPORT.finditer(data):
        dotted, name = _text(match[1]), match[2]
        if name:
            imports[_text(name)] = dotted
        else:
            top = dotted.partition(".")[0]
            imports.setdefault(top, top)
    for match in _IMPORT_FROM.finditer(data):
        source = absolute(_text(match[1]).replace(" ", ""), module, is_package)
        if source is None:
            continue
        names = match[2]
        if b"#" in names:
            names = _COMMENT.sub(b"", names)
        for imported in names.strip(b"()").replace(b"\\", b" ").split(b","):
            words = imported.split()
            if len(words) == 1:
                imports[_text(words[0])] = f"{source}.{_text(words[0])}"
            elif len(words) == 3 and words[1] == b"as":
                imports[_text(words[2])] = f"{source}.{_text(words[0])}"
    return imports


def absolute(source: str, module: str, is_package: bool) -> str | None:
    """Return the module that ``from source import …`` names within *module*, or None if it leaves the package."""
    if not source.startswith("."):
        return source
    rest = source.lstrip(".")
    up = len(source) - len(rest) - (1 if is_package else 0)
    parts = module.split(".")
    if up >= len(parts):
        return None
    base = ".".join(parts[: len(parts) - up])
    return f"{base}.{rest}" if rest else base


def _grouped(words: str) -> str:
    """Return an alternation of *words* with one branch per first letter."""
    by_letter: dict[str, list[str]] = {}
    for word in sorted(set(words.split("|"))):
        by_letter.setdefault(word[0], []).append(word)
    return "|".join(
        first + "(?:" + "|".join(word[1:] for word in group) + ")" if first.isalnum() else "|".join(group)
        for first, group in by_letter.items()
    )


def _assigned_from(words: str) -> re.Pattern[bytes]:
    return re.compile(rb"=[ \t]*+(?:\([ \t\r\n]*+)?(?:await[ \t]++)?(?:\w++\.)*(?:%b)[.(\[]" % _grouped(words).encode())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace(" ", "").replace("\t", "")
