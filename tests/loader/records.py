"""What the loader asks of an entry, without the entry."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator


@dataclass(frozen=True)
class Record:
    """The recorded facts of one entry."""

    kind: str
    name: str
    ref: str | None
    signature: str | None = None
    checksum: str | None = None
    source_checksum: str | None = None
    distribution: str | None = None
    root: str | None = None


def record(name: str, ref: str, kind: str = "tool", distribution: str | None = None) -> Record:
    """Return an entry with the checksums its code has now."""
    found = find_object(ref, Locator())
    assert not isinstance(found, Missing), found
    return Record(kind, name, ref, found.signature, found.checksum, found.source_checksum, distribution)
