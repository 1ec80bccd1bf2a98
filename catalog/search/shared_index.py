"""The vectors of a catalog on a server: searched there, or exactly in this process.

An exact search needs every row here: a mapped file in the user's cache, which the first process of a machine fills from
the server. Where that file is there and true, it is searched, and nothing is asked. A process that finds none reads all
vectors of a small catalog, which takes a fraction of a second; of a larger one it asks the index on the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.errors import StoreError
from catalog.search.fusion import Spread, spread_of
from catalog.search.nearest import Nearest
from catalog.search.vector_index import VectorIndex
from catalog.store.nearby import RowsOnServer, first_passing, rows_on_server

if TYPE_CHECKING:
    from catalog.search.arrays import Floats, Ids, Matrix
    from catalog.store.reader import Reader

SMALL = 20_000
"""Rows that are read in a third of a second; they are searched exactly at once."""

FEW, MANY, SHARE = 5_000, 20_000, 8
"""Entries that pass a filter, up to which each of them is looked at on the server: MANY, where they are at most an
eighth of all. Of 10,000 among 100,000 that takes three fifths of the time in which HNSW finds enough that pass."""

MOST = 1_000
"""Hits beyond which every row has to be looked at anyway."""

SAMPLE = 2_000
"""Rows from which mean and deviation of all similarities are estimated, within 2 of 100 of a deviation."""

AGE = 1_000
"""Generations for which a sample is good, as long as the number of rows stays about the same."""


class _Sample(NamedTuple):
    """Some of the rows on a server.

    Attributes:
        generation: when they were read.
        size: how many there were of all rows then.
        rows: themselves.
        total: their sum.
        squares: the sum of the products of each with itself, from which those of any request follow at once.
    """

    generation: int
    size: int
    rows: Matrix
    total: Floats
    squares: Floats

    def spread(self, query: Matrix) -> Spread:
        """Return mean and deviation of the similarities of the rows to *query*."""
        exact = query.astype("float64")
        total = float(self.total @ exact)
        squares = float(exact @ self.squares @ exact)
        return spread_of(len(self.rows), total, squares - total * total / max(len(self.rows), 1))


class SharedIndex(VectorIndex):
    """The fresh vectors of one embedder in a catalog on a server.

    Attributes:
        wish: the way that the URL asks for: "auto", "exact" or "server".
        why_here: why the last search was not made on the server, in words; empty before the first, and if it was.
    """

    def __init__(self, reader: Reader, embedder: str, wish: str = "auto") -> None:
        """Look at nothing yet."""
        super().__init__(reader, embedder)
        self.wish = wish
        self.why_here = ""
        self._there: RowsOnServer | str | None = None
        self._asked_at: int | None = None
        self._sample: _Sample | None = None
        self._passing: tuple[int | None, dict[Filters, list[int] | None]] = (None, {})

    def there(self, k: int, generation: int | None) -> RowsOnServer | None:
        """Return the rows on the server where a search for *k* entries is to be made there; None: here, exactly."""
        self.why_here = self._why_here(k, generation)
        return self._there if not self.why_here and not isinstance(self._there, str) else None

    def _why_here(self, k: int, generation: int | None) -> str:
        if self.wish == "exact":
            return "the URL says vectors=exact"
        if k > MOST:
            return f"more than {MOST:,} entries are asked for"
        if self.wish == "auto" and (self.state is not None or self.take_file()):
            return "this machine has all vectors"
        if self._there is None or isinstance(self._there, str) or self._asked_at != generation:
            self._there, self._asked_at = rows_on_server(self._reader, self.embedder), generation
        if isinstance(self._there, str):
            return self._there
        if self.wish == "auto" and self._there.size < SMALL:
            return f"fewer than {SMALL:,} entries: all vectors are read"
        return ""

    def way(self, generation: int | None) -> str:
        """Return how a search is made now, in words: on the server, or exactly, and why."""
        there = self.there(1, generation)
        return there.way if there is not None else f"{self.here}: {self.why_here}"

    def nearest_there(
        self,
        there: RowsOnServer,
        queries: Matrix,
        k: int,
        filters: Filters = NO_FILTERS,
        *,
        also: Sequence[int] | Ids = (),
        without: Sequence[int] = (),
    ) -> Nearest:
        """Return the entries nearest to a request and each of its parts, as the server finds them.

        See :meth:`catalog.search.vector_index.VectorIndex.search`. Of equals with the last some may be missing.
        """
        import numpy as np

        wanted = np.ascontiguousarray(queries, dtype=np.float32)
        wanted = wanted[None] if wanted.ndim == 1 else wanted
        passing = None if filters == NO_FILTERS else self._few(there, filters)
        try:
            found = there.nearest(wanted, k + len(without), filters, passing, [int(id_) for id_ in also])
        except StoreError:  # as after somebody took pgvector away: what was known of the rows may hold no more
            self._there = None
            raise
        similar = np.minimum(np.maximum(found.similarities.round(6), -1.0), 1.0)
        kept = ~np.isin(found.ids, np.asarray(without, np.int64)) if len(without) else np.ones(len(found.ids), np.bool_)
        spreads = [self._sample_of(there).spread(query) for query in wanted]
        way = there.way if passing is None else "exact, of those that pass"
        return Nearest(found.ids[kept], similar[:, kept], spreads, way)

    def _few(self, there: RowsOnServer, filters: Filters) -> list[int] | None:
        if self._passing[0] != there.generation or len(self._passing[1]) >= 16:
            self._passing = (there.generation, {})
        known = self._passing[1]
        if filters not in known:
            known[filters] = first_passing(self._reader, filters, max(FEW, min(MANY, there.size // SHARE)))
        return known[filters]

    def sample_there(self, there: RowsOnServer) -> Matrix:
        """Return some of the rows on the server, from which the spread of all similarities is estimated."""
        return self._sample_of(there).rows

    def _sample_of(self, there: RowsOnServer) -> _Sample:
        known = self._sample
        if (
            known is None
            or there.generation - known.generation > AGE
            or there.generation < known.generation
            or abs(there.size - known.size) * 20 > known.size
        ):
            rows = there.sample(SAMPLE)
            exact = rows.astype("float64")
            known = self._sample = _Sample(there.generation, there.size, rows, exact.sum(axis=0), exact.T @ exact)
        return known
