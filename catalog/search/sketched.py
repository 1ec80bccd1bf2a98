"""The rows that make up an answer where large pieces have a sketch: chosen by their bits, compared exactly.

A filter narrows what the bits are compared of. What is nearest within it is further away than what is nearest of all,
so half as many rows again are looked at. Where it leaves few rows, and in small pieces, each row is looked at, and
nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from catalog.search.fusion import Spread, spread_of
from catalog.search.nearest import all_places, allowed_places, best_places, unique
from catalog.search.products import products
from catalog.search.sketch import candidates
from catalog.search.vector_rows import Piece, State, places_of, rows_at

if TYPE_CHECKING:
    from catalog.search.arrays import Ids, Matrix, Places

_AT_LEAST = 20
"""So many rows are looked at for each that is asked for."""

_ROWS = 16_384  # rows that are copied at once


def chosen_places(
    state: State,
    wanted: Matrix,
    k: int,
    allowed_ids: Sequence[int] | Ids | None,
    also: Sequence[int] | Ids,
    without: Sequence[int] | Ids,
) -> tuple[Places, list[Spread]]:
    """Return the places of the rows that make up an answer, and how similar all rows are to each of *wanted*.

    The arguments are those of :func:`catalog.search.nearest.chosen_places`.
    """
    allowed = None if allowed_ids is None else allowed_places(state, np.asarray(allowed_ids, np.int64))
    hidden = all_places(state, np.asarray(without, np.int64))
    near: list[list[tuple[Places, Matrix]]] = [[] for _ in wanted]
    sums = np.zeros((len(wanted), 2))
    counted, at = 0, 0
    for piece in state.pieces:
        end = at + len(piece.ids)
        counted += len(piece.ids) - len(piece.dead)
        mine = None if allowed is None else allowed[(allowed >= at) & (allowed < end)] - at
        out = np.concatenate([piece.dead, hidden[(hidden >= at) & (hidden < end)] - at])
        every = products(wanted, piece.rows) if piece.sketch is None else None
        for row, query in enumerate(wanted):
            values = None if every is None else every[row]
            sums[row] += _sums(piece, query, values)
            if k > 0 and query.any():
                places, similar = _nearest(piece, query, k, mine, out, values)
                near[row].append((places + at, similar))
        at = end
    beside = all_places(state, np.asarray(also, np.int64))
    if allowed is not None:
        beside = allowed[places_of(allowed, beside)]
    chosen = [np.setdiff1d(beside, np.concatenate([state.dead, hidden]))]
    for parts in near:
        if parts:
            places, similar = (np.concatenate(column) for column in zip(*parts, strict=True))
            chosen.append(places[best_places(similar, k)])
    spreads = [spread_of(counted, total, squares - total * total / max(counted, 1)) for total, squares in sums]
    return unique(np.concatenate(chosen)), spreads


def _sums(piece: Piece, query: Matrix, values: Matrix | None) -> tuple[float, float]:
    """Return the sum of the similarities of all rows that count, and that of their squares."""
    if piece.sketch is not None:
        exact = query.astype(np.float64)
        return float(piece.sketch.total @ exact), float(exact @ piece.sketch.squares @ exact)
    assert values is not None
    alive = np.delete(values, piece.dead).astype(np.float64)
    return float(alive.sum()), float(alive @ alive)


def _nearest(
    piece: Piece, query: Matrix, k: int, allowed: Places | None, out: Places, values: Matrix | None
) -> tuple[Places, Matrix]:
    """Return places in *piece* among which the *k* nearest to *query* are, and how similar they are.

    Args:
        piece: the rows.
        query: a request.
        k: how many.
        allowed: places of the rows that count; None: all do.
        out: places of rows that do not count all the same.
        values: how similar each row is, where that is known.
    """
    if values is not None:
        values = values.copy()
        values[out] = -np.inf
        places = np.arange(len(values)) if allowed is None else allowed
        return places, values[places]
    assert piece.sketch is not None
    is_whole = allowed is None
    if len(out):
        mask = np.ones(len(piece.ids), np.bool_)
        mask[out] = False
        allowed = np.flatnonzero(mask) if allowed is None else allowed[mask[allowed]]
    size = len(piece.ids) if allowed is None else len(allowed)
    most = max(int(piece.sketch.share * len(piece.ids)), _AT_LEAST * k)
    most += 0 if is_whole else most // 2
    if 2 * most < size:
        places = candidates(piece.sketch, query, most, allowed)
    else:
        places = np.arange(size) if allowed is None else allowed
    return places, _products(piece, places, query)


def _products(piece: Piece, places: Places, query: Matrix) -> Matrix:
    similar = np.empty(len(places), np.float32)
    for start in range(0, len(places), _ROWS):
        np.matmul(rows_at(piece, places[start : start + _ROWS]), query, out=similar[start : start + _ROWS])
    return similar
