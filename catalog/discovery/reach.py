"""Whether a class of another package seems to derive from a known one, told from bytes.

Most bases are no tools, and parsing the files they are in would cost more than the scan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from catalog.discovery.outside import Outside
from catalog.discovery.prefilter import PYTHONS_OWN, absolute, heads_in, imports_in
from catalog.discovery.rules import Rules
from catalog.discovery.wrappers import wrappers_for
from catalog.errors import UnreadableSourceError
from catalog.source.links import leads_out
from catalog.source.locate import Locator

_LONGEST = 40
"""How many bases and imports are followed."""


class Reach:
    """Looks into the files of other packages."""

    def __init__(
        self,
        rules: Rules,
        locator: Locator,
        consulted: set[str],
        shared: Outside,
        elsewhere: Callable[[str], Reach],
    ) -> None:
        """Look for the bases of *rules*; the files read are added to *consulted*, what they hold to *shared*.

        *elsewhere* returns what looks for a dotted name: another one, where several roots come to the same place.
        """
        self._elsewhere = elsewhere
        self.rules = rules
        self.locator = locator
        self.consulted = consulted
        self._reach: dict[tuple[str, str], bool] = {}
        self._shared = shared
        self._sources: dict[str, tuple[str, bool] | None] = {}
        self._wrappers = wrappers_for(rules)
        self._giving: dict[str, bool] = {}

    def reaches(self, dotted: str) -> bool:
        """Tell whether the class *dotted* of another package is a known base, or seems to derive from one."""
        other = self._elsewhere(dotted)
        if other is not self:
            return other.reaches(dotted)
        module, _, name = dotted.rpartition(".")
        return bool(module) and self._reaches(module, name, 0)

    def gives(self, dotted: str, depth: int = 0) -> bool:
        """Tell whether the function or class *dotted* of another package seems to give something known."""
        other = self._elsewhere(dotted)
        if other is not self:
            return other.gives(dotted)
        module, _, name = dotted.rpartition(".")
        if not module or depth > _LONGEST or module.partition(".")[0] in PYTHONS_OWN:
            return False
        if dotted not in self._giving:
            self._giving[dotted] = False  # a circle of imports gives nothing
            self._giving[dotted] = self._gives_in(module, name, depth)
        return self._giving[dotted]

    def _gives_in(self, module: str, name: str, depth: int) -> bool:
        found = self._source(module)
        if found is None:
            return False
        path, is_package = found
        wrapping = self._shared.wrapping.get(path)
        if wrapping is None:
            wrapping = self._shared.wrapping[path] = self._wrappers.names_in(self._bytes(path))
        if self._reaches(module, name, 0):
            return True
        imports = self._imports(module, is_package, path)
        word = wrapping.get(name)
        if word is not None:
            dotted = imports.get(word, f"{module}.{word}")
            return self._wrappers.is_known(word.encode()) or self.gives(dotted, depth + 1)
        home = imports.get(name)
        if home is not None:
            return self.gives(home, depth + 1)
        return any(self.gives(f"{star}.{name}", depth + 1) for star in self._stars(path, module, is_package))

    def _reaches(self, module: str, name: str, depth: int) -> bool:
        if self.rules.match("bases", f"{module}.{name}") is not None:
            return True
        if depth > _LONGEST or module.partition(".")[0] in PYTHONS_OWN:
            return False
        key = (module, name)
        if key in self._reach:
            return self._reach[key]
        self._reach[key] = False  # a circle of bases reaches nothing
        answer = self._reach[key] = self._reaches_in(module, name, depth)
        return answer

    def _reaches_in(self, module: str, name: str, depth: int) -> bool:
        found = self._source(module)
        if found is None:
            return False
        path, is_package = found
        bases = self._heads(path).get(name)
        if bases is not None:
            imports = self._imports(module, is_package, path)
            for base in bases:
                first, dot, rest = base.partition(".")
                above, _, last = (imports.get(first, f"{module}.{first}") + dot + rest).rpartition(".")
                if above and self._reaches(above, last, depth + 1):
                    return True
            return False
        target = self._imports(module, is_package, path).get(name, "")
        if target and target != f"{module}.{name}":
            above, _, last = target.rpartition(".")
            return bool(above) and self._reaches(above, last, depth + 1)
        return any(self._reaches(source, name, depth + 1) for source in self._stars(path, module, is_package))

    def _stars(self, path: str, module: str, is_package: bool) -> Iterator[str]:
        """Yield the modules of which *module* imports all."""
        data = self._bytes(path)
        if b"import *" in data:
            for star in re.findall(rb"from[ \t]+([.\w]+)[ \t]+import[ \t]+\*", data):
                source = absolute(star.decode("utf-8", "replace"), module, is_package)
                if source is not None and source != module:
                    yield source

    def _source(self, module: str) -> tuple[str, bool] | None:
        """Return the file of *module* and whether it is a package, or None if it can't be read; found once."""
        if module not in self._sources:
            self._sources[module] = self._found(module)
        return self._sources[module]

    def _found(self, module: str) -> tuple[str, bool] | None:
        site = self.locator.find(module)
        if site is None:  # module may be a class: Outer.Inner
            return None
        if site.form != "source" or site.path is None or leads_out(site.path, self.locator.roots):
            return None
        self.consulted.add(site.path)
        return site.path, site.is_package

    def _bytes(self, path: str) -> bytes:
        try:
            return self._shared.contents.read(path)
        except UnreadableSourceError:
            return b""

    def _heads(self, path: str) -> dict[str, list[str]]:
        heads = self._shared.heads.get(path)
        if heads is None:
            heads = self._shared.heads[path] = {name: bases for name, bases, _ in heads_in(self._bytes(path))}
        return heads

    def _imports(self, module: str, is_package: bool, path: str) -> dict[str, str]:
        imports = self._shared.imports.get((module, path))
        if imports is None:
            imports = self._shared.imports[module, path] = imports_in(self._bytes(path), module, is_package)
        return imports
