"""``SemanticState``: what searches by meaning work on; and the entries nearest to an entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.entry.filters import NO_FILTERS, Filters
from catalog.search.hit import Hit
from catalog.search.shared_index import SharedIndex
from catalog.store.entry_rows import pulled
from catalog.store.queries import by_ids, id_of, matching_ids

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder
    from catalog.entry.entry import Entry
    from catalog.search.arrays import Ids, Matrix
    from catalog.search.corpus import Corpus
    from catalog.search.nearest import Nearest
    from catalog.search.vector_index import VectorIndex
    from catalog.store.nearby import RowsOnServer


_KEPT_FILTERS = 16  # filters whose entries are remembered; a program that searches uses few, and each is an array


@dataclass(slots=True)
class SemanticState:
    """The vectors of one state of the catalog, and what searches by meaning have found out about that state.

    Attributes:
        embedder: embeds requests.
        index: the vectors of the persistent entries.
        generation: of the database, in this state.
        kept: vectors of the texts of the other tiers' entries, by (0, text) or (1, example). The dictionary outlives
            this state, so that a change of the database does not cost embedding these texts again.
        local: whether the embedder runs in this process, so that embedding costs no request to a server.
        counted: gives the ids of the persistent entries that pass filters, where they are counted; else None.
    """

    embedder: Embedder
    index: VectorIndex
    generation: int
    kept: dict[tuple[int, str], Matrix] = field(default_factory=dict)
    local: bool = True
    counted: Callable[[Filters], Ids | None] | None = None
    _floor: float | None = None
    _overlay: Matrix | None = None
    _hidden: list[int] | None = None
    _allowed: dict[Filters, Ids] = field(default_factory=dict)

    def overlay(self, entries: Sequence[Entry]) -> Matrix:
        """Return one row for each of the *entries* that are not persistent: (n, width), in their order.

        Raises:
            EmbedderError: the embedder failed.
        """
        if self._overlay is None:
            import numpy as np

            # The same words give another vector as a text, where the name weighs more, than as an example.
            texts = [[(min(part, 1), text) for part, text in enumerate(texts_of(entry))] for entry in entries]
            vectors = dict(self.kept)
            new = [text for text in dict.fromkeys(chain.from_iterable(texts)) if text not in vectors]
            if new:
                made = encode_parts(self.embedder, [text for _, text in new], [part for part, _ in new])
                vectors.update(zip(new, made, strict=True))
            self.kept.clear()  # texts that no entry has any more go
            self.kept.update((text, vectors[text]) for text in chain.from_iterable(texts))
            rows = np.array([vectors[text] for text, *_ in texts])
            examples = np.array([vectors[example] for _, *own in texts for example in own])
            owners = [owner for owner, (_, *own) in enumerate(texts) for _ in own]
            self._overlay = pulled(rows, examples, np.array(owners, np.int64))
        return self._overlay

    def floor(self, corpus: Corpus) -> float:
        """Return how similar the best entry must be where no entry has a word of the request.

        It is -1, which is no condition, where there are no vectors, and for an embedder on a server: a search must not
        send it a few dozen everyday prompts.
        """
        if self._floor is None:
            import numpy as np

            from catalog.search.similarity_floor import MOST, floor

            rows = self._sample(MOST)
            if corpus.overlay:
                over = self.overlay(corpus.overlay)[:MOST]
                rows = np.concatenate([rows, over]) if len(rows) else over
            self._floor = floor(self.embedder, rows) if self.local and len(rows) else -1.0
        return self._floor

    def _sample(self, most: int) -> Matrix:
        there = self._there(1)
        if there is None or not isinstance(self.index, SharedIndex):
            return self.index.sample(most, generation=self.generation)
        rows = self.index.sample_there(there)
        return rows[:: max(1, -(-len(rows) // most))]

    def _there(self, k: int) -> RowsOnServer | None:
        """Return the rows on a server, where the *k* nearest are asked for there."""
        return self.index.there(k, self.generation) if isinstance(self.index, SharedIndex) else None

    def way(self) -> str:
        """Return how the nearest entries are found now, in words; empty for a file."""
        return self.index.way(self.generation) if isinstance(self.index, SharedIndex) else ""

    def row(self, entry_id: int) -> Matrix | None:
        """Return the row of a persistent entry; None where it has no fresh vector."""
        there = self._there(1)
        if there is not None:
            return there.rows([entry_id]).get(entry_id)
        return self.index.vector(entry_id, generation=self.generation)

    def near(
        self,
        corpus: Corpus,
        queries: Matrix,
        k: int,
        filters: Filters = NO_FILTERS,
        *,
        also: Ids | Sequence[int] = (),
        without: Sequence[int] | None = None,
    ) -> Nearest:
        """Return the persistent entries nearest to a request and each of its parts.

        Args:
            corpus: the tiers.
            queries: the vector of a request, or a row for it and each of its parts.
            k: how many for each row.
            filters: which entries count.
            also: entries to give beside the nearest, which pass the filters.
            without: entries that do not count; None: those that another tier wins over.

        Raises:
            SearchError: *queries* has not the width of the vectors, or is not finite.
        """
        without = self.hidden(corpus) if without is None else without
        there = self._there(k)
        if there is not None and isinstance(self.index, SharedIndex):
            return self.index.nearest_there(there, queries, k, filters, also=also, without=without)
        if filters.known and filters.without:  # all but a few
            allowed, without = None, [*without, *(filters.ids or ())]
        else:
            allowed = self.allowed(corpus, filters)
        return self.index.search(queries, k, allowed, also=also, without=without, generation=self.generation)

    def hidden(self, corpus: Corpus) -> list[int]:
        """Return the ids of persistent entries that another tier wins over."""
        if self._hidden is None:
            self._hidden = [id_ for key in corpus.hidden if (id_ := id_of(corpus.reader, *key)) is not None]
        return self._hidden

    def allowed(self, corpus: Corpus, filters: Filters) -> Ids | None:
        """Return the ids of the persistent entries that pass *filters*; None: there are no filters, and all do."""
        if filters == NO_FILTERS:
            return None
        ids = self._allowed.get(filters)
        if ids is None:
            if len(self._allowed) >= _KEPT_FILTERS:
                self._allowed.clear()
            import numpy as np

            ids = None if self.counted is None else self.counted(filters)
            if ids is None:
                ids = np.sort(np.array(matching_ids(corpus.reader, filters), np.int64))
            self._allowed[filters] = ids
        return ids


def nearest(corpus: Corpus, semantic: SemanticState, kind: str, name: str, limit: int | None) -> list[Hit]:
    """Return the entries of every tier that are nearest in meaning to an entry, without itself.

    Args:
        corpus: the tiers.
        semantic: vectors.
        kind: of the entry.
        name: of the entry, which some tier has.
        limit: how many at the most, ≥ 0; None: all.

    Returns:
        Hits whose score is the cosine, to six decimals, the highest first; of equals by key. An empty list if the entry
        itself has no fresh vector; others without one are left out.

    Raises:
        EmbedderError: an entry of another tier than the database could not be embedded.
    """
    import numpy as np

    most = corpus.total + len(corpus.overlay) if limit is None else limit
    place = next((at for at, entry in enumerate(corpus.overlay) if (entry.kind, entry.name) == (kind, name)), None)
    own = None if place is not None else id_of(corpus.reader, kind, name)
    row = semantic.overlay(corpus.overlay)[place] if place is not None else None
    if own is not None:
        row = semantic.row(own)
    if row is None or not row.any():
        return []
    without = semantic.hidden(corpus) if own is None else [*semantic.hidden(corpus), own]
    near = semantic.near(corpus, row, most, without=without)
    rows, by = by_ids(corpus.reader, near.ids.tolist()), semantic.embedder.name
    hits = [
        Hit(rows[id_], similar, {"similarity": similar, "embedder": by}, corpus.reader)
        for id_, similar in zip(near.ids.tolist(), near.similarities[0].tolist(), strict=True)
        if id_ in rows
    ]
    if corpus.overlay:
        others = semantic.overlay(corpus.overlay)
        cosines = np.clip(np.round(others.astype(np.float64) @ row.astype(np.float64), 6), -1, 1).tolist()
        hits += [
            Hit(entry, cosines[at], {"similarity": cosines[at], "embedder": by})
            for at, entry in enumerate(corpus.overlay)
            if at != place and others[at].any()
        ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.kind, hit.name))[:limit]
