"""Finds what the files of one root import: in the root, then where the files of all roots find it."""

from __future__ import annotations

from catalog.discovery.target import Target
from catalog.source.locate import Locator, ModuleSite


class RootLocator(Locator):
    """Looks in a folder first, and asks a locator that is shared for everything else."""

    def __init__(self, root: str, shared: Locator) -> None:
        """Look in the folder *root*, then as *shared* does."""
        super().__init__([root, *shared.roots], own=root, look=False)
        self._shared = shared
        self._held: dict[str, bool] = {}

    def find(self, dotted: str) -> ModuleSite | None:
        """Return where the module *dotted* is, or None."""
        top = dotted.partition(".")[0]
        if top not in self._held:
            self._held[top] = self._holds(top)
        return super().find(dotted) if self._held[top] else self._shared.find(dotted)

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
    every = Locator([*given.roots, *packages], own=own)
    named = set() if target.is_path else {target.root}
    roots = {file.root for file in files}
    return {root: every if root in named or target.root is None else RootLocator(root, every) for root in roots}
