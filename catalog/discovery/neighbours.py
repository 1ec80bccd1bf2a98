"""Files of a package that import their neighbours by plain names: ``from tools import search`` beside ``tools.py``.

That works for scripts, whose folder is on the import path, and applications lie in packages all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from catalog.discovery.prefilter import PYTHONS_OWN
from catalog.discovery.rules import Rules
from catalog.discovery.scopes import Beside
from catalog.discovery.walk import SourceFile
from catalog.source.locate import Locator, root_of


class Neighbours:
    """Tells of the files of one root which of the names they import lie beside them."""

    def __init__(self, files: Iterable[SourceFile], locator: Locator, rules: Rules) -> None:
        """Tell of *files*; *locator* finds what else they import, *rules* tell which names are frameworks."""
        self._locator = locator
        self._rules = rules
        self._names: set[str] = set()
        for file in files:
            name = file.module
            while name and name not in self._names:
                self._names.add(name)
                name = name.rpartition(".")[0]
        self._found: dict[tuple[str, str], str | None] = {}

    def of(self, file: SourceFile) -> Beside:
        """Return what tells, of what *file* imports, the package in which it is a neighbour."""
        package = file.module if file.is_package else file.module.rpartition(".")[0]
        return lambda dotted: self._package(package, dotted)

    def _package(self, package: str, dotted: str) -> str | None:
        first, _, rest = dotted.partition(".")
        if self._rules.framework_of(first):  # examples for a framework lie in a folder with its name
            first = f"{first}.{rest.partition('.')[0]}"
        key = (package, first)
        if key not in self._found:
            above = package
            while above and f"{above}.{first}" not in self._names:
                above = above.rpartition(".")[0]
            self._found[key] = above if above and not self._is_elsewhere(first.partition(".")[0]) else None
        return self._found[key]

    def _is_elsewhere(self, top: str) -> bool:
        """Tell whether *top* is a module of the root itself, of Python's own or of what is installed."""
        if top in self._names or top in PYTHONS_OWN:
            return True
        site = self._locator.find(top)
        return site is not None and root_of(site) is None
