"""Finds what the files of one root import: in the root, then where the files of all roots find it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping

from catalog.discovery.target import Target
from catalog.discovery.walk import SourceFile
from catalog.source.locate import Locator, ModuleSite


class Nearest(Locator):
    """Looks for one package in the roots that hold it, for files of others that are as near to each of these."""

    def __init__(self, top: str, holders: Iterable[str], shared: Locator) -> None:
        """Look for *top* in the folders *holders*, and for all else as *shared* does."""
        super().__init__(shared.roots, look=False)
        self.fresh = shared.fresh
        self._top = top
        self._shared = shared
        self._locators = [Locator(shared.roots, own=holder, look=False) for holder in holders]

    def find(self, dotted: str) -> ModuleSite | None:
        """Return where the module *dotted* is, or None; None too if several roots have it."""
        if dotted.partition(".")[0] != self._top:
            return self._shared.find(dotted)
        sites = [site for locator in self._locators if (site := locator.find(dotted)) is not None]
        return sites[0] if len(sites) == 1 else None

    def answering(self, top: str) -> Locator:
        """Return itself for its package, and the shared one for all others."""
        return self if top == self._top else self._shared


class Shared:
    """What the locators of all roots have together.

    Attributes:
        locator: finds what lies in packages, from everywhere.
        holders: the roots of packages by their names.
        nearest: what looks for a package that several roots hold, by its name and these.
    """

    def __init__(self, locator: Locator, holders: Mapping[str, Collection[str]]) -> None:
        """Share *locator* and *holders*."""
        self.locator = locator
        self.holders = holders
        self.nearest: dict[tuple[str, ...], Nearest] = {}

    def nearest_of(self, root: str, top: str) -> Nearest:
        """Return what looks for *top* in the roots that hold it, of those the nearest to *root*."""
        shared = {holder: len(os.path.commonpath([root, holder])) for holder in self.holders[top]}
        nearest = [holder for holder, length in sorted(shared.items()) if length == max(shared.values())]
        key = (top, *nearest)
        if key not in self.nearest:
            self.nearest[key] = Nearest(top, nearest, self.locator)
        return self.nearest[key]


class RootLocator(Locator):
    """Looks in a folder first, and asks a locator that is shared for everything else."""

    def __init__(self, root: str, shared: Shared) -> None:
        """Look in the folder *root*, then as *shared* does."""
        super().__init__([root, *shared.locator.roots], own=root, look=False)
        self.fresh = shared.locator.fresh
        self._shared = shared
        self._root = root
        self._answering: dict[str, Locator] = {}

    def find(self, dotted: str) -> ModuleSite | None:
        """Return where the module *dotted* is, or None; of a namespace that several roots have a part of, in any."""
        top, dot, _ = dotted.partition(".")
        locator = self.answering(top)
        if locator is not self:
            return locator.find(dotted)
        site = super().find(dotted)
        if site is None and dot and getattr(super().find(top), "form", "") == "namespace":
            site = self._shared.locator.find(dotted)
        return site

    def answering(self, top: str) -> Locator:
        """Return what finds the package *top*: itself if the folder has it."""
        locator = self._answering.get(top)
        if locator is None:
            if self._holds(top):
                locator = self
            elif len(self._shared.holders.get(top, ())) < 2:
                locator = self._shared.locator
            else:
                locator = self._shared.nearest_of(self._root, top)
            self._answering[top] = locator
        return locator

    def _holds(self, top: str) -> bool:
        """Tell whether *top* is a module of the folder; a folder without ``__init__.py`` comes after all packages."""
        site = super().find(top) if self.is_own(top) else None
        if site is None or site.form != "namespace":
            return site is not None
        other = self._shared.locator.find(top)
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
    shared = Shared(every, holders)
    return {root: every if root in named else RootLocator(root, shared) for root in roots}


def by_root(files: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """Return *files* by root, in the order of the first of each."""
    found: dict[str, list[SourceFile]] = {}
    for file in files:
        found.setdefault(file.root, []).append(file)
    return found
