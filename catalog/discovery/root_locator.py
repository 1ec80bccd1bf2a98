"""Finds what the files of one root import: in the root, then where the files of all roots find it."""

from __future__ import annotations

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
