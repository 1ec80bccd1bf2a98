"""``find``, through which every search goes: by filters alone, by words, or by words and meaning."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import Filters
from catalog.search.hit import Hit
from catalog.store.queries import matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.search.corpus import Corpus
    from catalog.search.learning import Learning
    from catalog.search.semantic import SemanticState
    from catalog.store.reader import Reader


_ALL = 1 << 40  # more than any catalog has, and a number SQLite can take


def find(
    snapshot: Any,
    reader: Reader,
    text: str,
    filters: Filters,
    limit: int | None,
    mode: str,
    semantic_state: Callable[[bool], SemanticState | None],
    learning: Learning | None = None,
) -> list[Hit]:
    """Return the entries that pass *filters* and match *text*, the best first; of equal scores by key.

    Args:
        snapshot: the tiers beside the database, and their :class:`~catalog.search.corpus.Corpus`.
        reader: the database.
        text: a request; blank: all entries that pass, by key.
        filters: applied before ranking.
        limit: how many at the most; None: all.
        mode: one of :data:`catalog.entry.kinds.SEARCH_MODES`.
        semantic_state: gives the vectors; called with True it may return None if there are none, with False it raises.
        learning: what was taken after such requests; None: that counts for nothing.

    Raises:
        SearchError, EmbedderError, MissingExtraError: the request could not be embedded.
    """
    if limit is not None:
        limit = min(limit, _ALL)
    if text.strip():
        from catalog.search.deprecated import last  # not for listings

        ranked = partial(_ranked, snapshot, text, filters, mode, semantic_state)
        if learning is not None and limit != 0:
            return last(snapshot.corpus(), limit, lambda most: learning.search(snapshot, text, filters, most, ranked))
        return last(snapshot.corpus(), limit, ranked)
    hidden, overlay = snapshot.hidden, snapshot.overlay
    # Hidden entries are taken out afterwards, so as many more are asked for.
    rows = matching(reader, filters, -1 if limit is None else limit + len(hidden))
    hits = [Hit(row, 0.0, None, reader) for row in rows]
    if hidden or overlay:
        hits = [hit for hit in hits if (hit.kind, hit.name) not in hidden]
        hits += [Hit(entry) for entry in overlay if filters.passes(entry)]
        hits.sort(key=lambda hit: (hit.kind, hit.name))
    return hits if limit is None else hits[:limit]


def _ranked(
    snapshot: Any,
    text: str,
    filters: Filters,
    mode: str,
    semantic_state: Callable[[bool], SemanticState | None],
    limit: int | None,
) -> list[Hit]:
    corpus = snapshot.corpus()
    filters = _telling(corpus, filters)
    most = corpus.total + len(corpus.overlay) if limit is None else limit
    semantic = None if mode == "lexical" else semantic_state(mode == "auto")
    if semantic is None:
        from catalog.search import keyword  # not for listings, which need no full text

        return keyword.search(corpus, text, filters, most)
    from catalog.search import hybrid  # not for searches by words alone

    return hybrid.search(corpus, semantic, text, filters, most, words=mode != "semantic")


def _telling(corpus: Corpus, filters: Filters) -> Filters:
    """Return *filters* without the kinds where no entry is of another: then words are remembered, and rows unasked."""
    if filters.kinds and {*corpus.kinds, *(entry.kind for entry in corpus.overlay)} <= set(filters.kinds):
        return filters._replace(kinds=())
    return filters
