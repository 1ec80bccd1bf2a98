"""Names followed across files: what a class derives from, whose a decorator is, which text a name stands for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from catalog.discovery.extract import Extract, Extractor
from catalog.discovery.gc_pause import gc_paused
from catalog.discovery.gives import Given
from catalog.discovery.literal import Value, known
from catalog.discovery.outside import Outside
from catalog.discovery.part_text import PART
from catalog.discovery.prefilter import PYTHONS_OWN
from catalog.discovery.reach import Reach
from catalog.discovery.rules import Rule, Rules
from catalog.errors import UnreadableSourceError
from catalog.source.links import leads_out
from catalog.source.locate import Locator
from catalog.source.read import read_source

Accept = Callable[[str], Rule | None]
"""Returns the rule for a dotted name, or None if no rule knows it."""

_LONGEST = 40
"""How many imports, aliases and bases are followed."""

_LONGEST_TEXT = 200_000
"""The most characters of a text of which parts lie in several modules."""

_TABLES = ("defines", "imports", "aliases", "makes", "classes")
"""The parts of an extract that hold names at module level."""


class NameFollower:
    """Follows dotted names through the files of a scan and, by reading only, through other installed packages."""

    def __init__(
        self,
        rules: Rules,
        locator: Locator,
        extract_inside: Callable[[str], Extract | None],
        is_inside: Callable[[str], bool],
        constant_inside: Callable[[str, str], Value],
        gives_inside: Callable[[str, str], Given],
        shared: Outside | None = None,
    ) -> None:
        """Follow names by *rules*.

        Args:
            rules: tell which names are known.
            locator: finds the modules outside of the scan.
            extract_inside: returns the extract of a module of the scan.
            is_inside: tells whether a module is one of the scan.
            constant_inside: returns the value of a name in a module of the scan.
            gives_inside: returns what a function in a module of the scan gives.
            shared: what other followers of the same operation have read.
        """
        self.rules = rules
        self.locator = locator
        self._extract_inside = extract_inside
        self._is_inside = is_inside
        self._constant_inside = constant_inside
        self._gives_inside = gives_inside
        self._outside: dict[str, Extract | None] = {}
        self._constants: dict[tuple[str, str], Value] = {}
        self._named: dict[str, Value] = {}
        self._classes: dict[str, dict[str, dict[str, Any]]] = {}
        self._bases: dict[str, Rule | None] = {}
        self._homes: dict[tuple[str, str], str] = {}
        self._shared = Outside() if shared is None else shared
        self._gives: dict[str, Given] = {}
        self.consulted: set[str] = set()  # files outside of the scan that its findings depend on
        self.reach = Reach(rules, locator, self.consulted, self._shared)

    # --- following -----------------------------------------------------------------------------------------

    def follow(self, dotted: str, accept: Accept) -> tuple[Rule | None, str]:
        """Follow *dotted* through imports and aliases until *accept* knows it.

        Returns:
            The rule or None, and the last name.
        """
        seen: set[str] = set()
        while dotted not in seen and len(seen) < _LONGEST:
            rule = accept(dotted)
            if rule is not None:
                return rule, dotted
            seen.add(dotted)
            further = self._step(dotted)
            if further is None:
                break
            dotted = further
        return None, dotted

    def follow_inside(self, dotted: str) -> str | None:
        """Follow *dotted* while it stays in the files of the scan; return the last name, or None if it leaves them."""
        seen: set[str] = set()
        while dotted not in seen and len(seen) < _LONGEST:
            parts = dotted.split(".")
            if not any(self._is_inside(".".join(parts[:cut])) for cut in range(len(parts) - 1, 0, -1)):
                return None
            seen.add(dotted)
            further = self._step(dotted)
            if further is None:
                break
            dotted = further
        return dotted

    def split(self, dotted: str) -> tuple[str, list[str]] | None:
        """Return the module of *dotted* and the names within it, or None if there is no such module to read."""
        parts = dotted.split(".")
        if parts[0] in PYTHONS_OWN:
            return None
        for cut in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:cut])
            if self.extract_of(module) is not None:
                return module, parts[cut:]
        return None

    def extract_of(self, module: str) -> Extract | None:
        """Return the extract of *module*, or None if it can't be read."""
        if self._is_inside(module):
            return self._extract_inside(module)
        try:
            return self._outside[module]
        except KeyError:
            pass
        site = self.locator.find(module)
        key = (module, (site.path if site is not None else None) or "")
        if key not in self._shared.extracts:
            self._shared.extracts[key] = self._shared.extract_of_another_root(*key) or self._extracted(module)
        self._outside[module] = self._shared.extracts[key]
        return self._outside[module]

    def _extracted(self, module: str) -> Extract | None:
        extract: Extract | None = None
        with gc_paused():
            extractor = self._extractor(module, keep=False)
            if extractor is not None:
                with suppress(RecursionError):
                    extract = extractor.extract(None, deep=False)
                del extractor  # the tree goes before the collector comes back
        return extract

    def _extractor(self, module: str, *, keep: bool) -> Extractor | None:
        site = self.locator.find(module)
        if site is None or site.form != "source" or site.path is None or leads_out(site.path, self.locator.roots):
            return None
        self.consulted.add(site.path)
        tree = self._shared.trees.get(site.path)
        if tree is None:
            try:
                # Not by way of the locator: it keeps every tree.
                parsed = read_source(site.path)
            except UnreadableSourceError:
                return None
            tree = parsed.tree
            if keep:
                self._shared.trees.keep(site.path, tree, len(parsed.text))
        return Extractor(module, site.path, site.is_package, tree, self.rules)

    def _step(self, dotted: str) -> str | None:
        place = self.split(dotted)
        if place is None:
            return None
        module, names = place
        extract = self.extract_of(module)
        if extract is None or not names:
            return None
        first = names[0]
        for table in ("imports", "aliases"):
            for cut in (1, 2):  # 2: an attribute of a class that is another name for something
                target = extract[table].get(".".join(names[:cut]))
                if target is not None:
                    further = ".".join([target, *names[cut:]])
                    return further if further != dotted else None
        if first in extract["defines"] or first in extract["makes"]:
            return None
        for star in reversed(extract["stars"]):
            home = self._home(star, first, {module})
            if home is not None:
                return ".".join([home, *names])
        return None

    def _home(self, module: str, name: str, seen: set[str]) -> str | None:
        """Return the module that binds the *name* that ``from module import *`` brings, or None; rings are left."""
        key = (module, name)
        if key in self._homes:
            return self._homes[key]
        extract = self.extract_of(module) if module not in seen else None
        if extract is None:
            return None
        seen.add(module)
        home: str | None = None
        if name in extract["all"] if extract["all"] is not None else not name.startswith("_"):
            if any(name in extract[table] for table in _TABLES):
                home = module
            else:
                homes = (self._home(star, name, seen) for star in reversed(extract["stars"]))
                home = next(filter(None, homes), None)
                if home is None and extract["all"] is not None and not extract["stars"]:
                    home = module  # it says so; how it comes by the name can't be read
        if home is not None:  # a failure may be due to the ring that was left
            self._homes[key] = home
        return home

    def stored_mark(self, dotted: str) -> dict[str, Any] | None:
        """Return the mark that the variable *dotted* leaves as a decorator: of a partial, of a stored call; or None."""
        place = self.split(dotted)
        extract = self.extract_of(place[0]) if place else None
        if place is None or extract is None or len(place[1]) != 1:
            return None
        mark: dict[str, Any] | None = extract["decorators"].get(place[1][0])
        return mark

    def gives(self, dotted: str) -> Given:
        """Return what the function or class *dotted* gives when it is called, as far as its source tells."""
        given = self._gives.get(dotted)
        if given is None:
            self._gives[dotted] = {}  # a circle gives nothing
            given = self._gives[dotted] = self._gives_of(dotted)
        return given

    def _gives_of(self, dotted: str) -> Given:
        place = self.split(dotted)
        extract = self.extract_of(place[0]) if place else None
        if place is None or extract is None:
            return {}
        module, names = place
        made = extract["makes"].get(names[0])
        if made is not None and len(names) == 2:  # a method of an object
            return self.gives(f"{self.follow(made, lambda _: None)[1]}.{names[1]}")
        if not names or names[0] not in extract["defines"]:
            return {}
        if self._is_inside(module):
            return self._gives_inside(module, ".".join(names))
        site = self.locator.find(module)
        key = (module, (site.path if site is not None else None) or "", ".".join(names))
        given = self._shared.gives.get(key)
        if given is None:
            extractor = self._extractor(module, keep=True)
            given = self._shared.gives[key] = {} if extractor is None else extractor.gives(key[2])
        return given

    # --- classes -------------------------------------------------------------------------------------------

    def is_class(self, dotted: str) -> bool:
        """Tell whether *dotted* is a class with bases; what has none gives nothing by itself."""
        place = self.split(dotted)
        extract = self.extract_of(place[0]) if place else None
        return place is not None and extract is not None and ".".join(place[1]) in extract["classes"]

    def class_doc(self, dotted: str) -> str:
        """Return the first paragraph of the docstring of the class *dotted*, if the scan describes it."""
        place = self.split(dotted)
        extract = self.extract_of(place[0]) if place else None
        if place is None or extract is None:
            return ""
        return str(self._classes_of(place[0], extract).get(".".join(place[1]), {}).get("doc", ""))

    def base_rule(self, dotted: str) -> Rule | None:
        """Return the rule of the known base that the class *dotted* is or derives from, or None."""
        if dotted in self._bases:
            return self._bases[dotted]
        self._bases[dotted] = None  # a circle of bases leads nowhere
        rule, last = self.follow(dotted, lambda name: self.rules.match("bases", name))
        if rule is None:
            rule = self.first_rule(self.bases(last))
        self._bases[dotted] = rule
        return rule

    def first_rule(self, bases: Iterable[str]) -> Rule | None:
        """Return the first rule that *bases* have, or None.

        A rule for schemas counts only if there is no other: tools are pydantic models in many a framework.
        """
        first: Rule | None = None
        for base in bases:
            rule = self.base_rule(base)
            if rule is not None and rule.when != "schemas":
                return rule
            first = first or rule
        return first

    def bases(self, dotted: str) -> list[str]:
        """Return the bases of the class *dotted* as written, with imports resolved."""
        place = self.split(dotted)
        extract = self.extract_of(place[0]) if place else None
        if extract is None or place is None:
            return []
        bases: list[str] = extract["classes"].get(".".join(place[1]), [])
        return bases

    def attribute(self, dotted: str, name: str, depth: int = 0) -> tuple[bool, Value]:
        """Return whether the class *dotted* or a base defines *name*, and its value as far as reading tells."""
        if depth > _LONGEST:
            return False, None
        _, last = self.follow(dotted, lambda _: None)
        place = self.split(last)
        if place is None:
            return False, None
        extract = self.extract_of(place[0])
        if extract is None:
            return False, None
        qualname = ".".join(place[1])
        item = self._classes_of(place[0], extract).get(qualname)
        if item is not None and name in item["attributes"]:
            return True, item["attributes"][name]
        if depth and self.rules.match("bases", last) is not None:
            return False, None  # a framework's own class: its default is a placeholder
        for base in extract["classes"].get(qualname, ()):
            defined, value = self.attribute(base, name, depth + 1)
            if defined:
                return True, value
        return False, None

    def _classes_of(self, module: str, extract: Extract) -> dict[str, dict[str, Any]]:
        classes = self._classes.get(module)
        if classes is None:
            classes = {item["qualname"]: item for item in extract["items"] if item["form"] == "class"}
            self._classes[module] = classes
        return classes

    # --- owners of decorators ------------------------------------------------------------------------------

    def owner_rule(self, method: str, owner: list[str] | None, called: str) -> Rule | None:
        """Return the rule for the decorator ``called.method``, or None.

        Args:
            method: the last part of the decorator's name.
            owner: what the file shows of the object before it: ``["type", class]``, ``["object", dotted]`` or None.
            called: the name of that object, for a guess where its class can't be read.
        """
        if owner is not None:
            what, dotted = owner
            rule, settled = self._object(method, dotted) if what == "object" else self._type(method, dotted)
            if rule is not None or settled:
                return rule
        return self.rules.hinted(method, called)

    def _object(self, method: str, dotted: str) -> tuple[Rule | None, bool]:
        """Return the rule for a *method* of the object *dotted*, and whether that is certain."""
        _, last = self.follow(dotted, lambda _: None)
        place = self.split(last)
        extract = self.extract_of(place[0]) if place else None
        if place is None or extract is None:
            return None, False
        made = extract["makes"].get(place[1][0])
        if made is not None and len(place[1]) == 1:
            return self._type(method, made)
        return None, False

    def _type(self, method: str, dotted: str, depth: int = 0) -> tuple[Rule | None, bool]:
        """Return the rule for a *method* of the class *dotted*, and whether the answer is certain, that of None too."""
        rule, last = self.follow(dotted, lambda name: self.rules.owner(method, name))
        if rule is not None or depth > _LONGEST:
            return rule, True
        name = last.rpartition(".")[2]
        place = self.split(last)
        extract = self.extract_of(place[0]) if place else None
        if place is not None and extract is not None:
            qualname = ".".join(place[1])
            returned = extract["returns"].get(qualname)
            if returned is not None:
                return self._type(method, returned, depth + 1)
            bases = extract["classes"].get(qualname)
            if bases is not None:
                for base in bases:
                    rule, _ = self._type(method, base, depth + 1)
                    if rule is not None:
                        return rule, True
                return None, True
            if qualname in extract["defines"] and name[:1].isupper():
                return None, True
        if last.partition(".")[0] in PYTHONS_OWN:
            return None, True
        above, _, last_part = dotted.rpartition(".")
        if above and last_part[:1].islower():  # Server.from_config(...)
            rule, _ = self._type(method, above, depth + 1) if above.rpartition(".")[2][:1].isupper() else (None, False)
            return rule, rule is not None
        return None, not self._is_inside(dotted.rpartition(".")[0])

    # --- texts ---------------------------------------------------------------------------------------------

    def value(self, value: Value, depth: int = 0) -> Value:
        """Return *value* with the names of other modules replaced by what they stand for, or None."""
        if value is None or value[0] == "=" or depth > _LONGEST:
            return value
        if value[0] == PART:
            return None
        texts = []
        for part in value[1]:
            if isinstance(part, dict):
                named = self._constant(part["name"], depth)
                if named is None:
                    return None
                if len(value[1]) == 1:  # no joined text: any value will do
                    return named
                part = named[1]
            if not isinstance(part, str):
                return None
            texts.append(part)
        return known("".join(texts)) if sum(map(len, texts)) <= _LONGEST_TEXT else None

    def text(self, value: Value, depth: int = 0) -> Value:
        """Return *value*; of a text of which not all can be told, what can, with placeholders for the rest."""
        whole = self.value(value, depth)
        if value is None or whole is not None or value[0] == "=" or depth > _LONGEST:
            return whole
        texts = []
        for part in value[1]:
            if isinstance(part, dict):  # of what is given away itself, and not called, the docstring says most
                named = self.text(self._constant(f"{part['name']}?{part.get('given', 'doc')}", depth), depth + 1)
                part = str(named[1]) if named and isinstance(named[1], (str, int)) else part.get("shown", "")
            texts.append(part)
        text = inspect.cleandoc("".join(texts)).strip()
        return known(text) if 0 < len(text) <= _LONGEST_TEXT else None

    def _constant(self, dotted: str, depth: int) -> Value:
        """Return what the name *dotted* of a module stands for; once for each name, as each may ask for many."""
        if dotted not in self._named:
            self._named[dotted] = None  # a circle stands for nothing
            self._named[dotted] = self._constant_of(dotted, depth)
        return self._named[dotted]

    def _constant_of(self, dotted: str, depth: int) -> Value:
        dotted, mark, how = dotted.partition("?")
        _, last = self.follow(dotted, lambda _: None)
        place = self.split(last)
        if place is None:
            return None
        module, names = place
        if len(names) > 2:  # two: an attribute of a class, a member of an enumeration
            return None
        name = ".".join(names) + mark + how
        if self._is_inside(module):
            value = self._constant_inside(module, name)
            return value if mark else self.value(value, depth + 1)
        if mark:  # what another package's function returns is nobody's description here
            name = ".".join(names)
        key = (module, name)
        if key not in self._constants:
            extractor = self._extractor(module, keep=True)
            self._constants[key] = None if extractor is None else extractor.constant(name)
        return self.value(self._constants[key], depth + 1)
