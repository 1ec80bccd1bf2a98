"""A workspace as a :class:`~catalog.workspace.lookup.Lookup`, for rooms that only ask."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.entry.key import pair
from catalog.settings import Settings
from catalog.verbs import load, lookup, references
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Kinds
    from catalog.entry.key import Key
    from catalog.entry.references import Reference


class Asking:
    """Answers every question of a lookup from one workspace; each method is the verb of its name."""

    def __init__(self, ws: Workspace) -> None:
        """Ask *ws*."""
        self._ws = ws

    @property
    def settings(self) -> Settings:
        """The settings of the workspace."""
        return self._ws.settings

    def get(self, kind: str, name: str | None = None, default: Any = None) -> Any:
        """Return what :func:`catalog.verbs.load.get` returns."""
        return load.get(self._ws, kind, name, default)

    def __getitem__(self, key: Key | str) -> Any:
        return load.take(self._ws, key)

    def entry(self, kind: str, name: str | None = None) -> Entry:
        """Return what :meth:`Workspace.entry` returns."""
        return self._ws.entry(*pair(kind, name))

    def entries(self, kind: Kinds = None) -> Iterator[Entry]:
        """Yield what :func:`catalog.verbs.lookup.entries` yields."""
        return lookup.entries(self._ws, kind)

    def list(self, kind: str) -> builtins.list[str]:
        """Return what :func:`catalog.verbs.lookup.names` returns."""
        return lookup.names(self._ws, kind)

    def kinds(self) -> builtins.list[str]:
        """Return the known kinds."""
        return [*self._ws.kinds()]

    def __contains__(self, key: object) -> bool:
        return lookup.contains(self._ws, key)

    def references(self, kind: str, name: str | None = None) -> builtins.list[Reference]:
        """Return what :func:`catalog.verbs.references.references` returns."""
        return references.references(self._ws, *pair(kind, name))

    def used_by(self, kind: str, name: str | None = None) -> builtins.list[Reference]:
        """Return what :func:`catalog.verbs.references.used_by` returns."""
        return references.used_by(self._ws, *pair(kind, name))

    def all_references(self) -> builtins.list[Reference]:
        """Return what :func:`catalog.verbs.references.all_references` returns."""
        return references.all_references(self._ws)
