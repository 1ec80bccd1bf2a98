"""What one operation has read, kept for the files of all its roots: a framework is read once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from catalog.discovery.extract import Extract
from catalog.discovery.gives import Given
from catalog.discovery.literal import Value
from catalog.discovery.notebook import source_bytes
from catalog.source.locate import Locator

_MOST_CONTENT = 64 * 1024 * 1024
"""The bytes of source that are kept; no repository that somebody has written has as many."""
_MOST = 512 * 1024
"""The bytes of the files whose trees are kept; a tree takes some fifty times as much memory."""


class Contents:
    """The source in files, read once by all steps of one operation as long as there is room for it.

    What is kept of a notebook is the Python of its cells.
    """

    def __init__(self, most: int = _MOST_CONTENT) -> None:
        """Keep *most* bytes together; files that find no more room are read again by each step."""
        self._room = most
        self._kept: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return the source in the file at *path*.

        Raises:
            UnreadableSourceError: the file can't be read, or is no notebook.
        """
        data = self._kept.get(path)
        if data is None:
            data = source_bytes(path)
            if len(data) <= self._room:
                self._room -= len(data)
                self._kept[path] = data
        return data

    def drop(self, path: str) -> None:
        """Make room: the file at *path* is not asked for again."""
        self._room += len(self._kept.pop(path, b""))


class Trees:
    """The syntax trees of which a name was asked for last: it is seldom the only one of its file.

    A tree that is kept is gone through by the garbage collector, so those of extracts, most of them read once, are not.
    """

    def __init__(self, most: int = _MOST) -> None:
        """Keep the trees of files that have *most* bytes together."""
        self._most = most
        self._kept: dict[str, tuple[ast.Module, int]] = {}
        self._size = 0

    def get(self, path: str) -> ast.Module | None:
        """Return the tree of the file at *path*, or None if it is not kept."""
        kept = self._kept.pop(path, None)
        if kept is None:
            return None
        self._kept[path] = kept  # the last that was asked for
        return kept[0]

    def keep(self, path: str, tree: ast.Module, size: int) -> None:
        """Keep the *tree* of the file at *path*, which has *size* bytes; those asked for longest ago make room."""
        if size > self._most:
            return
        self._kept[path] = (tree, size)
        self._size += size
        while self._size > self._most:
            self._size -= self._kept.pop(next(iter(self._kept)))[1]


class Reads(Protocol):
    """What reads the modules of one root."""

    def holds(self, module: str) -> bool:
        """Tell whether *module* is one of the root."""

    def extract_of(self, module: str) -> Extract | None:
        """Return the extract of a module of the root, or None if it can't be read."""

    def constant(self, module: str, name: str) -> Value:
        """Return the value of a name in a module of the root."""

    def gives(self, module: str, qualname: str) -> Given:
        """Return what a function in a module of the root gives."""

    def class_of(self, module: str, qualname: str) -> dict[str, Any]:
        """Return ``doc`` and ``attributes`` of a class in a module of the root; nothing if there is none."""

    def release(self) -> None:
        """Let go of everything; nothing is asked any more."""


@dataclass(slots=True)
class Outside:
    """What was read outside of the files of a root.

    Attributes:
        inside: what reads the files of all roots, by module and path.
        extracts: by module and path.
        gives: what functions give, by module, path and qualified name.
        contents: of files outside and inside.
        heads: the bases of classes by path.
        imports: what the imported names stand for, by module and path.
        wrapping: the names that may give something known, by path.
        trees: of files outside and inside.
        followers: what follows names that lead to the same place from several roots, by what finds them.
    """

    inside: dict[tuple[str, str], Reads] = field(default_factory=dict)
    extracts: dict[tuple[str, str], Extract | None] = field(default_factory=dict)
    gives: dict[tuple[str, str, str], Given] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    heads: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    imports: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    wrapping: dict[str, dict[str, str]] = field(default_factory=dict)
    trees: Trees = field(default_factory=Trees)
    followers: dict[Locator, Any] = field(default_factory=dict)

    def release(self) -> None:
        """Let go of what leads back to itself, so that its memory is free at once and the collector is spared it.

        Nothing can be asked of the roots and the followers any more.
        """
        for reader in {id(each): each for each in self.inside.values()}.values():
            reader.release()
        for follower in self.followers.values():
            vars(follower).clear()
        self.inside.clear()
        self.followers.clear()


@contextmanager
def reading() -> Iterator[Outside]:
    """Return what one operation reads, and let go of it afterwards."""
    outside = Outside()
    try:
        yield outside
    finally:
        outside.release()
