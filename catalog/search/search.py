"""The one way in: filters alone, or filters and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.search.hits import Hit
from catalog.store.queries import Filters, matching

if TYPE_CHECKING:
    from catalog.store.reader import Reader


_ALL = 1 << 40  # more than any catalog has, and a number SQLite can take


def find(view: Any, reader: Reader, text: str, filters: Filters, limit: int | None) -> list[Hit]:
    """Return the entries that pass *filters* and match *text*.

    Args:
        view: the tiers beside the database, and their :class:`~catalog.search.keyword.Corpus`.
        reader: the database.
        text: a request; blank: all that pass, by key.
        filters: applied before ranking.
        limit: how many at the most; None: all.
    """
    if limit is not None:
        limit = min(limit, _ALL)
    if text.strip():
        from catalog.search.keyword import search

        corpus = view.corpus()
        most = corpus.total + len(corpus.overlay) if limit is None else limit
        return search(corpus, text, filters, most)
    hidden, overlay = view.hidden, view.overlay
    rows = matching(reader, filters, -1 if limit is None else limit + len(hidden))
    hits = [Hit(row, 0.0, None, reader) for row in rows]
    if hidden or overlay:
        hits = [hit for hit in hits if (hit.kind, hit.name) not in hidden]
        hits += [Hit(entry) for entry in overlay if filters.accept(entry.kind, entry.tags)]
        hits.sort(key=lambda hit: (hit.kind, hit.name))
    return hits if limit is None else hits[:limit]
