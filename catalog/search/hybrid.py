"""Search by words and meaning at once: candidates from both, one score for each (:mod:`catalog.search.fusion`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from catalog.entry.filters import Filters
from catalog.search import keyword
from catalog.search.bm25 import bm25, idf
from catalog.search.exact import exact_first, may_be_named
from catalog.search.fusion import LEXICAL_POOL, SEMANTIC_POOL, best, fuse, z_scores
from catalog.search.hit import Hit
from catalog.search.reasons import Answer, Reasons
from catalog.search.request_parts import parts
from catalog.search.semantic import SemanticState
from catalog.store.fulltext import WEIGHTS
from catalog.store.queries import by_ids, by_ids_or_name

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.search.arrays import Floats, Ids, Matrix
    from catalog.search.corpus import Corpus
    from catalog.search.nearest import Nearest
    from catalog.store.reader import Row


MOST_CHARACTERS = 2_000
"""How much of a request is embedded; its words are looked for in all of it."""

_TOGETHER = 100  # hits up to which they are read in one statement with what is called like the request
_USUAL_LENGTH = 20.0  # words of an entry, where the database is empty and has no mean


def search(
    corpus: Corpus, semantic: SemanticState, text: str, filters: Filters, limit: int, *, words: bool = True
) -> list[Hit]:
    """Return the entries that match *text* by words or meaning, best first; equal scores go by key.

    Args:
        corpus: words.
        semantic: vectors.
        text: anything a person may type.
        filters: which entries count at all; applied before anything is ranked.
        limit: how many at the most, ≥ 0.
        words: whether words count; otherwise entries without a vector are left out.

    An entry that shares no word with the request takes part if it is nearer to it than the mean entry is; if no entry
    shares one, the nearest must be nearer than strangers are (:mod:`catalog.search.similarity_floor`). Where words do
    not count, the nearest take part, however far away they are.

    Raises:
        EmbedderError: the request could not be embedded.
        SearchError: its vector does not fit those of the entries.
    """
    if limit <= 0:
        return []
    import numpy as np

    asked = keyword.asked_words(corpus, text) if words else ()
    lexical = keyword.scored(corpus, asked, filters, max(LEXICAL_POOL, limit)) if asked else []
    worded = np.array([id_ for id_, _ in lexical], np.int64)
    request = text[:MOST_CHARACTERS]
    queries = semantic.embedder.encode([request, *parts(request)])
    # Entries found by words are asked for as well: without their similarities they would be ranked by guesses.
    near = semantic.near(corpus, queries, max(SEMANTIC_POOL, limit), filters, also=worded)
    ids, points, similar = _candidates(worded, [score for _, score in lexical], near, semantic.hidden(corpus))
    if not queries[0].any():  # a request without a vector: its products, all 0, are no similarities
        similar[:] = np.nan
    places = [place for place, entry in enumerate(corpus.overlay) if filters.passes(entry)]
    over = [corpus.overlay[place] for place in places]
    if over:
        if words:  # as typed too: a word of the overlay alone may be the beginning of one the database has
            asked = tuple(dict.fromkeys((*asked, *keyword.request_words(request))))
        points = np.concatenate([points, _overlay_points(corpus, asked, over)])
        similar = np.hstack([similar, _overlay_similarities(corpus, semantic, queries, places)])
    unworded = words and not points.any()
    if not len(points) or (unworded and not _is_near_enough(corpus, semantic, queries[0], similar)):
        # Nothing is worth showing; but the request, an emoji perhaps, may still be a name.
        return exact_first(corpus, text.strip(), filters, [], keyword.reason_of(asked), complete=False)[:limit]
    fused = fuse(points, z_scores(similar, near.spreads))
    scores = fused.scores if words else fused.semantic
    counted = np.flatnonzero((points > 0) | (scores > 0) if words else ~fused.guessed)
    chosen = counted[best(scores[counted], limit)].tolist()
    answer = Answer(asked, points, fused, similar[0], max(SEMANTIC_POOL, limit), queries[0], semantic, near.way)
    rows, called = _listed(corpus, [int(ids[place]) for place in chosen if place < len(ids)], text.strip())
    hits = _hits(corpus, chosen, ids, over, scores, answer, rows)
    return exact_first(corpus, text.strip(), filters, hits, keyword.reason_of(asked), complete=False, called=called)[
        :limit
    ]


def _is_near_enough(corpus: Corpus, semantic: SemanticState, query: Matrix, similar: Floats) -> bool:
    """Return whether the nearest candidate is nearer to the request than strangers are to each other.

    The floor is measured with everyday prompts, so it is asked for only where no entry has a word of the request.
    """
    import numpy as np

    return bool(query.any() and np.nan_to_num(similar, nan=-1.0).max() >= semantic.floor(corpus))


def _listed(corpus: Corpus, ids: Sequence[int], text: str) -> tuple[dict[int, Row], list[Row] | None]:
    """Return the rows of the entries *ids*, by id, and those of the entries called *text*: None if not asked for.

    Few are asked for together. A text with characters that no name has would be one that a server refuses.
    """
    if not text.isprintable() or not may_be_named(text) or len(ids) > _TOGETHER:
        return by_ids(corpus.reader, ids), None
    rows = by_ids_or_name(corpus.reader, ids, text, corpus.kinds)
    return rows, sorted(row for row in rows.values() if row[1] == text)


def _hits(
    corpus: Corpus,
    chosen: Sequence[int],
    ids: Ids,
    over: Sequence[Entry],
    scores: Floats,
    answer: Answer,
    rows: Mapping[int, Row],
) -> list[Hit]:
    """Return the hits of the candidates at the places *chosen*, best first; of equal scores by key.

    Candidates from the database come first, one for each of *ids*, then those of *over*, the entries of other tiers.
    """
    stored = {place: int(ids[place]) for place in chosen if place < len(ids)}
    hits = []
    for place in chosen:
        entry = over[place - len(ids)] if place >= len(ids) else None
        what = entry if entry is not None else rows.get(stored[place])
        if what is None:  # the entry was taken away after the vectors were read
            continue
        why = Reasons(answer, place, stored.get(place))
        hits.append(Hit(what, float(scores[place]), why, corpus.reader if entry is None else None))
    hits.sort(key=lambda hit: (-round(hit.score, 9), hit.kind, hit.name))
    return hits


def _candidates(
    worded: Ids, bm25s: Sequence[float], near: Nearest, hidden: Sequence[int]
) -> tuple[Ids, Floats, Floats]:
    """Return the persistent candidates: their ids, their points for words, and their similarities.

    Args:
        worded: ids of the entries that words rank best.
        bm25s: their scores.
        near: the entries that are nearest in meaning, and those of *worded* that have a vector.
        hidden: entries that another tier wins over; the nearest are without them already.

    Returns:
        First the entries with a vector, by id; then those of *worded* without, whose similarities are NaN. Points are 0
        where no word matched.
    """
    import numpy as np

    scores = np.array(bm25s, np.float64)
    points = np.zeros(len(near.ids))
    places = np.searchsorted(near.ids, worded)
    has_vector = np.zeros(len(worded), np.bool_)
    if len(near.ids):
        has_vector = near.ids[np.minimum(places, len(near.ids) - 1)] == worded
        points[places[has_vector]] = scores[has_vector]
    if has_vector.all():
        return near.ids, points, near.similarities
    alone = ~has_vector & ~np.isin(worded, hidden) if hidden else ~has_vector
    unknown = np.full((len(near.similarities), int(alone.sum())), np.nan)
    return (
        np.concatenate([near.ids, worded[alone]]),
        np.concatenate([points, scores[alone]]),
        np.hstack([near.similarities, unknown]),
    )


def _overlay_similarities(corpus: Corpus, semantic: SemanticState, queries: Matrix, places: Sequence[int]) -> Floats:
    """Return the similarities of the overlay's entries at *places*: (len(queries), len(places))."""
    import numpy as np

    if not queries[0].any():
        return np.full((len(queries), len(places)), np.nan)
    similar: Floats = queries.astype(np.float64) @ semantic.overlay(corpus.overlay)[places].T
    return similar


def _overlay_points(corpus: Corpus, asked: Sequence[str], over: Sequence[Entry]) -> list[float]:
    """Return the BM25 of each entry of *over*, which are of other tiers than the database."""
    if not asked:
        return [0.0] * len(over)
    documents = dict(zip((id(entry) for entry in corpus.overlay), corpus.overlay_documents(), strict=True))
    # By the database's frequencies, so that these points and those of persistent entries are of one currency.
    idfs = {word: idf(max(corpus.total, len(over)), corpus.frequency(word)) for word in asked}
    average = corpus.average_length or _USUAL_LENGTH
    return [bm25(documents[id(entry)], WEIGHTS, idfs, average) for entry in over]
