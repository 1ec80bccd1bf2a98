"""The source of pinned entries, kept in the database so that what changes about it can be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from catalog.errors import StoreError
from catalog.store.sources import KEPT_SOURCE
from catalog.verbs.lines import batched
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.source.places import Places

MOST_SOURCE = 65_536
"""How many bytes of the source of an entry are kept to show what changed."""

_PAGE = 500
"""Entries whose source is held at once."""


def keep_sources(ws: Workspace, entries: Iterable[Entry], places: Places, whole: Collection[str] | None) -> None:
    """Keep the source of *entries*, so that what changes can be shown; forget that of others if the *whole* was pinned.

    It is a convenience: where nothing can be written now, nothing is kept.
    """
    from catalog.store.sources import kept_keys, kept_sources

    if ws.store.read_only or ws.store.is_to_come:
        return
    try:
        for page in batched(entries, _PAGE):
            known = kept_sources(ws.store.reader, [entry.key for entry in page])
            now = ((entry.key, _source_of(entry, places)) for entry in page)
            new = {key: kept for key, kept in now if kept is not None and known.get(key) != kept}
            if new:
                with ws.writing() as transaction:
                    for key, kept in new.items():
                        transaction.save_source(KEPT_SOURCE + key, {}, None, kept)
        old = [] if whole is None else [key for key in kept_keys(ws.store.reader) if key not in whole]
        if old:
            with ws.writing() as transaction:
                for key in old:
                    transaction.forget_source(KEPT_SOURCE + key)
    except StoreError:
        return


def _source_of(entry: Entry, places: Places) -> dict[str, Any] | None:
    """Return what is kept of the code of *entry*; None where there is no source, or too much."""
    from catalog.loader.pinned import said, source_text
    from catalog.source.find import Missing, find_object

    found = None if entry.ref is None else find_object(entry.ref, places.of(entry.root))
    if entry.ref is None or found is None or isinstance(found, Missing):
        return None
    text = source_text(entry.ref, places.of(entry.root), MOST_SOURCE)
    if text is None:
        return None
    return {"checksum": found.source_checksum, "text": text, "said": said(entry.ref, places.of(entry.root))}
