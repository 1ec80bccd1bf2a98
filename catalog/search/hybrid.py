"""Search by words and meaning at once: candidates from both, one score for each (:mod:`catalog.search.fusion`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalog.entry.filters import Filters
from catalog.search import keyword
from catalog.search.bm25 import bm25, idf
from catalog.search.fusion import LEXICAL_POOL, SEMANTIC_POOL, Spread, best, fuse, z_scores
from catalog.search.hit import Hit
from catalog.search.reasons import Answer, Reasons
from catalog.search.request_parts import parts
from catalog.search.semantic import SemanticState
from catalog.store.fulltext import WEIGHTS
from catalog.store.queries import by_ids

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.search.arrays import Floats, Ids
    from catalog.search.keyword import Corpus
    from catalog.search.nearest import Nearest


MOST_CHARACTERS = 2_000
"""How much of a request is embedded; its words are looked for in all of it."""


def search(
    corpus: Corpus, meanings: SemanticState, text: str, filters: Filters, limit: int, *, words: bool = True
) -> list[Hit]:
    """Return the entries that match *text* by words or meaning, best first; equal scores go by key.

    Args:
        corpus: words.
        meanings: vectors.
        text: anything a person may type.
        filters: which entries count at all; applied before anything is ranked.
        limit: how many at the most, ≥ 0.
        words: whether words count; otherwise entries without a vector are left out.

    An entry that shares no word with the request takes part if it is nearer to it than the mean entry is; if no entry
    shares one, the nearest must be nearer than strangers are (:mod:`catalog.search.similarity_floor`). Where words do
    not count, the nearest take part, however far away they are.
    """
    if limit <= 0:
        return []
    import numpy as np

    asked = keyword.asked_words(corpus, text) if words else ()
    lexical = keyword.scored(corpus, asked, filters, max(LEXICAL_POOL, limit)) if asked else []
    worded = np.array([id_ for id_, _ in lexical], np.int64)
    asking = text[:MOST_CHARACTERS]
    queries = meanings.embedder.encode([asking, *parts(asking)])
    near = meanings.index.search(
        queries,
        max(SEMANTIC_POOL, limit),
        meanings.allowed(corpus, filters),
        also=worded,
        without=meanings.hidden(corpus),
        generation=meanings.generation,
    )
    scores = np.array([score for _, score in lexical], np.float64)
    found, points, similar = _candidates(worded, scores, near, meanings.hidden(corpus))
    if not queries[0].any():
        similar[:] = np.nan
    places = [at for at, entry in enumerate(corpus.overlay) if filters.accept(entry.kind, entry.tags)]
    over = [corpus.overlay[at] for at in places]
    if words and over:  # as typed too: a word of the overlay alone may be the beginning of one the database has
        asked = tuple(dict.fromkeys((*asked, *keyword.request_words(text[:MOST_CHARACTERS]))))
    if over:
        points = np.concatenate([points, _overlay_points(corpus, asked, over)])
    if over and queries[0].any():
        similar = np.hstack([similar, queries.astype(np.float64) @ meanings.overlay(corpus.overlay)[places].T])
    elif over:
        similar = np.hstack([similar, np.full((len(queries), len(over)), np.nan)])
    stands = points.any() or not words
    if not stands and queries[0].any() and len(points):
        stands = np.nan_to_num(similar, nan=-1.0).max() >= meanings.floor(corpus)
    if not len(points) or not stands:  # nobody has its words, an emoji perhaps, and it may still be a name
        return keyword.exact_first(corpus, text.strip(), filters, [], keyword.reason_of(asked), complete=False)[:limit]
    fused = fuse(points, z_scores(similar, _spreads(near.spreads, len(queries))))
    scores = fused.scores if words else fused.semantic
    counted = np.flatnonzero((points > 0) | (scores > 0) if words else ~fused.guessed)
    chosen = counted[best(scores[counted], limit)].tolist()
    answer = Answer(asked, points, fused, similar[0], max(SEMANTIC_POOL, limit), queries[0], meanings)
    hits = _hits(corpus, chosen, found, over, scores, answer)
    return keyword.exact_first(corpus, text.strip(), filters, hits, keyword.reason_of(asked), complete=False)[:limit]


def _hits(
    corpus: Corpus, chosen: Sequence[int], ids: Ids, over: Sequence[Entry], scores: Floats, answer: Answer
) -> list[Hit]:
    """Return the hits at the places *chosen*, best first: those of the database, by *ids*, stand before the others."""
    stored = {place: int(ids[place]) for place in chosen if place < len(ids)}
    rows = by_ids(corpus.reader, list(stored.values()))
    hits = []
    for place in chosen:
        entry = over[place - len(ids)] if place >= len(ids) else None
        what = entry if entry is not None else rows.get(stored[place])
        if what is None:  # taken away since
            continue
        why = Reasons(answer, place, stored.get(place))
        hits.append(Hit(what, float(scores[place]), why, corpus.reader if entry is None else None))
    hits.sort(key=lambda hit: (-round(hit.score, 9), hit.kind, hit.name))
    return hits


def _candidates(worded: Ids, scores: Floats, near: Nearest, hidden: Sequence[int]) -> tuple[Ids, Floats, Floats]:
    """Return the ids of the entries that words or meaning found, their points for words and their similarities.

    Similarities are no numbers (NaN) where an entry has no vector.
    """
    import numpy as np

    points = np.zeros(len(near.ids))
    places = np.searchsorted(near.ids, worded)
    there = np.zeros(len(worded), np.bool_)
    if len(near.ids):
        there = near.ids[np.minimum(places, len(near.ids) - 1)] == worded
        points[places[there]] = scores[there]
    if there.all():
        return near.ids, points, near.similarities
    alone = ~there & ~np.isin(worded, hidden) if hidden else ~there
    nothing = np.full((len(near.similarities), int(alone.sum())), np.nan)
    return (
        np.concatenate([near.ids, worded[alone]]),
        np.concatenate([points, scores[alone]]),
        np.hstack([near.similarities, nothing]),
    )


def _spreads(found: list[Spread], rows: int) -> list[Spread]:
    from catalog.search.fusion import spread

    return found or [spread([])] * rows


def _overlay_points(corpus: Corpus, asked: Sequence[str], over: Sequence[Entry]) -> list[float]:
    if not over or not asked:
        return [0.0] * len(over)
    documents = dict(zip((id(entry) for entry in corpus.overlay), corpus.overlay_documents(), strict=True))
    idfs = {word: idf(max(corpus.total, len(over)), corpus.frequency(word)) for word in asked}
    average = corpus.average_length or 20.0
    return [bm25(documents[id(entry)], WEIGHTS, idfs, average) for entry in over]
