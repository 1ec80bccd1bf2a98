"""Search by words and meaning at once: candidates from both, one score for each (:mod:`catalog.search.fusion`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.entry.filters import NO_FILTERS, Filters
from catalog.search import keyword
from catalog.search.bm25 import bm25, idf
from catalog.search.fusion import LEXICAL_POOL, SEMANTIC_POOL, Spread, best, fuse, pulled, standing
from catalog.search.hit import Hit, matched
from catalog.search.request_parts import parts
from catalog.store.fulltext import WEIGHTS
from catalog.store.mapping import words_of
from catalog.store.queries import by_ids, id_of, matching_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.embedders.base import Embedder
    from catalog.entry.entry import Entry
    from catalog.search.fusion import Fused
    from catalog.search.keyword import Corpus
    from catalog.search.vector_index import Nearest, VectorIndex

    Floats = NDArray[np.float64]
    Matrix = NDArray[np.float32]
    Ids = NDArray[np.int64]

MOST_CHARACTERS = 2_000
"""How much of a request is embedded; its words are looked for in all of it."""

_KEPT_FILTERS = 16


@dataclass(slots=True)
class Meanings:
    """What one state of the catalog offers to a search by meaning.

    Attributes:
        embedder: what requests are embedded with.
        index: the vectors of the persistent entries.
        generation: of the database.
        kept: vectors of what the entries of the other tiers say, by (0, text) or (1, example). It outlives this state,
            so that not every change of the database costs what embedding all of them does.
        local: whether the embedder asks nobody.
    """

    embedder: Embedder
    index: VectorIndex
    generation: int
    kept: dict[tuple[int, str], Matrix] = field(default_factory=dict)
    local: bool = True
    _floor: float | None = None
    _overlay: Matrix | None = None
    _hidden: list[int] | None = None
    _allowed: dict[Filters, Ids] = field(default_factory=dict)

    def overlay(self, entries: Sequence[Entry]) -> Matrix:
        """Return the rows of the entries that are not persistent."""
        if self._overlay is None:
            import numpy as np

            said = [[(min(part, 1), text) for part, text in enumerate(texts_of(entry))] for entry in entries]
            found = dict(self.kept)
            new = [text for text in dict.fromkeys(chain.from_iterable(said)) if text not in found]
            if new:
                made = encode_parts(self.embedder, [text for _, text in new], [part for part, _ in new])
                found.update(zip(new, made, strict=True))
            self.kept.clear()  # what no entry says any more
            self.kept.update((text, found[text]) for text in chain.from_iterable(said))
            text = np.array([found[one[0]] for one in said])
            examples = np.array([found[shown] for one in said for shown in one[1:]])
            owners = [owner for owner, one in enumerate(said) for _ in one[1:]]
            self._overlay = pulled(text, examples, np.array(owners, np.int64))
        return self._overlay

    def floor(self, corpus: Corpus) -> float:
        """Return how similar an entry must be where none has a word of the request; a server is not asked for that."""
        if self._floor is None:
            import numpy as np

            from catalog.search.similarity_floor import MOST, floor

            rows = self.index.sample(MOST, generation=self.generation)
            if corpus.overlay:
                over = self.overlay(corpus.overlay)[:MOST]
                rows = np.concatenate([rows, over]) if len(rows) else over
            self._floor = floor(self.embedder, rows) if self.local and len(rows) else -1.0
        return self._floor

    def hidden(self, corpus: Corpus) -> list[int]:
        """Return the ids of persistent entries that another tier wins over."""
        if self._hidden is None:
            self._hidden = [id_ for key in corpus.hidden if (id_ := id_of(corpus.reader, *key)) is not None]
        return self._hidden

    def allowed(self, corpus: Corpus, filters: Filters) -> Ids | None:
        """Return the ids of persistent entries that pass; None: all do."""
        if filters == NO_FILTERS:
            return None
        found = self._allowed.get(filters)
        if found is None:
            if len(self._allowed) >= _KEPT_FILTERS:
                self._allowed.clear()
            import numpy as np

            found = self._allowed[filters] = np.array(matching_ids(corpus.reader, filters), np.int64)
        return found


def search(
    corpus: Corpus, meanings: Meanings, text: str, filters: Filters, limit: int, *, words: bool = True
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
    taken = [at for at, entry in enumerate(corpus.overlay) if filters.accept(entry.kind, entry.tags)]
    over = [corpus.overlay[at] for at in taken]
    if words and over:  # as typed too: a word of the overlay alone may be the beginning of one the database has
        asked = tuple(dict.fromkeys((*asked, *keyword.request_words(text[:MOST_CHARACTERS]))))
    if over:
        points = np.concatenate([points, _overlay_points(corpus, asked, over)])
    if over and queries[0].any():
        similar = np.hstack([similar, queries.astype(np.float64) @ meanings.overlay(corpus.overlay)[taken].T])
    elif over:
        similar = np.hstack([similar, np.full((len(queries), len(over)), np.nan)])
    stands = points.any() or not words
    if not stands and queries[0].any() and len(points):
        stands = np.nan_to_num(similar, nan=-1.0).max() >= meanings.floor(corpus)
    if not len(points) or not stands:  # nobody has its words, an emoji perhaps, and it may still be a name
        return keyword.exact_first(corpus, text.strip(), filters, [], keyword.reason_of(asked), complete=False)[:limit]
    fused = fuse(points, standing(similar, _spreads(near.spreads, len(queries))))
    scores = fused.scores if words else fused.semantic
    counted = np.flatnonzero((points > 0) | (scores > 0) if words else ~fused.guessed)
    chosen = counted[best(scores[counted], limit)].tolist()
    ids = {place: int(found[place]) for place in chosen if place < len(found)}
    rows = by_ids(corpus.reader, list(ids.values()))
    answer = _Answer(asked, points, fused, similar[0], max(SEMANTIC_POOL, limit), queries[0], meanings)
    hits = []
    for place in chosen:
        entry = over[place - len(found)] if place >= len(found) else None
        what = entry if entry is not None else rows.get(ids[place])
        if what is None:
            continue
        why = _Why(answer, place, ids.get(place))
        hits.append(Hit(what, float(scores[place]), why, corpus.reader if entry is None else None))
    hits.sort(key=lambda hit: (-round(hit.score, 9), hit.kind, hit.name))
    return keyword.exact_first(corpus, text.strip(), filters, hits, keyword.reason_of(asked), complete=False)[:limit]


def nearest(corpus: Corpus, meanings: Meanings, kind: str, name: str, limit: int | None) -> list[Hit]:
    """Return the entries of every tier that are nearest in meaning to one, without it; equal ones go by key.

    Args:
        corpus: the tiers.
        meanings: vectors.
        kind: of the entry.
        name: of the entry, which some tier has.
        limit: how many at the most, ≥ 0; None: all.
    """
    import numpy as np

    most = corpus.total + len(corpus.overlay) if limit is None else limit
    place = next((at for at, one in enumerate(corpus.overlay) if (one.kind, one.name) == (kind, name)), None)
    own = None if place is not None else id_of(corpus.reader, kind, name)
    row = meanings.overlay(corpus.overlay)[place] if place is not None else None
    if own is not None:
        row = meanings.index.vector(own, generation=meanings.generation)
    if row is None or not row.any():
        return []
    without = meanings.hidden(corpus) if own is None else [*meanings.hidden(corpus), own]
    near = meanings.index.search(row, most, without=without, generation=meanings.generation)
    rows, by = by_ids(corpus.reader, near.ids.tolist()), meanings.embedder.name
    hits = [
        Hit(rows[id_], similar, {"similarity": similar, "embedder": by}, corpus.reader)
        for id_, similar in zip(near.ids.tolist(), near.similarities[0].tolist(), strict=True)
        if id_ in rows
    ]
    if corpus.overlay:
        others = meanings.overlay(corpus.overlay)
        cosines = np.clip(np.round(others.astype(np.float64) @ row.astype(np.float64), 6), -1, 1).tolist()
        hits += [
            Hit(entry, cosines[at], {"similarity": cosines[at], "embedder": by})
            for at, entry in enumerate(corpus.overlay)
            if at != place and others[at].any()
        ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.kind, hit.name))[:limit]


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


def _rank(values: Floats, place: int) -> int:
    """Return the number of *values* larger than that at *place*, and one; so equal ones have one rank."""
    return int((values > values[place]).sum()) + 1


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


class _Answer(NamedTuple):
    """What the reasons of one answer's hits are taken from: a column for each candidate."""

    asked: Sequence[str]
    points: Floats
    fused: Fused
    similarities: Floats  # to the whole request
    ranked: int  # of the nearest all are here, so many
    query: Matrix
    meanings: Meanings


