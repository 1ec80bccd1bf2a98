"""The two tiers that are not stored: ``runtime`` (objects of this process) and ``config`` (the project's file)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.entry.key import Key
from catalog.entry.object_ref import reference_fault
from catalog.errors import CatalogError, CatalogWarning
from catalog.settings import Settings, load_settings
from catalog.source.stamp import stamp
from catalog.workspace.configured import CONFIGURED, Record, described, with_record

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


class RuntimeTier:
    """Objects registered for this process only."""

    def __init__(self) -> None:
        """Begin with none."""
        self._entries: dict[Key, Entry] = {}
        self._objects: dict[Key, object] = {}

    def put(self, entry: Entry, live: object) -> None:
        """Keep *live* under the key of *entry*, over what was there."""
        # Copies, so that a reader in another thread goes on with the mapping it has.
        self._objects = {**self._objects, (entry.kind, entry.name): live}
        self._entries = {**self._entries, (entry.kind, entry.name): entry}

    def drop(self, key: Key) -> bool:
        """Forget the entry of *key*; return whether it was there."""
        there = key in self._entries
        self._entries = {k: v for k, v in self._entries.items() if k != key}
        self._objects = {k: v for k, v in self._objects.items() if k != key}
        return there

    def clear(self) -> None:
        """Forget all."""
        self._entries, self._objects = {}, {}

    @property
    def entries(self) -> Mapping[Key, Entry]:
        """The records, by key."""
        return self._entries

    def live(self, key: Key) -> object:
        """Return the object of *key*; KeyError without one."""
        return self._objects[key]


class ConfigTier:
    """The entries of the configuration file, read again when the file changes."""

    def __init__(self, settings: Settings) -> None:
        """Take the entries of *settings*."""
        self.settings = settings
        self.file = settings.file
        self._path = str(settings.file) if settings.file else None
        self._given: dict[Key, Entry] = dict(_entries(settings))
        self.entries = self._given
        self.record: Record = {}
        self.recorded: Record | None = None
        self._read_at = self.stamp()

    def stamp(self) -> str | None:
        """Return what tells one state of the file from another; None without a file."""
        return None if self._path is None else stamp(self._path) or ""

    def reread(self, now: str | None) -> None:
        """Read the file again if *now* is another than that of the last reading.

        A file that can't be read, as while somebody is editing it, leaves the last good entries in force and warns.
        """
        if now == self._read_at or self._path is None:
            return
        self._read_at = now
        try:
            self.settings = load_settings(file=Path(self._path)) if now else Settings()
        except CatalogError as error:
            warnings.warn(f"{error}; the entries read before stay in force", CatalogWarning, stacklevel=4)
            return
        self._given = dict(_entries(self.settings))
        self.complete(self.record)

    @property
    def target(self) -> str | None:
        """The name that the record of the entries' code is kept under; None: no entry has any."""
        return f"{CONFIGURED}{self._path}" if self._path and any(entry.ref for entry in self._given.values()) else None

    @property
    def is_recorded(self) -> bool:
        """Whether the database has what is known of the entries' code."""
        return self.target is None or self.record == (self.recorded or {})

    def complete(self, known: Record) -> None:
        """Give the entries what is *known* of their code; of what is not known the source is read."""
        if self._path is None:
            self.entries = self._given
            return
        self.record = described(self._given, known, os.path.dirname(self._path))
        self.entries = {key: with_record(entry, self.record.get(entry.key)) for key, entry in self._given.items()}

    def take(self, recorded: Record | None) -> None:
        """Go by what the database has *recorded*, if that is another than what is known."""
        if recorded == self.recorded and (self.entries is not self._given or not self._given):
            return
        self.recorded = recorded
        if recorded != self.record or self.entries is self._given:
            self.complete(recorded or {})

    def forget(self, keys: Iterable[str]) -> list[str]:
        """Read the code of the entries of *keys* as it is now; return those whose code can be read."""
        asked = [key for key in keys if key in {entry.key for entry in self._given.values()}]
        self.complete({key: item for key, item in self.record.items() if key not in asked})
        return [key for key in asked if key in self.record]

    def mark(self, key: str, ref: str, marks: dict[str, str]) -> None:
        """Keep *marks* of the code of an entry, over those that were known."""
        self.complete({**self.record, key: {"ref": ref, **self.record.get(key, {}), "marks": marks}})


def _entries(settings: Settings) -> Iterator[tuple[Key, Entry]]:
    """Yield the valid entries of the configuration; warn of the others, which take nothing else down."""
    if not settings.entries:
        return
    from catalog.entry.entry import make_entry  # pydantic: not for those who configure nothing

    for kind, named in settings.entries.items():
        for name, value in named.items():
            fields: dict[str, Any] = value
            if isinstance(value, str):
                is_text = kind == "prompt" and reference_fault(value) is not None
                fields = {"spec": value, "description": value.strip()} if is_text else {"ref": value}
            try:
                if not isinstance(fields, dict):
                    raise CatalogError("write a reference or a table of fields")
                entry = make_entry(
                    {
                        **fields,
                        "kind": kind,
                        "name": name,
                        "tier": "config",
                        "source": f"config:{settings.file}",
                    }
                )
            except CatalogError as error:
                warnings.warn(
                    f"{settings.file}: entries.{kind}.{name} is left out: {error}",
                    CatalogWarning,
                    stacklevel=6,
                )
                continue
            yield (kind, name), entry
