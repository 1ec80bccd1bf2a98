"""The rows of an index: pieces that never change, and which of their rows no longer count.

The pieces are kept as a log-structured merge tree keeps its runs: a change appends a small piece and marks the rows it
replaces as dead, and pieces of like size are joined. So a change costs about as much as the rows it changes, a row is
copied a number of times that grows with the logarithm of all, and a search has few pieces to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.store.entry_rows import rows_of_entries
from catalog.store.vectors import Mark

if TYPE_CHECKING:
    from catalog.search.arrays import Ids, Matrix, Places
    from catalog.store.vectors import Changes, Rows


SMALL = 512
"""Rows that are copied in no time: smaller pieces are joined to the next, whatever its size."""


class Piece(NamedTuple):
    """Rows that nobody writes to.

    Attributes:
        ids: of the entries, ascending, each once.
        rows: (n, width), one unit row for each id.
        dead: places of the rows that no longer count, because the entry has changed or is gone; ascending.
    """

    ids: Ids
    rows: Matrix
    dead: Places


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
        for array in piece:
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
    import numpy as np

    if not len(changes.touched):
        return State(changes.mark, state.pieces, state.dead)
    pieces = []
    for old in state.pieces:
        piece = old._replace(dead=np.union1d(old.dead, places_of(old.ids, changes.touched)))
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


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return one piece with the rows of *pieces* that count."""
    import numpy as np

    ids, rows = [], []
    for piece in pieces:
        alive = np.ones(len(piece.ids), np.bool_)
        alive[piece.dead] = False
        ids.append(piece.ids[alive])
        rows.append(piece.rows[alive])
    all_ids = np.concatenate(ids)
    order = np.argsort(all_ids)
    return Piece(all_ids[order], np.concatenate(rows)[order], np.empty(0, np.int64))
