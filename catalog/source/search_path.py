"""Where modules are looked for: the import path, and folders beside it. Looking never changes the import path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

looked_in: list[str] = []
"""Folders that modules are looked for in after the import path, wherever one looks: where the command line stands.

Nothing is imported from them by their being here: whoever takes an object puts the folder on the path for that."""

added: set[str] = set()
"""Folders that are on the import path only because an object of theirs was taken: others are not looked for there."""

instead: list[str] | None = None
"""The import path of the program that this process works for. Its own stays as it is: nothing is imported from here."""


def search_path() -> list[str]:
    """Return the import path without what the taking of objects has put there."""
    if instead is not None:
        return instead
    return [folder for folder in sys.path if folder not in added] if added else sys.path


@contextmanager
def looking_in(folder: str) -> Iterator[None]:
    """Look for modules in *folder* too, after all others, for the time of the block.

    Nothing is imported from it, nor made importable.
    """
    looked_in.append(folder)
    try:
        yield
    finally:
        looked_in.remove(folder)
