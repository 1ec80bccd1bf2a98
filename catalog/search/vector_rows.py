"""The rows of an index: pieces that never change, and which of their rows no longer count.

The pieces are kept as a log-structured merge tree keeps its runs: a change appends a small piece and marks the rows it
replaces as dead, and pieces of like size are joined. So a change costs about as much as the rows it changes, a row is
copied a number of times that grows with the logarithm of all, and a search has few pieces to look at. Large pieces have
a sketch (:mod:`catalog.search.sketch`), by which a search chooses the rows it looks at.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.store.entry_rows import rows_of_entries
from catalog.store.vectors import Mark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.search.arrays import Ids, Matrix, Places
    from catalog.search.sketch import Sketch
    from catalog.store.vectors import Changes, Rows


SKETCHED_FROM = 100_000
"""Rows from which on a piece has a sketch; a product with each of fewer takes a few milliseconds, and is exact."""

SMALL = 512
"""Rows that are copied in no time: smaller pieces are joined to the next, whatever its size."""


class DamagedRowsError(Exception):
    """Rows of a mapped file are not those that were written; caught by the index, which reads the database then."""


class Piece(NamedTuple):
    """Rows that nobody writes to.

    Attributes:
        ids: of the entries, ascending, each once.
        rows: (n, width), one unit row for each id.
        dead: places of the rows that no longer count, because the entry has changed or is gone; ascending.
        sums: of each row, which is to be compared before a row counts (:func:`rows_at`); None: that has been done.
        sketch: of the rows; None: each is looked at.
        file: the mapped file that the arrays lie in; None: they are this process's own memory.
    """

    ids: Ids
    rows: Matrix
    dead: Places
    sums: NDArray[np.uint64] | None = None
    sketch: Sketch | None = None
    file: mmap.mmap | None = None

    @property
    def nbytes(self) -> int:
        """The memory all arrays take, mapped ones included."""
        own = [*self[:3], *([] if self.sums is None else [self.sums])]
        return sum(array.nbytes for array in (*own, *(self.sketch[:5] if self.sketch else ())))

    def release_memory(self) -> None:
        """Hold no memory for what is mapped until it is looked at again, which costs next to nothing.

        The system keeps the pages of the file as long as it has room, and may do so at any moment: whoever reads them
        now goes on.
        """
        if self.file is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            self.file.madvise(mmap.MADV_DONTNEED)


class State(NamedTuple):
    """The rows of an index at one state of the database.

    Attributes:
        mark: the state of the database.
        pieces: the largest first; an entry has a row that counts in one of them at the most.
        dead: places of the rows that no longer count, counted over all pieces, one behind the other.
    """

    mark: Mark
    pieces: tuple[Piece, ...]
    dead: Places

    @property
    def size(self) -> int:
        """The rows of all pieces, dead ones included."""
        return sum(len(piece.ids) for piece in self.pieces)


def places_of(ids: Ids, wanted: Ids) -> Places:
    """Return the places in *ids*, which are ascending, of those *wanted* that are there; in the order of *wanted*."""
    import numpy as np

    if not len(ids):
        return np.empty(0, np.int64)
    places = np.searchsorted(ids, wanted)
    # searchsorted gives a place also for what is not there, one past the end for what is larger than all.
    present: Places = places[ids[np.minimum(places, len(ids) - 1)] == wanted]
    return present


def state_of(mark: Mark, pieces: Sequence[Piece]) -> State:
    """Return a state of *pieces*, whose arrays are made read-only: searches under way share them."""
    import numpy as np

    dead, at = [np.empty(0, np.int64)], 0
    for piece in pieces:
        for array in piece[:3]:
            array.flags.writeable = False
        if len(piece.dead):
            dead.append(piece.dead + at)
        at += len(piece.ids)
    return State(mark, tuple(pieces), np.concatenate(dead))


def piece_of(vectors: Rows) -> Piece:
    """Return a piece with one row for each entry that has *vectors*: of its text, pulled towards its examples."""
    import numpy as np

    return Piece(*rows_of_entries(vectors), np.empty(0, np.int64))


def changed_state(state: State, changes: Changes) -> State:
    """Return the state after *changes*; all pieces of *state* that lose less than half of their rows are shared."""
    if not len(changes.touched):
        return State(changes.mark, state.pieces, state.dead)
    pieces = []
    for old in state.pieces:
        piece = _without(old, places_of(old.ids, changes.touched))
        if len(piece.dead) < len(piece.ids):
            # Dead rows cost memory and are multiplied with every request: no more of them than of the others.
            pieces.append(joined([piece]) if 2 * len(piece.dead) > len(piece.ids) else piece)
    if len(changes.rows.entry_ids):
        pieces.append(piece_of(changes.rows))
    # A piece is to be at least twice as large as the next, which keeps their number at the logarithm of all rows, and
    # has a row copied only when the piece it lies in doubles.
    while len(pieces) > 1 and len(pieces[-2].ids) < max(2 * len(pieces[-1].ids), SMALL):
        pieces[-2:] = [joined(pieces[-2:])]
    return state_of(changes.mark, pieces)


def _without(piece: Piece, places: Places) -> Piece:
    """Return *piece* after the rows at *places* no longer count."""
    import numpy as np

    dead = np.union1d(piece.dead, places)
    if piece.sketch is None or len(dead) == len(piece.dead):
        return piece._replace(dead=dead)
    from catalog.search.sketch import without

    gone = rows_at(piece, np.setdiff1d(places, piece.dead))
    return piece._replace(dead=dead, sketch=without(piece.sketch, gone))


def rows_at(piece: Piece, places: Places) -> Matrix:
    """Return the rows at *places*, as they were written.

    Raises:
        DamagedRowsError: they are not what was written.
    """
    rows: Matrix = piece.rows[places]
    if piece.sums is not None and (row_sums(rows) != piece.sums[places]).any():
        raise DamagedRowsError
    return rows


def row_sums(rows: Matrix) -> NDArray[np.uint64]:
    """Return a sum of the bytes of each row; a single damaged number always changes it."""
    import numpy as np

    words = np.ascontiguousarray(rows).view(np.uint32 if rows.shape[1] % 2 else np.uint64)
    sums: NDArray[np.uint64] = words.sum(axis=1, dtype=np.uint64)
    return sums


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return one piece with the rows of *pieces* that count; it keeps the sketch of a first that is most of it."""
    import numpy as np

    ids, rows, alive = [], [], []
    for piece in pieces:
        alive.append(np.ones(len(piece.ids), np.bool_))
        alive[-1][piece.dead] = False
        ids.append(piece.ids[alive[-1]])
        rows.append(rows_at(piece, np.flatnonzero(alive[-1])))
    all_ids, all_rows = np.concatenate(ids), np.concatenate(rows)
    order = np.argsort(all_ids)
    sketch = pieces[0].sketch
    if sketch is not None:
        from catalog.search.sketch import joined_sketch

        # What was measured with other rows says little about what they are no longer most of.
        most = 3 * len(ids[0]) >= 2 * len(all_ids)
        sketch = joined_sketch(sketch, alive[0], all_rows[len(ids[0]) :], order) if most else None
    return Piece(all_ids[order], all_rows[order], np.empty(0, np.int64), None, sketch)


def sketched_state(state: State, tried: Sequence[Piece] = ()) -> State:
    """Return *state* with a sketch of each piece that is large enough for one, and that has not been *tried* before."""
    from catalog.search.sketch import sketch_of

    pieces = list(state.pieces)
    for place, piece in enumerate(pieces):
        is_new = piece.sketch is None and all(piece.rows is not other.rows for other in tried)
        if is_new and len(piece.ids) - len(piece.dead) >= SKETCHED_FROM:
            whole = joined([piece]) if len(piece.dead) else piece
            pieces[place] = whole._replace(sketch=sketch_of(whole.rows))
    return state_of(state.mark, pieces)
