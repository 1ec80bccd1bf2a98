"""Search by words and meaning at once: candidates from both, one score for each (:mod:`catalog.search.fuse`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from catalog.embedders.described import encode_parts
from catalog.entry.embedtext import parts as entry_parts
from catalog.search import keyword
from catalog.search.bm25 import bm25, idf
from catalog.search.fuse import LEXICAL_POOL, SEMANTIC_POOL, Spread, best, fuse, pulled, standing
from catalog.search.hits import Hit, matched
from catalog.search.parts import parts
from catalog.store.mapping import words_of
from catalog.store.queries import NO_FILTERS, WEIGHTS, Filters, by_ids, id_of, matching_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.embedders.base import Embedder
    from catalog.entry.entry import Entry
    from catalog.search.index import VectorIndex
    from catalog.search.keyword import Corpus

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
    """

    embedder: Embedder
    index: VectorIndex
    generation: int
    kept: dict[tuple[int, str], Matrix] = field(default_factory=dict)
    _overlay: Matrix | None = None
    _hidden: list[int] | None = None
    _allowed: dict[Filters, Ids] = field(default_factory=dict)

    def overlay(self, entries: Sequence[Entry]) -> Matrix:
        """Return the rows of the entries that are not persistent."""
        if self._overlay is None:
            import numpy as np

            said = [[(min(part, 1), text) for part, text in enumerate(entry_parts(entry))] for entry in entries]
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

    An entry that shares no word with the request takes part if it is nearer to it than the mean entry is; where words
    do not count, the nearest do, however far away they are.
    """
    if limit <= 0:
        return []
    import numpy as np

    asked = keyword.asked_words(corpus, text) if words else ()
    lexical = dict(keyword.scored(corpus, asked, filters, max(LEXICAL_POOL, limit))) if asked else {}
    asking = text[:MOST_CHARACTERS]
    queries = meanings.embedder.encode([asking, *parts(asking)])
    near = meanings.index.search(
        queries,
        max(SEMANTIC_POOL, limit),
        meanings.allowed(corpus, filters),
        also=list(lexical),
        without=meanings.hidden(corpus),
        generation=meanings.generation,
    )
    without = set(meanings.hidden(corpus))
    found = [id_ for id_ in lexical if id_ not in without]
    known = set(found)
    found += [id_ for id_ in near.ids.tolist() if id_ not in known]
    similar = np.full((len(queries), len(found)), np.nan)
    places = {id_: place for place, id_ in enumerate(found)}
    if queries[0].any():
        similar[:, [places[id_] for id_ in near.ids.tolist()]] = near.similarities
    taken = [at for at, entry in enumerate(corpus.overlay) if filters.accept(entry.kind, entry.tags)]
    over = [corpus.overlay[at] for at in taken]
    if words and over:  # as typed too: a word of the overlay alone may be the beginning of one the database has
        asked = tuple(dict.fromkeys((*asked, *keyword.request_words(text[:MOST_CHARACTERS]))))
    points = np.array([lexical.get(id_, 0.0) for id_ in found] + _overlay_points(corpus, asked, over))
    if over and queries[0].any():
        similar = np.hstack([similar, queries.astype(np.float64) @ meanings.overlay(corpus.overlay)[taken].T])
    elif over:
        similar = np.hstack([similar, np.full((len(queries), len(over)), np.nan)])
    if not len(points):  # nobody has its words, an emoji perhaps, and it may still be a name
        return keyword.exact_first(corpus, text.strip(), filters, [], keyword.reason_of(asked), complete=False)[:limit]
    fused = fuse(points, standing(similar, _spreads(near.spreads, len(queries))))
    scores = fused.scores if words else fused.semantic
    counted = np.flatnonzero((points > 0) | (scores > 0) if words else ~fused.guessed)
    chosen = counted[best(scores[counted], limit)].tolist()
    rows = by_ids(corpus.reader, [found[place] for place in chosen if place < len(found)])
    ranks, by_meaning = _ranks(points), _ranks(np.nan_to_num(similar[0], nan=-2.0))
    hits = []
    for place in chosen:
        entry = over[place - len(found)] if place >= len(found) else None
        what = entry if entry is not None else rows.get(found[place])
        if what is None:
            continue
        why = _Why(
            asked,
            float(points[place]),
            None if fused.guessed[place] else float(fused.semantic[place]),
            None if np.isnan(similar[0, place]) else round(float(similar[0, place]), 6),
            ranks[place] if points[place] > 0 else None,
            by_meaning[place] if by_meaning[place] <= max(SEMANTIC_POOL, limit) else None,  # beyond, not all are here
            queries[0],
            meanings,
            found[place] if entry is None else None,
        )
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


def _ranks(values: Floats) -> list[int]:
    """Return for each value the number of larger ones and one; so equal ones have one rank."""
    import numpy as np

    ranks: list[int] = (np.searchsorted(np.sort(-values), -values) + 1).tolist()
    return ranks


def _spreads(found: list[Spread], rows: int) -> list[Spread]:
    from catalog.search.fuse import spread

    return found or [spread([])] * rows


def _overlay_points(corpus: Corpus, asked: Sequence[str], over: Sequence[Entry]) -> list[float]:
    if not over or not asked:
        return [0.0] * len(over)
    documents = dict(zip((id(entry) for entry in corpus.overlay), corpus.overlay_documents(), strict=True))
    idfs = {word: idf(max(corpus.total, len(over)), corpus.frequency(word)) for word in asked}
    average = corpus.average_length or 20.0
    return [bm25(documents[id(entry)], WEIGHTS, idfs, average) for entry in over]


@dataclass(slots=True)
class _Why:
    """The reason of one hit, put into words only if somebody asks."""

    asked: Sequence[str]
    lexical: float
    semantic: float | None
    similarity: float | None
    lexical_rank: int | None
    semantic_rank: int | None
    query: Matrix
    meanings: Meanings
    entry_id: int | None

    def __call__(self, hit: Hit) -> dict[str, Any]:
        found: dict[str, Any] = {"matched": matched(words_of(hit.entry), self.asked), "lexical": round(self.lexical, 6)}
        if self.lexical_rank is not None:
            found["lexical_rank"] = self.lexical_rank
        if self.similarity is None:
            found["vector"] = "none that is fresh; found by its words"
            return found
        found |= {"semantic": round(self.semantic or 0.0, 6), "similarity": self.similarity}
        found["embedder"] = self.meanings.embedder.name  # not the one asked for while its vectors are being made
        if self.semantic_rank is not None:
            found["semantic_rank"] = self.semantic_rank
        if hit.entry.examples:
            examples = hit.entry.examples
            if self.entry_id is not None:
                nearest_example = self.meanings.index.example(self.entry_id, examples, self.query)
            else:
                nearest_example = _example(self.meanings.embedder.encode(examples), self.query)
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
