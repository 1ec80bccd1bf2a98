"""A sketch of many rows: a bit for each of some directions, by which few rows are chosen to be looked at exactly.

From some hundred thousand rows on, a product with every row reads more memory than a search should: 1 GB for a million
rows of 256 numbers. A sketch has 32 bytes for each row instead: the signs of its coordinates, seen from the mean row,
after a rotation that spreads what is peculiar to a row over all coordinates. The bits in which two rows differ grow
with the angle between them (Charikar, "Similarity estimation techniques from rounding algorithms", 2002), so the rows
nearest to a request are among those that differ from it in the fewest bits. These few are multiplied as ever: what an
answer gives is exact, and what it may lack is measured when the sketch is made, with rows that stand for requests:
enough rows are looked at for :data:`RECALL`. Where no share of the rows is enough, there is no sketch.

How similar all rows are to a request, its mean and deviation, needs no look at the rows at all: their sum and the sum
of their outer products tell it exactly, and are kept level with what counts.

Numpy is imported at the top: nobody imports this module before there are vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catalog.search.arrays import Matrix, Places

    Words = NDArray[np.uint64]
    Sums = NDArray[np.float64]


RECALL = 0.99
"""The share of the ten nearest rows that a search must find, on average, by the rows it looks at."""

SHARES = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08)
"""Of the rows, to be looked at; the first with :data:`RECALL` is taken."""

_WORD = 64
_LEAST_BITS, _MOST_BITS = 256, 1_024
_BLOCK = 32_768  # rows whose bits are compared at once: the counts stay near
_ROWS = 8_192  # rows that are turned at once
_TRIED = 64  # requests by which the share is found
_AMONG = 200_000  # rows by which it is found: of more, the nearest stand out more
_NEAREST = 10


class Sketch(NamedTuple):
    """The bits of the rows of a piece, and what is known of all of them.

    Attributes:
        words: (bits / 64, n), 64 bits of each row in a line.
        turn: (width, bits), the rotation.
        centre: (width,), the row from which the others are seen.
        total: (width,), the sum of the rows that count.
        squares: (width, width), the sum of the outer products of the rows that count.
        share: of the rows that is looked at.
        recall: the share of the ten nearest rows that was found among these.
    """

    words: Words
    turn: Matrix
    centre: Matrix
    total: Sums
    squares: Sums
    share: float
    recall: float


def sketch_of(rows: Matrix) -> Sketch | None:
    """Return the sketch of *rows*, of which all count; None where one would not find what is near."""
    width = rows.shape[1]
    chance = np.random.default_rng(width)
    some = rows[:: max(1, len(rows) // 50_000)]
    centre = some.mean(axis=0, dtype=np.float64).astype(np.float32)
    bits = min(max(_LEAST_BITS, -(-width // _WORD) * _WORD), _MOST_BITS)
    random = chance.standard_normal((width, bits)).astype(np.float32)
    turn = np.linalg.qr(random)[0] if bits <= width else random
    sketch = Sketch(bits_of(rows, turn, centre), turn, centre, *moments(rows), 0.0, 0.0)
    measured = _measured(rows, sketch, chance)
    return None if measured is None else sketch._replace(share=measured[0], recall=measured[1])


def bits_of(rows: Matrix, turn: Matrix, centre: Matrix) -> Words:
    """Return the bits of *rows*: (bits / 64, n)."""
    words = np.empty((turn.shape[1] // _WORD, len(rows)), np.uint64)
    level = centre @ turn
    for start in range(0, len(rows), _ROWS):
        is_beyond = rows[start : start + _ROWS] @ turn > level
        is_beyond[:, 0] = False  # so that 256 bits differ in 255 at the most, which a byte holds
        words[:, start : start + _ROWS] = np.packbits(is_beyond, axis=1).view(np.uint64).T
    return words


def moments(rows: Matrix) -> tuple[Sums, Sums]:
    """Return the sum of *rows*, and the sum of their outer products."""
    width = rows.shape[1]
    total, squares = np.zeros(width), np.zeros((width, width))
    for start in range(0, len(rows), _ROWS):
        block = rows[start : start + _ROWS]
        total += block.sum(axis=0, dtype=np.float64)
        squares += block.T @ block
    return total, squares


def joined_sketch(first: Sketch, alive: NDArray[np.bool_], others: Matrix, order: Places) -> Sketch:
    """Return the sketch of a piece that is made of the rows *alive* of another, and of *others*.

    Args:
        first: the sketch of the other piece.
        alive: for each of its rows, whether it counts; the sums of *first* are of these.
        others: rows that come behind them.
        order: the places from which the rows of the new piece are taken, counted over both.
    """
    total, squares = moments(others)
    words = np.concatenate([first.words[:, alive], bits_of(others, first.turn, first.centre)], axis=1)
    return first._replace(words=words[:, order], total=first.total + total, squares=first.squares + squares)


def without(sketch: Sketch, rows: Matrix) -> Sketch:
    """Return the sketch after *rows* of it no longer count."""
    total, squares = moments(rows)
    return sketch._replace(total=sketch.total - total, squares=sketch.squares - squares)


def differing(sketch: Sketch, query: Matrix) -> NDArray[Any]:
    """Return in how many bits each row differs from *query*, which is seen from no centre."""
    words = bits_of(query[None], sketch.turn, np.zeros_like(sketch.centre))[:, 0]
    count = sketch.words.shape[1]
    # A byte for each row where it can hold the number; four times as many rows then fit where they are near.
    result: NDArray[Any] = np.empty(count, np.uint8 if len(words) * _WORD <= _LEAST_BITS else np.uint16)
    other, counts = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint8)
    for start in range(0, count, _BLOCK):
        into = result[start : start + _BLOCK]
        size = len(into)
        for place, word in enumerate(words):
            np.bitwise_xor(sketch.words[place, start : start + size], word, out=other[:size])
            np.bitwise_count(other[:size], out=counts[:size])
            if place:
                into += counts[:size]
            else:
                into[:] = counts[:size]
    return result


def candidates(sketch: Sketch, query: Matrix, most: int, counted: Places | None = None) -> Places:
    """Return the places of the *most* rows that differ least from *query*, and of all that differ as little.

    Args:
        sketch: of the rows.
        query: a request.
        most: how many.
        counted: places of the rows that count, ascending; None: all do.
    """
    bits = differing(sketch, query)
    if counted is not None:
        bits = bits[counted]
    if len(bits) > most:
        low, high = 0, int(bits.max())
        while low < high:  # a count of what is below a bound is faster than any sorting
            middle = (low + high) // 2
            low, high = (low, middle) if np.count_nonzero(bits <= middle) >= most else (middle + 1, high)
        near = np.flatnonzero(bits <= low)
    else:
        near = np.arange(len(bits))
    chosen: Places = near if counted is None else counted[near]
    return chosen


def _measured(rows: Matrix, sketch: Sketch, chance: np.random.Generator) -> tuple[float, float] | None:
    """Return the share of rows to look at, and the recall it gave; None where none gives the recall wanted.

    What stands for requests are half-way between two rows, or a row with half as much noise: further from all rows than
    rows are from each other, as requests are.
    """
    step = max(1, len(rows) // _AMONG)
    rows, sketch = rows[::step], sketch._replace(words=sketch.words[:, ::step])
    picked = rows[np.sort(chance.choice(len(rows), min(_TRIED, len(rows)), replace=False))]
    noise = chance.standard_normal(picked.shape).astype(np.float32) / np.float32(2 * np.sqrt(rows.shape[1]))
    queries = picked + np.where(np.arange(len(picked))[:, None] % 2, noise, np.roll(picked, 2, axis=0))
    lengths = np.sqrt(np.einsum("ij,ij->i", queries, queries))
    queries = (queries / np.maximum(lengths, 1e-6)[:, None]).astype(np.float32)
    products = np.concatenate([queries @ rows[at : at + _ROWS].T for at in range(0, len(rows), _ROWS)], axis=1)
    most = np.array(SHARES) * len(rows)
    found = np.zeros(len(SHARES))
    for query, row in zip(queries, products, strict=True):
        best = np.argpartition(row, len(row) - _NEAREST)[-_NEAREST:]
        bits = differing(sketch, query)
        bounds = np.searchsorted(np.bincount(bits).cumsum(), most)  # the bits up to which so many rows differ
        found += (bits[best] <= bounds[:, None]).mean(axis=1)
    for share, recall in zip(SHARES, found / len(queries), strict=True):
        if recall >= RECALL:
            return share, round(float(recall), 4)
    return None
