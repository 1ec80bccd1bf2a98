"""Where the code of each of many entries is looked for: in the folder it was recorded with, else on the import path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from catalog.source.files import Files
from catalog.source.locate import Locator

E = TypeVar("E", bound=Any)


def by_place(entries: Iterable[E]) -> list[E]:
    """Return *entries* by the place of their code: then each file is parsed once, though only some are kept parsed."""
    return sorted(entries, key=lambda entry: (entry.root or "", entry.ref or "", entry.kind, entry.name))


class Places:
    """The locators of one operation, one for each folder that entries were recorded with; parsed files are shared.

    Verifying, mending, refreshing and loading all look in the same place: the entry's own folder. A union of all
    folders would find the ``tools.py`` of one project for the entry of another.

    Attributes:
        digests: the SHA-256 of files that were read for it, by path.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._files = Files()
        self._by_root: dict[str | None, Locator] = {}
        self.digests: dict[str, str] = {}

    def of(self, root: str | None) -> Locator:
        """Return what finds the code of entries that were recorded with the folder *root* (None: installed)."""
        locator = self._by_root.get(root)
        if locator is None:
            locator = self._by_root[root] = Locator(own=root, files=self._files)
        return locator
