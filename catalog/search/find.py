"""The one way in: filters alone, or filters and text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import Filters
from catalog.search.hit import Hit
from catalog.store.queries import matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.search.learning import Learning
    from catalog.search.semantic import SemanticState
    from catalog.store.reader import Reader


_ALL = 1 << 40  # more than any catalog has, and a number SQLite can take


def find(
    view: Any,
    reader: Reader,
    text: str,
    filters: Filters,
    limit: int | None,
    mode: str,
    meanings: Callable[[bool], SemanticState | None],
    learning: Learning | None = None,
) -> list[Hit]:
    """Return the entries that pass *filters* and match *text*.

    Args:
        view: the tiers beside the database, and their :class:`~catalog.search.keyword.Corpus`.
        reader: the database.
        text: a request; blank: all that pass, by key.
        filters: applied before ranking.
        limit: how many at the most; None: all.
        mode: ``auto``, ``lexical``, ``semantic`` or ``hybrid``.
        meanings: gives the vectors; its argument tells whether it may give None because there are none.
        learning: what was taken after such requests; None: that counts for nothing.
    """
    if limit is not None:
        limit = min(limit, _ALL)
    if text.strip():
        if learning is not None and limit != 0:
            return learning.search(view, text, filters, limit, partial(_ranked, view, text, filters, mode, meanings))
        return _ranked(view, text, filters, mode, meanings, limit)
    hidden, overlay = view.hidden, view.overlay
    rows = matching(reader, filters, -1 if limit is None else limit + len(hidden))
    hits = [Hit(row, 0.0, None, reader) for row in rows]
    if hidden or overlay:
        hits = [hit for hit in hits if (hit.kind, hit.name) not in hidden]
        hits += [Hit(entry) for entry in overlay if filters.accept(entry.kind, entry.tags)]
        hits.sort(key=lambda hit: (hit.kind, hit.name))
    return hits if limit is None else hits[:limit]


def _ranked(
    view: Any,
    text: str,
    filters: Filters,
    mode: str,
    meanings: Callable[[bool], SemanticState | None],
    limit: int | None,
) -> list[Hit]:
    corpus = view.corpus()
    most = corpus.total + len(corpus.overlay) if limit is None else limit
    known = None if mode == "lexical" else meanings(mode == "auto")
    if known is None:
        from catalog.search import keyword

        return keyword.search(corpus, text, filters, most)
    from catalog.search import hybrid

    return hybrid.search(corpus, known, text, filters, most, words=mode != "semantic")
