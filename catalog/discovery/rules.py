"""The rules of what a scan recognises: those of ``recognised.toml``, and a project's own additions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from catalog.entry.kinds import is_kind_name
from catalog.errors import SettingsError, close_matches, did_you_mean

SECTIONS = ("decorators", "methods", "bases", "constructors")

_KEYS = {
    "decorators": {"kind", "framework", "modules", "names", "without", "fields"},
    "methods": {"kind", "framework", "names", "owners", "hints", "fields", "reason"},
    "bases": {"kind", "framework", "modules", "names", "without", "fields", "when"},
    "constructors": {"kind", "framework", "modules", "names", "without", "makers", "fields"},
}
_NEEDED = {
    "decorators": ("kind", "modules", "names"),
    "methods": ("kind", "names", "owners"),
    "bases": ("kind", "modules", "names"),
    "constructors": ("kind", "modules", "names"),
}
_PATTERN = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\*?")

_TEXTS = ("description", "template", "prefix", "suffix")

MARKING = "mark"
"""The function that gives the decorator of any kind: ``mark("dataset")`` is followed as ``mark.dataset``."""

Place = str | int
"""Where a field is read from: the name of an argument or attribute, or an argument's position."""

_ERRORS = ("Error", "Exception", "Warning")  # how classes of errors end


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; the head of `recognised.toml` says what each part means."""

    section: str
    kind: str
    framework: str = ""
    modules: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    when: str = ""
    reason: str = ""
    fields: tuple[tuple[str, tuple[Place, ...]], ...] = ()

    @property
    def is_marking(self) -> bool:
        """Whether this is the rule of :data:`MARKING`, for which the name is any kind."""
        return self.kind == "*" and self.names == (MARKING,)

    def names_it(self, name: str) -> bool:
        """Tell whether *name*, the last part of a dotted name, is in this rule's names and not among its exceptions.

        What is called like an error fits no open name: ``ChatOverloadedError(...)`` makes no model.
        """
        if name in self.names:
            return not _any_fits(name, self.without)
        return _any_fits(name, self.names) and not name.endswith(_ERRORS) and not _any_fits(name, self.without)

    def places(self, field: str) -> tuple[Place, ...]:
        """Return where to read *field*, the first choice first."""
        return next((places for name, places in self.fields if name == field), ())


class Rules:
    """The rules in force, in order; indexed by what is looked up most.

    Attributes:
        own_package: the package whose decorators go before all others.
        templated: the names of what is made of a template.
        read_names: the arguments and class attributes that fields are read from.
        text_names: those of descriptions and templates, of which a part is worth having; positions as texts.
        makers: the methods of known classes that make objects of them.
    """

    def __init__(self, rules: Iterable[Rule], *, own_package: str = "catalog") -> None:
        """Index *rules*; of two that match the same thing the earlier one counts."""
        self._ordered = tuple(rules)
        self.own_package = own_package
        self._matches: dict[tuple[str, str], Rule | None] = {}
        self._frameworks: dict[str, str] = {}
        self._words: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}
        self._answers: dict[str, dict[str, bool]] = {}
        self._without_schemas: Rules | None = None
        self.makers = frozenset(name for rule in self for name in rule.makers)
        places = [place for rule in self for _, choices in rule.fields for place in choices]
        self.templated = frozenset(name for rule in self if rule.places("template") for name in rule.names)
        self.read_names = frozenset(place for place in places if isinstance(place, str))
        texts = [place for rule in self for field, choices in rule.fields if field in _TEXTS for place in choices]
        self.text_names = frozenset(map(str, texts))

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._ordered)

    def is_own(self, rule: Rule) -> bool:
        """Tell whether *rule* is for what the package that goes before all others offers."""
        return any(_is_below(module, self.own_package) for module in rule.modules)

    def match(self, section: str, dotted: str) -> Rule | None:
        """Return the rule of *section* that names *dotted* (``package.module.name``), or None."""
        key = (section, dotted)
        try:
            return self._matches[key]
        except KeyError:
            rule = self._matches[key] = self._match(section, dotted)
            return rule

    def _match(self, section: str, dotted: str) -> Rule | None:
        module, _, name = dotted.rpartition(".")
        is_word = self.is_word(section, name)
        for rule in self._ordered:
            if rule.section != section or not (rule.is_marking or (is_word and rule.names_it(name))):
                continue
            if any(_is_below(module, pattern) for pattern in rule.modules):
                return rule
        return None

    def owner(self, method: str, dotted: str) -> Rule | None:
        """Return the rule for the decorator *method* of an object whose class is *dotted*, or None."""
        key = ("methods." + method, dotted)
        try:
            return self._matches[key]
        except KeyError:
            rule = self._matches[key] = self._owner(method, dotted)
            return rule

    def _owner(self, method: str, dotted: str) -> Rule | None:
        module, _, name = dotted.rpartition(".")
        for rule in self._ordered:
            if rule.section == "methods" and method in rule.names:
                for owner in rule.owners:
                    above, _, last = owner.rpartition(".")
                    if last == name and _is_below(module, above):
                        return rule
        return None

    def hinted(self, method: str, owner: str) -> Rule | None:
        """Return the rule for the decorator *method* of an object known only as the variable *owner*, or None."""
        word = owner.lower()
        for rule in self._ordered:
            if rule.section == "methods" and method in rule.names and any(hint in word for hint in rule.hints):
                return rule
        return None

    def applying(self, *, schemas: bool) -> Rules:
        """Return the rules that apply when schemas are asked for, or are not."""
        if schemas:
            return self
        if self._without_schemas is None:
            kept = [rule for rule in self._ordered if rule.when != "schemas"]
            self._without_schemas = Rules(kept, own_package=self.own_package)
        return self._without_schemas

    def framework_of(self, dotted: str) -> str:
        """Return the framework whose rules name things in the package of *dotted*; empty if none does.

        A package of several, as ``google`` is, belongs to the one whose modules *dotted* is in.
        """
        package = ".".join(dotted.split(".")[: 2 if dotted.startswith("google.") else 1])
        known = self._frameworks.get(package)
        if known is None:
            rules = (rule for rule in self._ordered for module in rule.modules if _is_of(module, package))
            known = self._frameworks[package] = next((rule.framework for rule in rules), "")
        return known

    def words(self, section: str) -> str:
        """Return a regular expression for the names a file must hold for *section* to matter."""
        names = {name for rule in self if rule.section == section and not rule.is_marking for name in rule.names}
        return "|".join(sorted(map(_expression, names))) or "(?!)"  # (?!) matches nothing

    def base_names(self) -> frozenset[str]:
        """Return the last parts of the known base classes."""
        return frozenset(name for rule in self._ordered if rule.section == "bases" for name in rule.names)

    def is_word(self, section: str, name: str) -> bool:
        """Tell whether *name*, a last part, is one a rule of *section* has; `match` then looks at the modules too."""
        answers = self._answers.get(section)
        if answers is None:
            answers = self._answers[section] = {}
        answer = answers.get(name)
        if answer is None:
            names, starts = self._words_of(section)
            answer = answers[name] = name in names or name.startswith(starts)
        return answer

    def _words_of(self, section: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """Return the names of a section, and how those begin of which only the beginning counts."""
        known = self._words.get(section)
        if known is None:
            names = {name for rule in self._ordered if rule.section == section for name in rule.names}
            starts = tuple(name[:-1] for name in names if name[-1] == "*")
            known = self._words[section] = (frozenset(names), starts)
        return known

    @property
    def fingerprint(self) -> str:
        """A text that changes when any rule does."""
        return hashlib.sha256(repr(self._ordered).encode()).hexdigest()[:16]


def with_kinds(additions: Mapping[str, Any], kinds: Sequence[str]) -> Mapping[str, Any]:
    """Return a project's *additions* with a rule for decorators that are called like the *kinds* it declares.

    A file that uses ``dataset``, imported from where ``dataset = catalog.mark("dataset")`` stands, is known by it.
    """
    if not kinds:
        return additions
    marking = next(rule for rule in _builtin() if rule.is_marking)
    own = {
        "kind": "*",
        "framework": marking.framework,
        "modules": list(marking.modules),
        "names": list(kinds),
        "fields": {field: list(places) for field, places in marking.fields},
    }
    return {**additions, "decorators": [*additions.get("decorators", ()), own]}


def load_rules(additions: Mapping[str, Any] | None = None) -> Rules:
    """Return the rules in force: those of a project's *additions* first, then the built-in ones; kept by content.

    Args:
        additions: the sections of `recognised.toml`, each a list of tables.

    Raises:
        SettingsError: *additions* has another form; the text names section, place and fault.
    """
    if not additions:
        return _builtin()
    return _with_additions(json.dumps(additions, sort_keys=True, default=str), additions)


_KNOWN: dict[str, Rules] = {}
"""Rules made already, by their additions as JSON: indexing them costs more than scanning a small package."""


def _with_additions(text: str, additions: Mapping[str, Any]) -> Rules:
    rules = _KNOWN.get(text)
    if rules is None:
        if len(_KNOWN) > 20:  # a program that makes up rules as it goes must not fill the memory
            _KNOWN.clear()
        rules = _KNOWN[text] = Rules((*read_rules(additions), *_builtin()))
    return rules


@lru_cache(maxsize=1)
def recognised() -> Mapping[str, Any]:
    """Return the content of ``recognised.toml``."""
    import tomllib

    return tomllib.loads(files(__package__).joinpath("recognised.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _builtin() -> Rules:
    return Rules(read_rules({section: lines for section, lines in recognised().items() if section in SECTIONS}))


def read_rules(table: Mapping[str, Any]) -> list[Rule]:
    """Return the rules written in *table*.

    Raises:
        SettingsError: it has another form.
    """
    rules = []
    for section, lines in table.items():
        if section not in SECTIONS:
            hint = did_you_mean(close_matches(section, SECTIONS)) or f"; there are {', '.join(SECTIONS)}"
            raise _fault(section, f"no such section{hint}")
        if not isinstance(lines, list):
            raise _fault(section, "is not a list of tables; write [[...]] in TOML")
        for place, line in enumerate(lines):
            rules.append(_rule(section, f"{section}[{place}]", line))
    return rules


def _rule(section: str, where: str, line: Any) -> Rule:
    if not isinstance(line, Mapping):
        raise _fault(where, "is not a table")
    for key in line:
        if key not in _KEYS[section]:
            hint = did_you_mean(close_matches(str(key), _KEYS[section]))
            raise _fault(where, f"no such part {key!r}{hint}")
    for key in _NEEDED[section]:
        if not line.get(key):
            raise _fault(where, f"{key!r} is missing")
    kind = line["kind"]
    if kind != "*" and not (isinstance(kind, str) and is_kind_name(kind)):
        raise _fault(where, f"kind {kind!r} is not a lower-case word of letters, digits and '_'")
    parts: dict[str, Any] = {"section": section, "kind": kind}
    for key in ("framework", "when", "reason"):
        value = line.get(key, "")
        if not isinstance(value, str):
            raise _fault(where, f"{key} is not a text")
        parts[key] = value
    for key in ("modules", "names", "without", "owners", "hints", "makers"):
        parts[key] = _texts(where, key, line.get(key, ()))
    fields = line.get("fields", {})
    if not isinstance(fields, Mapping):
        raise _fault(where, "fields is not a table")
    parts["fields"] = tuple(
        (str(field), _places(where, str(field), places)) for field, places in sorted(fields.items())
    )
    return Rule(**parts)


def _texts(where: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise _fault(where, f"{key} is not a list of texts")
    for name in value:
        if not isinstance(name, str) or not _PATTERN.fullmatch(name):
            raise _fault(where, f"{name!r} in {key} is not a dotted name")
    return tuple(value)


def _places(where: str, field: str, value: Any) -> tuple[Place, ...]:
    if not isinstance(value, (list, tuple)) or not all(type(place) in (str, int) for place in value):
        raise _fault(where, f"fields.{field} is not a list of argument names or positions")
    return tuple(value)


def _fault(where: str, text: str) -> SettingsError:
    return SettingsError(f"what a scan recognises, {where}: {text}", place=where, fault=text)


def _any_fits(name: str, patterns: tuple[str, ...]) -> bool:
    return name in patterns or any(pattern[-1] == "*" and name.startswith(pattern[:-1]) for pattern in patterns)


def _is_of(module: str, package: str) -> bool:
    top = module.partition(".")[0]
    return f"{module}.".startswith(f"{package}.") or (top[-1] == "*" and package.startswith(top[:-1]))


def _is_below(module: str, pattern: str) -> bool:
    if pattern[-1] == "*":
        return module.startswith(pattern[:-1])
    return module == pattern or module.startswith(pattern + ".")


def _expression(name: str) -> str:
    return name[:-1] + r"\w+" if name[-1] == "*" else name
