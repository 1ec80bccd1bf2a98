"""Searching by meaning: the state searches go by, and what is near to an entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.entry.filters import NO_FILTERS, Filters
from catalog.search.fusion import pulled
from catalog.search.hit import Hit
from catalog.store.queries import by_ids, id_of, matching_ids

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder
    from catalog.entry.entry import Entry
    from catalog.search.arrays import Ids, Matrix
    from catalog.search.keyword import Corpus
    from catalog.search.vector_index import VectorIndex


_KEPT_FILTERS = 16


@dataclass(slots=True)
class SemanticState:
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


def nearest(corpus: Corpus, meanings: SemanticState, kind: str, name: str, limit: int | None) -> list[Hit]:
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
