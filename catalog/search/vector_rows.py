"""The rows of an index: pieces that never change, and what is dead in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.entry.embedding_text import TEXT
from catalog.search.fusion import pulled
from catalog.store.vectors import Mark

if TYPE_CHECKING:
    from catalog.search.arrays import Ids, Matrix, Places
    from catalog.store.vectors import Changes, Rows


SMALL = 512  # rows that are copied in no time


class Piece(NamedTuple):
    """Rows in the order of entries, and the places among them that no longer count."""

    ids: Ids  # each once
    rows: Matrix
    dead: Places


class State(NamedTuple):
    """The rows of an index at one state of the database."""

    mark: Mark
    pieces: tuple[Piece, ...]  # the largest first
    dead: Places  # over all pieces, one behind the other

    @property
    def size(self) -> int:
        """The rows of all pieces, dead ones included."""
        return sum(len(piece.ids) for piece in self.pieces)


def places_of(ids: Ids, wanted: Ids) -> Places:
    """Return the places of those *wanted* that are in the sorted *ids*."""
    import numpy as np

    if not len(ids):
        return np.empty(0, np.int64)
    places = np.searchsorted(ids, wanted)
    found: Places = places[ids[np.minimum(places, len(ids) - 1)] == wanted]
    return found


def state_of(mark: Mark, pieces: Sequence[Piece]) -> State:
    """Return a state of *pieces*, which nobody may write to from now on."""
    import numpy as np

    dead, at = [np.empty(0, np.int64)], 0
    for piece in pieces:
        for array in piece:
            array.flags.writeable = False
        if len(piece.dead):
            dead.append(piece.dead + at)
        at += len(piece.ids)
    return State(mark, tuple(pieces), np.concatenate(dead))


def piece_of(found: Rows) -> Piece:
    """Return one row for each entry that has vectors in *found*."""
    import numpy as np

    none = np.empty(0, np.int64)
    about = found.parts == TEXT
    if about.all() and (np.diff(found.entry_ids) > 0).all():  # as they come from a catalog embedded in one go
        return Piece(found.entry_ids, found.vectors, none)
    order = np.lexsort((found.parts, found.entry_ids))
    texts, examples = order[about[order]], order[~about[order]]
    ids = np.unique(found.entry_ids)
    rows = np.zeros((len(ids), found.vectors.shape[1]), np.float32)
    rows[np.searchsorted(ids, found.entry_ids[texts])] = found.vectors[texts]
    if len(examples):
        which, owners = np.unique(found.entry_ids[examples], return_inverse=True)
        places = np.searchsorted(ids, which)
        rows[places] = pulled(rows[places], found.vectors[examples], owners)
    return Piece(ids, rows, none)


def changed_state(state: State, changes: Changes) -> State:
    """Return the state after *changes*."""
    import numpy as np

    if not len(changes.touched):
        return State(changes.mark, state.pieces, state.dead)
    pieces = []
    for old in state.pieces:
        piece = old._replace(dead=np.union1d(old.dead, places_of(old.ids, changes.touched)))
        if len(piece.dead) < len(piece.ids):
            pieces.append(joined([piece]) if 2 * len(piece.dead) > len(piece.ids) else piece)
    if len(changes.rows.entry_ids):
        pieces.append(piece_of(changes.rows))
    # Each at least twice as large as the next, and one small one: there are few, and a row is copied seldom.
    while len(pieces) > 1 and len(pieces[-2].ids) < max(2 * len(pieces[-1].ids), SMALL):
        pieces[-2:] = [joined(pieces[-2:])]
    return state_of(changes.mark, pieces)


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return one piece of all rows that count."""
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
