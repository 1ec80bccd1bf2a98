"""``Snapshot``: what a catalog knows at one moment; a change of any tier makes a new one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from catalog.entry.key import Key
from catalog.errors import close_matches
from catalog.store import queries
from catalog.store.aliases import SET, TARGET
from catalog.store.mapping import entry_from_row
from catalog.store.near_names import near_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.entry.entry import Entry
    from catalog.search.corpus import Corpus
    from catalog.search.semantic import SemanticState
    from catalog.store.reader import Reader

_NONE: frozenset[Key] = frozenset()


class Snapshot:
    """Caches that hold as long as nothing changes.

    A reader takes the snapshot first and reads the database after, so what it puts into these caches is never older
    than the snapshot; once anything has changed the snapshot itself is dropped, so nothing stale can come back.

    Attributes:
        token: what :attr:`Workspace.token` gave when this was made; the same token means nothing has changed.
        epoch: of the reader: which file was at the path.
        live: loaded objects by key, for the shortest way from a lookup to its answer.
        meanings: what searches by meaning go by, once a search has asked for it.
    """

    __slots__ = (
        "_config",
        "_corpus",
        "_entries",
        "_lock",
        "_overlay",
        "_reader",
        "_runtime",
        "epoch",
        "generation",
        "live",
        "meanings",
        "token",
        "versions",
    )

    def __init__(
        self,
        token: Any,
        state: tuple[int, tuple[int, int]],
        reader: Reader,
        runtime: Mapping[Key, Entry],
        config: Mapping[Key, Entry],
    ) -> None:
        """Hold the tiers as they are; look at nothing yet."""
        self.token = token
        self.generation, self.versions = state
        self.epoch = reader.epoch
        self.live: dict[Key, object] = {}
        self._entries: dict[Key, Entry] = {}
        self._reader = reader
        self._runtime = runtime
        self._config = config
        self._overlay: list[Entry] | None = None
        self._corpus: Corpus | None = None
        self._lock = threading.Lock()
        self.meanings: SemanticState | None = None

    def same(
        self, state: tuple[tuple[int, tuple[int, int]], int], runtime: Mapping[Key, Entry], config: Mapping[Key, Entry]
    ) -> bool:
        """Tell whether the tiers are still those of this snapshot."""
        return (
            state == ((self.generation, self.versions), self.epoch)
            and runtime is self._runtime
            and config is self._config
        )

    def entry(self, kind: str, name: str) -> Entry | None:
        """Return the winning entry of a key, or None."""
        key = (kind, name)
        found = self._entries.get(key)
        if found is None:
            found = self._runtime.get(key) or self.stored(kind, name) or self._config.get(key)
            if found is not None:
                self._entries[key] = found
        return found

    def aliased(self, kind: str, name: str) -> Entry | None:
        """Return the stored entry that ``name@alias`` names, as it is at the revision of the alias; None without."""
        base, at, alias = name.rpartition("@")
        if not (at and base and alias):
            return None
        target = self._reader.one(TARGET, (kind, base, alias))
        newest = self._reader.one(queries.REVISION_OF, (kind, base))
        if target is None or target[0] != SET or newest is None:
            return None
        return queries.entry_at(self._reader, kind, base, newest[0] if target[1] is None else target[1])

    def stored(self, kind: str, name: str) -> Entry | None:
        """Return the persistent entry of a key, or None."""
        row = self._reader.one(queries.ENTRY, (kind, name))
        return None if row is None else entry_from_row(row)

    def tiers(self, kind: str, name: str) -> list[Entry]:
        """Return the entry of every tier that has the key, the winner first."""
        key = (kind, name)
        found = (self._runtime.get(key), self.stored(kind, name), self._config.get(key))
        return [entry for entry in found if entry is not None]

    def has(self, kind: str, name: str) -> bool:
        """Tell whether any tier has the key."""
        key = (kind, name)
        return (
            key in self._entries
            or key in self._runtime
            or key in self._config
            or self._reader.one(queries.REVISION_OF, key) is not None
        )

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind over all tiers, sorted."""
        names = {row[0] for row in self._reader.all(queries.NAMES, (kind,)) if type(row[0]) is str}
        names.update(name for k, name in (*self._runtime, *self._config) if k == kind)
        return sorted(names)

    def close(self, kind: str, name: str, *, most: int = 3) -> list[str]:
        """Return up to *most* names of a kind that resemble *name*, the closest first; not all names are held."""
        names = near_names(self._reader, kind, name)
        names += [other for k, other in (*self._runtime, *self._config) if k == kind]
        return close_matches(name, names, most=most)

    @property
    def hidden(self) -> frozenset[Key]:
        """The keys another tier wins over the persistent one."""
        return frozenset(self._runtime) if self._runtime else _NONE

    @property
    def overlay(self) -> list[Entry]:
        """The winning entries that are not persistent."""
        if self._overlay is None:
            config = [
                entry
                for key, entry in self._config.items()
                if key not in self._runtime and self._reader.one(queries.REVISION_OF, key) is None
            ]
            self._overlay = [*self._runtime.values(), *config]
        return self._overlay

    def corpus(self) -> Corpus:
        """Return what full-text search works on."""
        with self._lock:
            if self._corpus is None:
                from catalog.search.corpus import Corpus

                row = self._reader.one(queries.COUNT)
                self._corpus = Corpus(self._reader, row[0] if row else 0, self.overlay, self.hidden)
            return self._corpus
