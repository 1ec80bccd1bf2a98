"""``Lookup``: what a room may ask of a catalog when it only asks; :class:`catalog.Catalog` answers it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from catalog.entry.key import split_key
from catalog.errors import EntryNotFoundError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Kinds
    from catalog.entry.key import Key
    from catalog.entry.references import Reference
    from catalog.search.hit import Hit
    from catalog.settings import Settings
    from catalog.workspace.workspace import Workspace


class Lookup(Protocol):
    """Reading access to the entries of all tiers, and to their live objects."""

    @property
    def settings(self) -> Settings:
        """The configuration."""

    def get(self, kind: str, name: str | None = None, default: Any = None) -> Any:
        """Return the live object of a key, or *default*."""

    def __getitem__(self, key: Key | str) -> Any:
        """Return the live object of a key; EntryNotFoundError where no tier has the key."""

    def entry(self, kind: str, name: str | None = None) -> Entry:
        """Return the record of a key; EntryNotFoundError where no tier has the key."""

    def entries(self, kind: Kinds = None) -> Iterator[Entry]:
        """Yield the winning records of the given kinds, by key."""

    def list(self, kind: str) -> builtins.list[str]:
        """Return the names of a kind, sorted."""

    def kinds(self) -> builtins.list[str]:
        """Return the known kinds."""

    def __contains__(self, key: object) -> bool:
        """Tell whether any tier has the key ``(kind, name)``."""

    def references(self, kind: str, name: str | None = None) -> builtins.list[Reference]:
        """Return what an entry names."""

    def used_by(self, kind: str, name: str | None = None) -> builtins.list[Reference]:
        """Return what names an entry."""

    def all_references(self) -> builtins.list[Reference]:
        """Return every reference from one entry to another."""


class Registering(Lookup, Protocol):
    """A lookup that can be registered with: what a registry is a view of."""

    def register(self, kind: str, name: str | None, value: Any, **fields: Any) -> Entry:
        """Register what *value* stands for; return the entry."""

    def refresh(self) -> object:
        """Look again at plugins, marked objects and sources."""


class HasWorkspace(Lookup, Protocol):
    """A lookup whose workspace may be written to: an open :class:`catalog.Catalog`."""

    @property
    def workspace(self) -> Workspace:
        """What the verbs work on."""

    def search(
        self,
        text: str = "",
        *,
        kind: Kinds = None,
        tags: Sequence[str] = (),
        any_tags: Sequence[str] = (),
        exclude_tags: Sequence[str] = (),
        sources: Sequence[str] | None = None,
        distributions: Sequence[str] | None = None,
        states: Sequence[str] = (),
        frameworks: Sequence[str] = (),
        limit: int | None = 10,
        mode: str = "auto",
    ) -> builtins.list[Hit]:
        """Return the entries that pass the filters and match *text*, the best first."""


def names_near(catalog: Lookup, kind: str, name: str) -> list[str]:
    """Return the names of a kind that resemble *name*, the closest first; an entry that has it is the only one."""
    try:
        catalog.entry(kind, name)
    except EntryNotFoundError as error:
        return [split_key(key)[1] for key in error.facts["close"]]
    return [name]
