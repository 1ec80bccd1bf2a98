"""Products of a few vectors with many rows, in blocks that BLAS does not share out among threads.

Where other work keeps the cores busy, threads that wait for each other take far longer than the product: one vector and
20,000 rows of 256 numbers took 9.9 ms at once and 0.6 ms in blocks on two busy cores, 0.45 and 0.8 ms on idle ones, and
the same on one. From some 50,000 rows on, several vectors at once are as fast in threads even then.

Numpy is imported at the top: nobody imports this module before there are vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from catalog.search.arrays import Matrix

ONE_THREAD = 1 << 18
"""Multiplications up to which OpenBLAS uses one thread; 460,800 for a single vector."""

MANY_ROWS = 50_000
"""Rows from which on threads are as fast for several vectors even on busy cores."""

_FEW_QUERIES = 8


def products(queries: Matrix, rows: Matrix, out: Matrix | None = None) -> Matrix:
    """Return the product of each query with each row: (m, n).

    Args:
        queries: (m, width).
        rows: (n, width).
        out: the array to write them to, and to return; None: a new one.
    """
    count, width = queries.shape
    if out is None:
        out = np.empty((count, len(rows)), np.float32)
    if count == 1:
        step = max(1, ONE_THREAD // max(width, 1))
        for start in range(0, len(rows), step):
            np.matmul(rows[start : start + step], queries[0], out=out[0, start : start + step])
    elif count > _FEW_QUERIES or len(rows) > MANY_ROWS:
        np.matmul(queries, rows.T, out=out)
    else:
        step = max(1, ONE_THREAD // max(width * count, 1))
        for start in range(0, len(rows), step):
            np.matmul(queries, rows[start : start + step].T, out=out[:, start : start + step])
    return out
