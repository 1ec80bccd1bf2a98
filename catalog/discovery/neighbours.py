"""Files of a package that import their neighbours by plain names: ``from tools import search`` beside ``tools.py``.

That works for scripts, whose folder is on the import path, and applications lie in packages all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from catalog.discovery.prefilter import PYTHONS_OWN
from catalog.discovery.rules import Rules
from catalog.discovery.scopes import Beside
from catalog.discovery.walk import SourceFile
from catalog.source.locate import Locator, root_of


class Neighbours:
    """Tells of the files of one root which of the names they import lie beside them."""

    def __init__(self, names: Iterable[str], is_installed: Callable[[str], bool], rules: Rules) -> None:
        """Tell of the modules and packages *names*.

        Args:
            names: of one root; see `names_of_files`.
            is_installed: tells of a top-level name whether what is installed has a module of it.
            rules: tell which names are frameworks.
        """
        self.names = frozenset(names)
        self._is_installed = is_installed
        self._rules = rules
        self._found: dict[tuple[str, str], str | None] = {}

    def of(self, module: str, is_package: bool) -> Beside:
        """Return what tells, of what *module* imports, the package in which it is a neighbour."""
        package = module if is_package else module.rpartition(".")[0]
        return lambda dotted: self._package(package, dotted, module)

    def _package(self, package: str, dotted: str, importing: str) -> str | None:
        first, _, rest = dotted.partition(".")
        if self._rules.framework_of(first):  # examples for a framework lie in a folder with its name
            first = f"{first}.{rest.partition('.')[0]}"
        if importing.rpartition(".")[2] == first:  # a module does not import itself: it means a package of its name
            return None
        key = (package, first)
        if key not in self._found:
            above = package
            while above and f"{above}.{first}" not in self.names:
                above = above.rpartition(".")[0]
            self._found[key] = above if above and not self._is_elsewhere(first.partition(".")[0]) else None
        return self._found[key]

    def _is_elsewhere(self, top: str) -> bool:
        """Tell whether *top* is a module of the root itself, of Python's own or of what is installed."""
        return top in self.names or top in PYTHONS_OWN or self._is_installed(top)


def names_of_files(files: Iterable[SourceFile]) -> set[str]:
    """Return the modules that *files* are, and the packages these lie in."""
    names: set[str] = set()
    for file in files:
        name = file.module
        while name and name not in names:
            names.add(name)
            name = name.rpartition(".")[0]
    return names


def finds_installed(locator: Locator) -> Callable[[str], bool]:
    """Return what tells of a top-level name whether *locator* finds it among what is installed."""

    def is_installed(top: str) -> bool:
        site = locator.find(top)
        return site is not None and root_of(site) is None

    return is_installed
