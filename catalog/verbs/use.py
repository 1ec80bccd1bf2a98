"""Learning from use: recording what was right, and letting it out again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from catalog.characters import json_text
from catalog.entry.key import Key
from catalog.errors import EntryError, SearchError
from catalog.files import whole_file
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.search.hit import Hit
    from catalog.store.use import Use


def record_use(ws: Workspace, query: str, entry: Entry | Hit | Key | str, success: bool) -> None:
    """Record that *entry* was right for the request *query*, or wrong; see :meth:`catalog.Catalog.record_use`."""
    if not isinstance(query, str):
        raise SearchError(f"query={query!r}: give a request as text", query=repr(query))
    key = key_of(entry)
    ws.entry(*key)
    ws.learning.record(query, key, success=success)


def key_of(entry: Entry | Hit | Key | str) -> Key:
    """Return kind and name of what stands for an entry: itself, a hit, ``kind:name`` or the pair.

    Raises:
        EntryError: it is none of these.
    """
    key = entry if isinstance(entry, str) else getattr(entry, "key", None)
    if isinstance(entry, (tuple, list)) and len(entry) == 2:
        kind, name = entry
        return kind, name
    if not isinstance(key, str) or ":" not in key:
        raise EntryError(f"{entry!r} is no key; give kind:name, (kind, name), an entry or a hit", entry=repr(entry))
    kind, _, name = key.partition(":")
    return kind, name


def uses(ws: Workspace) -> Iterator[Use]:
    """Yield what was recorded of use, as hashes, by kind, name and hash."""
    from catalog.store.use import every_use

    ws.snapshot()
    return every_use(ws.store.reader)


def export_uses(ws: Workspace, path: str | os.PathLike[str] | IO[str]) -> int:
    """Write what was recorded of use as lines of JSON; see :meth:`catalog.Catalog.export_uses`."""
    lines = (json_text(use._asdict()) + "\n" for use in uses(ws))
    if not isinstance(path, (str, os.PathLike)):
        return sum(1 for line in lines if path.write(line))
    with whole_file(path) as file:
        return sum(1 for line in lines if file.write(line))


def reset_uses(ws: Workspace, entry: Entry | Hit | Key | str | None) -> int:
    """Forget the uses of *entry*, or all; see :meth:`catalog.Catalog.reset_uses`."""
    ws.snapshot()
    return ws.learning.forget(None if entry is None else key_of(entry))
