"""The vectors of a catalog as one matrix in memory, kept level with the database entry by entry.

Every entry that has fresh vectors has one row: the vector of its text, pulled towards its examples
(:func:`catalog.store.entry_rows.pulled`). What is searched is a *state*: matrices nobody writes to, and the mark of the
moment they show. A change makes a new state that shares all but the rows that changed, so a search that is under way
keeps the one it began with, and one registration costs one row. The rows lie in pieces whose sizes grow by doubling;
small ones are joined as they come, and rows that no longer count are skipped until they are half of their piece.

The rows are also kept in a file beside the database, mapped into memory by the next process. The file is derived data:
its checksum must be right, and its mark must be of this database's own history; then what has changed since is read
from the database, and anything else is a reason to read everything again.

In a piece of less than a hundred thousand rows every row is looked at, and the answer is exact. Larger ones have a
sketch (:mod:`catalog.search.sketch`): the rows to look at are chosen by a few bytes of each, and :attr:`recall` says
what share of the nearest they hold.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from catalog.entry.embedding_text import text_hash
from catalog.errors import SearchError
from catalog.forks import after_fork
from catalog.search import vector_rows
from catalog.search.fusion import spread
from catalog.search.nearest import Nearest, answer_of, chosen_places, products_of, similarities
from catalog.search.vector_file import file_beside, load, save
from catalog.search.vector_rows import (
    DamagedRowsError,
    State,
    changed_state,
    piece_of,
    rows_at,
    sketched_state,
    state_of,
)
from catalog.store.vectors import changed_since, fresh, of_entry

if TYPE_CHECKING:
    from catalog.search.arrays import Ids, Matrix
    from catalog.store.reader import Reader


Answer = TypeVar("Answer")

KEPT_FROM = 2_000
"""With fewer rows no file is kept: reading them from the database takes a few milliseconds."""

_WORTH_A_SKETCH = 20  # searches of rows that can't be kept, after which a sketch of them is made all the same


class VectorIndex:
    """The fresh vectors of one embedder, to be searched. Safe in threads and after a fork.

    Attributes:
        embedder: the name of what made the vectors.
        path: of the file that keeps the rows; None: they are not kept.
        state: what the last search looked at; None before the first.
    """

    def __init__(self, reader: Reader, embedder: str, *, file: bool = True) -> None:
        """Look at nothing yet.

        Args:
            reader: the database.
            embedder: its name.
            file: whether the rows may be kept in a file beside the database.
        """
        self.embedder = embedder
        self.path = file_beside(reader.path, embedder) if file else None
        self.state: State | None = None
        self._reader = reader
        self._lock = threading.Lock()
        self._is_distrusted = False
        self._searches = 0
        self._used = 0.0
        after_fork(self)

    @property
    def recall(self) -> float:
        """The share of the ten nearest entries that a search finds, as measured when the index was made; 1: exact."""
        pieces = self.state.pieces if self.state else ()
        return min((piece.sketch.recall for piece in pieces if piece.sketch), default=1.0)

    @property
    def here(self) -> str:
        """How searches in this process find what is nearest, in words."""
        return "exact" if self.recall == 1 else f"by a sketch, which finds {self.recall:.3f} of the ten nearest"

    def search(
        self,
        queries: Matrix,
        k: int,
        allowed_ids: Sequence[int] | Ids | None = None,
        *,
        also: Sequence[int] | Ids = (),
        without: Sequence[int] | Ids = (),
        generation: int | None = None,
    ) -> Nearest:
        """Return the entries nearest to a request and to each of its parts.

        Args:
            queries: the vector of a request, or a row for it and each of its parts; of length 1. To a row of zeros
                nothing is near.
            k: how many for each row; all that are equal to the last one come too.
            allowed_ids: the entries that count; None: all. What does not count is left out before anything is ranked.
            also: entries to give beside the nearest, as far as they are allowed: those that the words found.
            without: entries that do not count, few.
            generation: of the database, if the caller knows it: where the index shows it already, nothing is asked.

        Raises:
            SearchError: *queries* has not the width of the vectors, or is not finite.
        """
        import numpy as np

        wanted = np.ascontiguousarray(queries, dtype=np.float32)
        wanted = wanted[None] if wanted.ndim == 1 else wanted
        if not math.isfinite(float(np.vdot(wanted, wanted))):
            raise SearchError("the vector of the request is not finite", embedder=self.embedder)
        return self._trusted(lambda state: self._answer(state, wanted, k, allowed_ids, also, without), generation)

    def _answer(
        self,
        state: State,
        wanted: Matrix,
        k: int,
        allowed_ids: Sequence[int] | Ids | None,
        also: Sequence[int] | Ids,
        without: Sequence[int] | Ids,
    ) -> Nearest:
        import numpy as np

        if not state.pieces:
            return Nearest(np.empty(0, np.int64), np.empty((len(wanted), 0)), [spread([])] * len(wanted))
        width = state.pieces[0].rows.shape[1]
        if wanted.shape[1] != width:
            raise SearchError(
                f"the vector of the request has {wanted.shape[1]} numbers; those of embedder '{self.embedder}' "
                f"have {width}",
                embedder=self.embedder,
            )
        if any(piece.sketch for piece in state.pieces):
            from catalog.search import sketched  # not for catalogs that are not large

            places, spreads = sketched.chosen_places(state, wanted, k, allowed_ids, also, without)
            return answer_of(state, places, wanted, spreads)._replace(way=self.here)
        if state.size >= vector_rows.SKETCHED_FROM:
            self._sketch(state)
        products = products_of(state, wanted)
        spreads = [spread(row) for row in products]
        chosen = chosen_places(state, products, wanted, k, allowed_ids, also, without)
        return answer_of(state, chosen, wanted, spreads)

    def vector(self, entry_id: int, *, generation: int | None = None) -> Matrix | None:
        """Return the row of an entry, or None where it has no fresh vector."""
        import numpy as np

        def row_in(state: State) -> Matrix | None:
            for piece in state.pieces:
                place = int(np.searchsorted(piece.ids, entry_id))
                if place < len(piece.ids) and piece.ids[place] == entry_id and place not in piece.dead:
                    row: Matrix = rows_at(piece, np.array([place]))[0]
                    return row
            return None

        return self._trusted(row_in, generation)

    def sample(self, most: int, *, generation: int | None = None) -> Matrix:
        """Return some of the rows, evenly spaced among those that count: (at most *most*, width)."""
        import numpy as np

        def some(state: State) -> Matrix:
            if not state.pieces:
                return np.empty((0, 0), np.float32)
            counted = np.delete(np.arange(state.size), state.dead)
            chosen, at, rows = counted[:: max(1, -(-len(counted) // most))], 0, []
            for piece in state.pieces:
                end = at + len(piece.ids)
                rows.append(rows_at(piece, chosen[(chosen >= at) & (chosen < end)] - at))
                at = end
            return np.concatenate(rows)

        return self._trusted(some, generation)

    def example(self, entry_id: int, examples: Sequence[str], query: Matrix) -> tuple[int, float] | None:
        """Return the place of the example nearest to *query*, and its similarity; None where no example has a vector.

        The vectors are read from the database and taken by the hash of the text, so the answer is about these examples
        even if the entry has others by now.
        """
        import numpy as np

        known = of_entry(self._reader, self.embedder, entry_id)
        vectors = [(place, known[hashed]) for place, hashed in enumerate(map(text_hash, examples)) if hashed in known]
        if not vectors:
            return None
        similar = similarities(np.stack([vector for _, vector in vectors]), np.asarray(query, np.float64))
        best = int(similar.argmax())
        return vectors[best][0], float(similar[best])

    def refresh(self, generation: int | None = None) -> int:
        """Bring the index up to date, as a search does; return the generation it shows."""
        return self._now(generation).mark.generation

    def __len__(self) -> int:
        """Return the number of rows that count, as of the last search."""
        return self.state.size - len(self.state.dead) if self.state else 0

    @property
    def nbytes(self) -> int:
        """The memory the rows take, in bytes, mapped files included."""
        return sum(piece.nbytes for piece in (self.state.pieces if self.state else ()))

    # -- one state after another -------------------------------------------------------------------------------------

    def release_memory(self, unused_for: float) -> None:
        """Hold no memory for the rows in the file if nothing has asked for *unused_for* seconds."""
        if self.state is not None and time.monotonic() - self._used >= unused_for:
            for piece in self.state.pieces:
                piece.release_memory()

    def _trusted(self, ask: Callable[[State], Answer], generation: int | None) -> Answer:
        """Return what *ask* makes of the state of now; where its file is damaged, of one read from the database."""
        self._used = time.monotonic()
        try:
            return ask(self._now(generation))
        except DamagedRowsError:
            with self._lock:
                self.state, self._is_distrusted = None, True
            return ask(self._now(generation))

    def take_file(self) -> bool:
        """Take the rows that the file keeps, if they are of this database and nearly as new; return whether they are.

        What has changed since is read from the database; all vectors are not.
        """
        with self._lock:
            if self.state is None and self.path is not None and not self._is_distrusted:
                kept = load(self.path, self.embedder)
                if kept is not None:
                    self.state = self._followed(kept, is_from_file=True)
            return self.state is not None

    def _now(self, generation: int | None) -> State:
        # Without the lock first: a state is never changed, so searches do not wait for each other. Under the lock the
        # same question again: of threads that come at once, the first reads the database and the others take its state.
        state = self.state
        if state is not None and state.mark.generation == generation:
            return state
        with self._lock:
            state = self.state
            if state is not None and state.mark.generation == generation:
                return state
            self.state = self._next(state)
            return self.state

    def _next(self, state: State | None) -> State:
        is_from_file = state is None
        if state is None and self.path is not None and not self._is_distrusted:
            state = load(self.path, self.embedder)
        after = None if state is None else self._followed(state, is_from_file)
        if after is not None:
            return after
        mark, vectors = fresh(self._reader, self.embedder)
        return self._kept(state_of(mark, [piece_of(vectors)] if len(vectors.entry_ids) else []))

    def _followed(self, state: State, is_from_file: bool) -> State | None:
        """Return *state* with what has changed since; None: everything must be read again."""
        changes = changed_since(self._reader, self.embedder, state.mark, max(1_000, state.size // 5))
        if changes is None:
            return None
        after = changed_state(state, changes)
        if any(piece.sketch for piece in state.pieces):
            after = sketched_state(after, state.pieces)
        # A few changes cost the next process less to read again than all rows cost this one to write.
        if is_from_file and len(changes.touched) > max(100, state.size // 20):
            after = self._kept(after)
        return after

    def _kept(self, state: State) -> State:
        """Return *state* after writing it to the file, if it can be; with a sketch if it is large.

        What was written is mapped, as every other process does: nobody holds a second copy of its own.
        """
        if self.path is None or not state.mark.token or state.size < KEPT_FROM or sys.byteorder != "little":
            return state
        if state.size >= vector_rows.SKETCHED_FROM and os.access(os.path.dirname(self.path) or ".", os.W_OK):
            state = sketched_state(state)
        with suppress(OSError):  # a full disk, a folder one may not write to: the next process reads the database
            save(self.path, self.embedder, state, like=self._reader.path)
            kept = None if self._is_distrusted else load(self.path, self.embedder)
            if kept is not None and kept.mark == state.mark:
                return kept
        return state

    def _sketch(self, state: State) -> None:
        """Make a sketch of rows that could not be kept, once so many searches have been made that it is worth it."""
        with self._lock:
            self._searches += 1
            if self._searches == _WORTH_A_SKETCH and self.state is state:
                self.state = sketched_state(state)

    def renew_after_fork(self) -> None:
        """Take a new lock in a child process; the pieces of the index are whole at any moment, and stay."""
        self._lock = threading.Lock()
