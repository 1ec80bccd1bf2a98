"""Modules of a project that have the name of somebody else's: of Python's own, or of an installed package.

Their findings are stored with a name of their own (:mod:`catalog.source.made_names`): read without its folder, the
reference ``json:decode`` would lead to another module.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace

from catalog.discovery.finding import Finding
from catalog.discovery.target import distribution_of
from catalog.errors import UnreadableSourceError
from catalog.source.locate import Locator, root_of
from catalog.source.read import read_bytes

_NAME = re.compile(rb"^[ \t]*name[ \t]*=[ \t]*[\"']([\w.-]+)[\"']", re.MULTILINE)


class Foreign:
    """Tells names that are somebody else's, for one scan."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._locator = Locator(look=False)
        self._homes: dict[str, str | None] = {}
        self._projects: dict[str, str | None] = {}

    def set_apart(self, finding: Finding) -> Finding:
        """Return *finding*, whose module gets a name of its own if it has that of somebody else's."""
        if finding.root is None or finding.ref is None:
            return finding
        module, _, qualname = finding.ref.partition(":")
        top, dot, rest = module.partition(".")
        if not self._is_foreign(top, finding.root):
            return finding
        if _is_taken(f"{top}_", finding.root):
            reason = f"its module has the name of somebody else's, {top}, and another module that of {top}_"
            return replace(finding, ref=None, reason=reason)
        return replace(finding, ref=f"{top}_{dot}{rest}:{qualname}")

    def _is_foreign(self, top: str, root: str) -> bool:
        if top in sys.stdlib_module_names:
            return True
        if top not in self._homes:
            self._homes[top] = self._distribution(top)
        home = self._homes[top]
        return home is not None and _folded(home) != self._project(root)

    def _distribution(self, top: str) -> str | None:
        """Return the distribution of the installed module *top*, empty if none names it; None if it isn't installed."""
        site = self._locator.find(top)
        if site is None or root_of(site) is not None:
            return None
        return distribution_of(top, site.path or site.locations[0]) or ""

    def _project(self, root: str) -> str | None:
        """Return the name of the project that *root* lies in, as the nearest ``pyproject.toml`` has it."""
        if root not in self._projects:
            path, above = os.path.join(root, "pyproject.toml"), os.path.dirname(root)
            name = None
            if os.path.isfile(path):
                try:
                    match = _NAME.search(read_bytes(path))
                    name = _folded(match[1].decode()) if match is not None else None
                except UnreadableSourceError:
                    name = None
            elif above != root and not os.path.exists(os.path.join(root, ".git")):
                name = self._project(above)
            self._projects[root] = name
        return self._projects[root]


def _is_taken(name: str, root: str) -> bool:
    return any(os.path.exists(os.path.join(root, each)) for each in (name, f"{name}.py"))


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
