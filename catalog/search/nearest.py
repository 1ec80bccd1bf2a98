"""The rows nearest to a request: products, the best of them, and exact similarities.

Products in float32 find the rows, as they are fast; but their last bits depend on where a row lies among the others, as
BLAS adds up in another order there. So whatever may be as good as the last of the best is kept, and the similarities of
these few rows are computed again in float64 and rounded. The same entries have the same similarities in every process,
however their rows came to lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.search.fusion import Spread
from catalog.search.vector_rows import State, places_of, rows_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.search.arrays import Ids, Matrix, Places


_EQUAL = 4e-6
"""Products that differ by less may be equal: the order of the sums, and so the last bits, depends on a row's place."""

_DIGITS = 6
"""Similarities are given with so many decimals, which do not depend on a row's place."""

_BLOCK = 64  # products of which the largest is taken first


class Nearest(NamedTuple):
    """Entries near to a request, a column each, in the order of their ids.

    Attributes:
        ids: of the entries; the best of each row, and those asked for beside them, as far as they have a row here.
        similarities: cosines, a row for the request and one for each of its parts, with six decimals.
        spreads: for each row, how similar all entries are, before any filter.
        way: how they were found, in words; empty where every row was looked at here.
    """

    ids: Ids
    similarities: NDArray[np.float64]
    spreads: list[Spread]
    way: str = ""


def products_of(state: State, wanted: Matrix) -> Matrix:
    """Return the products of each row of *wanted* with each row of *state*: (len(wanted), state.size).

    Rows that do not count have -inf.
    """
    import numpy as np

    from catalog.search.products import products

    rows = len(wanted)
    if rows > 1:  # BLAS takes four rows in less time than two
        wanted = np.concatenate([wanted, np.zeros((-rows % 4, wanted.shape[1]), np.float32)])
    result = np.empty((len(wanted), state.size), np.float32)
    at = 0
    for piece in state.pieces:
        end = at + len(piece.ids)
        products(wanted, piece.rows, out=result[:, at:end])
        at = end
    result = result[:rows]
    if len(state.dead):
        result[:, state.dead] = -np.inf
    return result


def chosen_places(
    state: State,
    products: Matrix,
    wanted: Matrix,
    k: int,
    allowed_ids: Sequence[int] | Ids | None,
    also: Sequence[int] | Ids,
    without: Sequence[int] | Ids,
) -> Places:
    """Return the places, over all pieces, of the rows that make up an answer; ascending, or as one row gives them.

    Args:
        state: the rows.
        products: what :func:`products_of` gives of *wanted*; it is written to.
        wanted: the vectors of a request and its parts; to a row of zeros nothing is near.
        k: how many of the best to take for each row of *wanted*; what ties with the last of them comes too.
        allowed_ids: entries that count; None: all.
        also: entries to take besides, as far as they are allowed.
        without: entries that do not count.
    """
    import numpy as np

    if len(without):
        products[:, all_places(state, np.asarray(without, np.int64))] = -np.inf
    telling = [row for row, query in zip(products, wanted, strict=True) if query.any()] if k > 0 else []
    beside = all_places(state, np.asarray(also, np.int64)) if len(also) else np.empty(0, np.int64)
    if allowed_ids is None:
        chosen = [best_places(row, k) for row in telling]
    else:
        allowed = allowed_places(state, np.asarray(allowed_ids, np.int64))
        chosen = [allowed[best_places(row[allowed], k)] for row in telling]
        beside = allowed[places_of(allowed, beside)]
    if len(beside):
        chosen.append(beside[products[0, beside] > -np.inf])
    return chosen[0] if len(chosen) == 1 else unique(np.concatenate([np.empty(0, np.int64), *chosen]))


def allowed_places(state: State, ids: Ids) -> Places:
    """Return the places of those *ids* that have a row, over all pieces; ascending within a piece."""
    import numpy as np

    least, most = (pick([int(piece.ids[end]) for piece in state.pieces]) for pick, end in ((min, 0), (max, -1)))
    # A table of all ids is no way where a damaged row has an id beyond all others.
    if 8 * len(ids) < state.size or least < 0 or most > 1_000_000 + 64 * state.size:
        return all_places(state, unique(ids))
    table = np.zeros(most + 2, np.bool_)
    table[ids[(ids >= 0) & (ids < len(table))]] = True  # sorting half of all would take longer than the search
    return np.flatnonzero(np.concatenate([table[piece.ids] for piece in state.pieces]))


def all_places(state: State, ids: Ids) -> Places:
    """Return the places of those *ids* that have a row, over all pieces; dead rows included."""
    import numpy as np

    places, at = [], 0
    for piece in state.pieces:
        places.append(places_of(piece.ids, ids) + at)
        at += len(piece.ids)
    return places[0] if len(places) == 1 else np.concatenate(places)


def unique(numbers: Ids) -> Ids:
    """Return the different *numbers* in order: ``numpy.unique`` without its import of masked arrays, 7 ms."""
    import numpy as np

    ordered = np.sort(numbers)
    firsts: Ids = ordered[np.concatenate([np.ones(min(1, len(ordered)), np.bool_), ordered[1:] != ordered[:-1]])]
    return firsts


def best_places(products: Matrix, k: int) -> Places:
    """Return the places of the *k* largest products, and of all that may equal the last of them; never of -inf."""
    import numpy as np

    if len(products) > k:
        # The k-th largest of the largest of each block is no larger than the k-th largest of all: only blocks whose
        # largest reaches it need be sorted out.
        whole = len(products) // _BLOCK * _BLOCK
        if whole // _BLOCK > k:
            tops = products[:whole].reshape(-1, _BLOCK).max(axis=1)
            blocks = np.flatnonzero(tops >= np.partition(tops, len(tops) - k)[len(tops) - k] - _EQUAL)
            inner = blocks[:, None] * _BLOCK + np.arange(_BLOCK)
            near = np.concatenate([inner.ravel(), np.arange(whole, len(products))])
        else:
            near = np.arange(len(products))
        values = products[near]
        cut = np.partition(values, len(values) - k)[len(values) - k]
        if cut > -np.inf:
            best: Places = near[values >= cut - _EQUAL]
            return best
    return np.flatnonzero(products > -np.inf)


def answer_of(state: State, chosen: Places, wanted: Matrix, spreads: list[Spread]) -> Nearest:
    """Return the entries at the places *chosen*, by id, with similarities that do not depend on where a row lies."""
    import numpy as np

    ids, rows, at = [], [], 0
    for piece in state.pieces:
        end = at + len(piece.ids)
        mine = chosen if len(state.pieces) == 1 else chosen[(chosen >= at) & (chosen < end)] - at
        if len(mine):
            ids.append(piece.ids[mine])
            rows.append(rows_at(piece, mine))
        at = end
    if not ids:
        return Nearest(np.empty(0, np.int64), np.empty((len(wanted), 0)), spreads)
    all_ids, all_rows = (ids[0], rows[0]) if len(ids) == 1 else (np.concatenate(ids), np.concatenate(rows))
    exact = all_rows.astype(np.float64)
    similar = np.stack([similarities(exact, query.astype(np.float64)) for query in wanted])
    if len(ids) > 1:
        order = np.argsort(all_ids)
        return Nearest(all_ids[order], similar[:, order], spreads)
    return Nearest(all_ids, similar, spreads)


def similarities(rows: Any, query: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine of each row with *query*, in double precision: no two orders of rows differ in a digit."""
    import numpy as np

    similar: NDArray[np.float64] = np.einsum("ij,j->i", rows, query)
    return np.minimum(np.maximum(similar.round(_DIGITS), -1.0), 1.0)
