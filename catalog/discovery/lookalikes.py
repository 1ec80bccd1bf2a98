"""Packages of a project that are called like a framework's: a folder ``agents`` is hardly the SDK of that name."""

from __future__ import annotations

from collections.abc import Callable

from catalog.discovery.extract import Extract
from catalog.discovery.frameworks import frameworks
from catalog.discovery.project_names import folded, project_name
from catalog.discovery.rules import Rules
from catalog.source.locate import Locator, root_of

BINDING = ("imports", "defines", "aliases", "makes")
"""The parts of an extract that say what a module has by which names."""


class Lookalikes:
    """Tells of the packages that files import which are no framework, for all that their names say."""

    def __init__(self, rules: Rules, locator: Locator, extract_of: Callable[[str], Extract | None]) -> None:
        """Look for packages with *locator*; *rules* tell what the framework has in them."""
        self._rules = rules
        self._locator = locator
        self._extract_of = extract_of
        self._known: dict[str, bool] = {}

    def has(self, top: str) -> bool:
        """Tell whether the package *top* is one of the project and no framework."""
        if top not in self._known:
            self._known[top] = False  # following a name of it asks again
            self._known[top] = self._is_one(top)
        return self._known[top]

    def _is_one(self, top: str) -> bool:
        homes = {module for rule in self._rules for module in rule.modules if module.partition(".")[0] == top}
        if top not in homes or top == self._rules.own_package:  # `google.adk`: nobody calls folders so by chance
            return False
        site = self._locator.find(top)
        root = root_of(site) if site is not None else None
        if root is None:  # not there at all, or installed
            return False
        name = project_name(root) if site is not None and site.path is not None else ""  # else of many projects
        if name in self._distributions(top):  # the framework's own repository
            return False
        if name and not name.startswith(folded(top)):
            return True
        return not any(self._offers(home) for home in homes)

    def _distributions(self, top: str) -> set[str]:
        own = self._rules.framework_of(top)
        return {folded(each.distribution) for each in frameworks() if each.name == own}

    def _offers(self, module: str) -> bool:
        """Tell whether *module* is there and has a name that a rule lists for it."""
        extract = self._extract_of(module)
        if extract is None:
            return False
        rules = [rule for rule in self._rules if module in rule.modules]
        return bool(extract["stars"]) or any(
            rule.names_it(name) for table in BINDING for name in extract[table] for rule in rules
        )
