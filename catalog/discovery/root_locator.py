"""Finds what the files of one root import: in the root, then where the files of all roots find it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping

from catalog.discovery.target import Target
from catalog.discovery.walk import SourceFile
from catalog.source.locate import Locator, ModuleSite


class RootLocator(Locator):
    """Looks in a folder first, and asks a locator that is shared for everything else."""

    def __init__(self, root: str, shared: Locator, holders: Mapping[str, Collection[str]]) -> None:
        """Look in the folder *root*, then as *shared* does; *holders* are the roots of packages by their names."""
        super().__init__([root, *shared.roots], own=root, look=False)
        self._shared = shared
        self._root = root
        self._holders = holders
        self._nearest: dict[str, list[Locator]] = {}
        self._held: dict[str, bool] = {}

    def find(self, dotted: str) -> ModuleSite | None:
        """Return where the module *dotted* is, or None."""
        top = dotted.partition(".")[0]
        if top not in self._held:
            self._held[top] = self._holds(top)
        if self._held[top]:
            return super().find(dotted)
        if len(self._holders.get(top, ())) < 2:
            return self._shared.find(dotted)
        if top not in self._nearest:
            self._nearest[top] = self._nearest_of(top)
        sites = [site for nearest in self._nearest[top] if (site := nearest.find(dotted)) is not None]
        return sites[0] if len(sites) == 1 else None

    def _nearest_of(self, top: str) -> list[Locator]:
        """Return what looks for *top* in the roots that hold it, of those the nearest to this one."""
        shared = {holder: len(os.path.commonpath([self._root, holder])) for holder in self._holders[top]}
        nearest = [holder for holder, length in sorted(shared.items()) if length == max(shared.values())]
        return [Locator(self._shared.roots, own=holder, look=False) for holder in nearest]

    def _holds(self, top: str) -> bool:
        """Tell whether *top* is a module of the folder; a folder without ``__init__.py`` comes after all packages."""
        site = super().find(top) if self.is_own(top) else None
        if site is None or site.form != "namespace":
            return site is not None
        other = self._shared.find(top)
        return other is None or other.form == "namespace"


def locators_of(target: Target, given: Locator, own: str | None) -> dict[str, Locator]:
    """Return, by root, what finds the modules that its files import.

    Files that import each other find each other, also where nobody has put their folder on ``sys.path``: those of one
    root before all others, and what lies in packages from everywhere. The neighbours of a script are its own.
    """
    files = target.listing.files
    packages = sorted({file.root for file in files if "." in file.module or file.is_package})
    holders: dict[str, set[str]] = {}
    for file in files:  # a folder without __init__.py comes after all packages
        if file.is_package and "." not in file.module:
            holders.setdefault(file.module, set()).add(file.root)
    every = Locator([*given.roots, *packages], own=own)
    named = set() if target.is_path else {target.root}
    roots = {file.root for file in files}
    if target.root is None:
        return dict.fromkeys(roots, every)
    return {root: every if root in named else RootLocator(root, every, holders) for root in roots}


def by_root(files: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """Return *files* by root, in the order of the first of each."""
    found: dict[str, list[SourceFile]] = {}
    for file in files:
        found.setdefault(file.root, []).append(file)
    return found