@dataclass(slots=True)
class _Why:
    """The reason of one hit, put into words only if somebody asks."""

    answer: _Answer
    place: int
    entry_id: int | None

    def __call__(self, hit: Hit) -> dict[str, Any]:
        asked, points, fused, similarities, ranked, query, meanings = self.answer
        lexical, similarity = float(points[self.place]), float(similarities[self.place])
        found: dict[str, Any] = {"matched": matched(words_of(hit.entry), asked), "lexical": round(lexical, 6)}
        if lexical > 0:
            found["lexical_rank"] = _rank(points, self.place)
        if math.isnan(similarity):
            found["vector"] = "none that is fresh; found by its words"
            return found
        found |= {"semantic": round(float(fused.semantic[self.place]), 6), "similarity": round(similarity, 6)}
        found["embedder"] = meanings.embedder.name  # not the one asked for while its vectors are being made
        rank = _rank(similarities, self.place)
        if rank <= ranked:  # beyond, not all are here
            found["semantic_rank"] = rank
        if hit.entry.examples:
            examples = hit.entry.examples
            if self.entry_id is not None:
                nearest_example = meanings.index.example(self.entry_id, examples, query)
            else:
                nearest_example = _example(meanings.embedder.encode(examples), query)
            if nearest_example is not None:
                place, similarity = nearest_example
                found["example"] = {"text": examples[place], "similarity": round(similarity, 6)}
        return found


def _example(rows: Matrix, query: Matrix) -> tuple[int, float] | None:
    """Return which of *rows* is nearest to *query*, and how near; None where none is a vector."""
    similar = [(float(row @ query), -place) for place, row in enumerate(rows) if row.any()]
    if not similar:
        return None
    similarity, place = max(similar)
    return -place, similarity
