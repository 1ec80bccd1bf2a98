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
from catalog.discovery.lookalikes import BINDING, Lookalikes
from catalog.discovery.outside import Outside, Reads
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
        files: Reads | None,
        shared: Outside,
        own: Iterable[str] = (),
    ) -> None:
        """Follow names by *rules*.

        Args:
            rules: tell which names are known.
            locator: finds the modules outside of the root.
            files: reads those of the root; None if there is none, but what lies outside of several.
            shared: what other followers of the same operation have read.
            own: the top-level names of the root.
        """
        self.rules = rules
        self.locator = locator
        self._files = files
        self._outside: dict[str, Extract | None] = {}
        self._places: dict[str, tuple[str, list[str]] | None] = {}
        self._steps: dict[str, str | None] = {}
        self._constants: dict[tuple[str, str], Value] = {}
        self._named: dict[str, Value] = {}
        self._bases: dict[str, Rule | None] = {}
        self._homes: dict[tuple[str, str], str] = {}
        self.shared = shared
        self._followers = dict.fromkeys(own, self)
        self._gives: dict[str, Given] = {}
        self.consulted: set[str] = set()  # files outside of the scan that its findings depend on
        self.lookalikes = Lookalikes(rules, locator, self.extract_of)
        self.reach: Reach = Reach(rules, locator, self.consulted, shared, lambda dotted: self._for(dotted).reach)

    def _for(self, dotted: str) -> NameFollower:
        """Return what follows *dotted*: names that lead to the same place from several roots are followed once."""
        top = dotted.partition(".")[0]
        follower = self._followers.get(top)
        if follower is None:
            locator = self.locator.answering(top)
            if locator is self.locator:
                follower = self
            elif (follower := self.shared.followers.get(locator)) is None:
                follower = self.shared.followers[locator] = NameFollower(self.rules, locator, None, self.shared)
            self._followers[top] = follower
        return follower

    def match(self, section: str, dotted: str) -> Rule | None:
        """Return the rule of *section* that names *dotted*; None too if a package of the project has that name."""
        rule = self.rules.match(section, dotted)
        if rule is None or not self._for(dotted).lookalikes.has(dotted.partition(".")[0]):
            return rule
        found = self._found(dotted)
        is_there = found and found[1] and any(found[1][0] in found[2][table] for table in BINDING)
        return None if is_there else rule

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
            further = self.step(dotted)
            if further is None:
                break
            dotted = further
        return None, dotted

    def follow_inside(self, dotted: str) -> str | None:
        """Follow *dotted* while it stays in the files of the scan; return the last name, or None if it leaves them."""
        seen: set[str] = set()
        while dotted not in seen and len(seen) < _LONGEST:
            parts = dotted.split(".")
            if not any(self.reader_of(".".join(parts[:cut])) for cut in range(len(parts) - 1, 0, -1)):
                return None
            seen.add(dotted)
            further = self.step(dotted)
            if further is None:
                break
            dotted = further
        return dotted

    def split(self, dotted: str) -> tuple[str, list[str]] | None:
        """Return the module of *dotted* and the names within it, or None if there is no such module to read."""
        try:
            return self._places[dotted]
        except KeyError:
            follower = self._for(dotted)
            place = self._places[dotted] = self._split(dotted) if follower is self else follower.split(dotted)
            return place

    def _split(self, dotted: str) -> tuple[str, list[str]] | None:
        parts = dotted.split(".")
        if parts[0] in PYTHONS_OWN:
            return None
        for cut in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:cut])
            if self.extract_of(module) is not None:
                return module, parts[cut:]
        return None

    def _found(self, dotted: str) -> tuple[str, list[str], Extract] | None:
        """Return what `split` does, with the extract of the module."""
        place = self.split(dotted)
        extract = self.extract_of(place[0]) if place else None
        return None if place is None or extract is None else (*place, extract)

    def is_of_root(self, module: str) -> bool:
        """Tell whether *module* is one of the follower's own root."""
        return self._files is not None and self._files.holds(module)

    def reader_of(self, module: str) -> Reads | None:
        """Return what reads *module* in this root or in another of the scan; None if it is outside of all."""
        if self._files is not None and self._files.holds(module):
            return self._files
        follower = self._for(module)
        if follower is not self:
            return follower.reader_of(module)
        site = self.locator.find(module)
        return self.shared.inside.get((module, site.path)) if site is not None and site.path is not None else None

    def extract_of(self, module: str) -> Extract | None:
        """Return the extract of *module*, or None if it can't be read."""
        if self._files is not None and self._files.holds(module):
            return self._files.extract_of(module)
        try:
            return self._outside[module]
        except KeyError:
            follower = self._for(module)
            extract = self._extract_outside(module) if follower is self else follower.extract_of(module)
            self._outside[module] = extract
            return extract

    def _extract_outside(self, module: str) -> Extract | None:
        reader = self.reader_of(module)
        if reader is not None:
            return reader.extract_of(module)
        site = self.locator.find(module)
        key = (module, (site.path if site is not None else None) or "")
        if key not in self.shared.extracts:
            self.shared.extracts[key] = self._extracted(module)
        return self.shared.extracts[key]

    def _extracted(self, module: str) -> Extract | None:
        extract: Extract | None = None
        with gc_paused():
            extractor = self._extractor(module, keep=False)
            if extractor is not None:
                with suppress(RecursionError):
                    extract = extractor.extract(frozenset(), deep=False)
                del extractor  # the tree goes before the collector comes back
        return extract

    def _extractor(self, module: str, *, keep: bool) -> Extractor | None:
        site = self.locator.find(module)
        if site is None or site.form != "source" or site.path is None or leads_out(site.path, self.locator.roots):
            return None
        self.consulted.add(site.path)
        tree = self.shared.trees.get(site.path)
        if tree is None:
            try:
                # Not by way of the locator: it keeps every tree.
                parsed = read_source(site.path)
            except UnreadableSourceError:
                return None
            tree = parsed.tree
            if keep:
                self.shared.trees.keep(site.path, tree, len(parsed.text))
        return Extractor(module, site.path, site.is_package, tree, self.rules)

    def step(self, dotted: str) -> str | None:
        """Return what the name *dotted* is another name for, one import or alias further; None if for nothing."""
        try:
            return self._steps[dotted]
        except KeyError:
            follower = self._for(dotted)
            further = self._steps[dotted] = self._step_from(dotted) if follower is self else follower.step(dotted)
            return further

    def _step_from(self, dotted: str) -> str | None:
        found = self._found(dotted)
        if found is None or not found[1]:
            return None
        module, names, extract = found
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
        found = self._found(dotted)
        if found is None or len(found[1]) != 1:
            return None
        mark: dict[str, Any] | None = found[2]["decorators"].get(found[1][0])
        return mark

    def gives(self, dotted: str) -> Given:
        """Return what the function or class *dotted* gives when it is called, as far as its source tells."""
        follower = self._for(dotted)
        if follower is not self:
            return follower.gives(dotted)
        given = self._gives.get(dotted)
        if given is None:
            self._gives[dotted] = {}  # a circle gives nothing
            given = self._gives[dotted] = self._gives_of(dotted)
        return given

    def _gives_of(self, dotted: str) -> Given:
        found = self._found(dotted)
        if found is None:
            return {}
        module, names, extract = found
        made = extract["makes"].get(names[0])
        if made is not None and len(names) == 2:  # a method of an object
            return self.gives(f"{self.follow(made, lambda _: None)[1]}.{names[1]}")
        if not names or names[0] not in extract["defines"]:
            return {}
        reader = self.reader_of(module)
        if reader is not None:
            return reader.gives(module, ".".join(names))
        site = self.locator.find(module)
        key = (module, (site.path if site is not None else None) or "", ".".join(names))
        given: Given | None = self.shared.gives.get(key, extract["gives"].get(key[2]))
        if given is None:
            extractor = self._extractor(module, keep=True)
            given = self.shared.gives[key] = {} if extractor is None else extractor.gives(key[2])
        return given

    # --- classes -------------------------------------------------------------------------------------------

    def is_class(self, dotted: str) -> bool:
        """Tell whether *dotted* is a class with bases; what has none gives nothing by itself."""
        found = self._found(dotted)
        return found is not None and ".".join(found[1]) in found[2]["classes"]

    def class_doc(self, dotted: str) -> str:
        """Return the first paragraph of the docstring of the class *dotted*, if the scan describes it."""
        found = self._found(dotted)
        return "" if found is None else str(self._class_of(found[0], ".".join(found[1])).get("doc", ""))

    def base_rule(self, dotted: str) -> Rule | None:
        """Return the rule of the known base that the class *dotted* is or derives from, or None."""
        if dotted in self._bases:
            return self._bases[dotted]
        if (follower := self._for(dotted)) is not self:
            return follower.base_rule(dotted)
        self._bases[dotted] = None  # a circle of bases leads nowhere
        rule, last = self.follow(dotted, lambda name: self.match("bases", name))
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
        found = self._found(dotted)
        bases: list[str] = [] if found is None else found[2]["classes"].get(".".join(found[1]), [])
        return bases

    def attribute(self, dotted: str, name: str, depth: int = 0) -> tuple[bool, Value]:
        """Return whether the class *dotted* or a base defines *name*, and its value as far as reading tells."""
        if depth > _LONGEST:
            return False, None
        _, last = self.follow(dotted, lambda _: None)
        found = self._found(last)
        if found is None:
            return False, None
        module, names, extract = found
        qualname = ".".join(names)
        attributes = self._class_of(module, qualname).get("attributes", {})
        if name in attributes:
            return True, attributes[name]
        if depth and self.match("bases", last) is not None:
            return False, None  # a framework's own class: its default is a placeholder
        for base in extract["classes"].get(qualname, ()):
            defined, value = self.attribute(base, name, depth + 1)
            if defined:
                return True, value
        return False, None

    def _class_of(self, module: str, qualname: str) -> dict[str, Any]:
        """Return ``doc`` and ``attributes`` of a class; nothing of one that isn't there."""
        reader = self.reader_of(module)
        if reader is not None:
            return reader.class_of(module, qualname)
        extract = self.extract_of(module)
        if extract is None or qualname not in extract["classes"]:
            return {}
        known: dict[str, dict[str, Any]] = extract["details"]
        if qualname not in known:
            extractor = self._extractor(module, keep=True)
            known[qualname] = {} if extractor is None else extractor.details(qualname)
        return known[qualname]

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
        reader = self.reader_of(module)
        if reader is not None:
            value = reader.constant(module, name)
            return value if mark else self.value(value, depth + 1)
        if mark:  # what another package's function returns is nobody's description here
            name = ".".join(names)
        key = (module, name)
        if key not in self._constants:
            extractor = self._extractor(module, keep=True)
            self._constants[key] = None if extractor is None else extractor.constant(name)
        return self.value(self._constants[key], depth + 1)
