"""One score from two kinds of evidence: the words an entry shares with a request, and how near their meanings are.

Both are brought to the same currency, the logarithm of odds, and added. BM25 is in it already: it is a sum of the
weights of the words that match, and the weight of a word is the logarithm of how much rarer it is among all entries
than among the right ones. A similarity gets there as its distance from the mean similarity of all entries to the same
request, in standard deviations, times one constant.

Nothing has to be set, because each side falls silent by itself where it knows nothing:

- Conversational requests consist of words that most entries have or none has: they weigh next to nothing, BM25 stays
  near 0 for every entry, and the similarities decide.
- An identifier or a rare term weighs more than any similarity can, so exact words decide.
- Where no entry stands out by meaning, all are within a standard deviation or two, whatever the embedder's scale.

Making both lists comparable by force (ranks, or the range from the best to the worst of each) throws just that away:
the best of a list of chance matches then counts as much as an exact name. ``benchmarks/search/quality.py`` has the
figures.

Sources: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3 (BM25 as a
sum of log-odds); Arampatzis and Robertson, "Modeling score distributions in information retrieval", 2011 (standard
scores).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from catalog.search.arrays import Floats


GAIN = 5.0
"""What one standard deviation of similarity is worth in BM25. 4 to 6 are equal on every set of tools we have."""

LEXICAL_POOL = 200
"""How many of the entries that words rank best take part; with 1,000 the first ten are the same."""

SEMANTIC_POOL = 100
"""How many of the entries that are nearest in meaning take part."""

PARTS = 0.5
"""The share of the best part in the score of a request of several parts. 0.3 to 0.7 are equal."""

_PRIOR_DEVIATION = 0.1  # of similarities, where nothing is known; a common one
_PRIOR_WEIGHT = 20  # entries that say as much as this prior; a catalog of three has no spread worth the name
_STRANGERS = 1  # entries that a request has nothing to do with
_DIGITS = 9  # to which scores are compared; sums in another order differ beyond
_SPREAD_DIGITS = 6  # as many as similarities have


class Spread(NamedTuple):
    """How similar all entries are to a request.

    Attributes:
        mean: of the similarities.
        deviation: their standard deviation, > 0.
    """

    mean: float
    deviation: float


class Fused(NamedTuple):
    """The fused scores of some candidates, and what they are made of; all in the order given.

    Attributes:
        scores: lexical plus semantic points; higher is better, unitless, comparable within one answer.
        lexical: points for words, ≥ 0: BM25.
        semantic: points for meaning; negative for what is less similar than the mean entry.
        guessed: where there is no vector, and the points for meaning are what the words let expect.
    """

    scores: Floats
    lexical: Floats
    semantic: Floats
    guessed: NDArray[np.bool_]


def spread(similarities: ArrayLike) -> Spread:
    """Return mean and deviation of a request's *similarities* to all entries that have vectors, before any filter.

    Few entries say little about their deviation: it begins at 0.1, a common one, and 20 entries move it half the way.
    They say little about their mean, too: the only entry of a catalog would never be nearer than the mean. So one more
    entry, of similarity 0, is counted with them. Values that are not finite count as absent.
    """
    import numpy as np

    values = np.asarray(similarities)
    total = float(values.sum(dtype=np.float64))
    if not np.isfinite(total):  # rows that do not count have -inf; the sum tells without a look at each
        values = values[np.isfinite(values)]
        total = float(values.sum(dtype=np.float64))
    count = values.size
    mean = total / count if count else 0.0
    # In the type of the values: float64 would take twice the memory for digits that are rounded away below.
    away = values - values.dtype.type(mean) if values.dtype.kind == "f" else values - mean
    return spread_of(count, total, float(np.vdot(away, away)))


def spread_of(count: int, total: float, squares: float) -> Spread:
    """Return mean and deviation of *count* similarities, of which the sum is known, and that of the squares.

    Args:
        count: how many.
        total: their sum.
        squares: the sum of the squares of what lies between each and their mean.
    """
    expected = total / (count + _STRANGERS)
    # The variance of the entries and that of the prior, each weighted by the number of entries it stands for.
    deviation = math.sqrt((squares + _PRIOR_WEIGHT * _PRIOR_DEVIATION**2) / (count + _PRIOR_WEIGHT))
    # The last bits depend on the order the rows lie in, and the same entries are to have the same scores everywhere.
    return Spread(round(expected, _SPREAD_DIGITS), round(deviation, _SPREAD_DIGITS))


def z_scores(similarities: ArrayLike, spreads: Sequence[Spread]) -> Floats:
    """Return how far candidates stand out by their meaning, in standard deviations.

    Args:
        similarities: of each candidate (columns) to the request (first row) and to its parts (the other rows, if any);
            no number (NaN) for a candidate without a vector.
        spreads: mean and deviation of the similarities of all entries, for each row.

    Returns:
        For a request of one part, the standard score of each candidate; else half that and half its best standard
        score for a part, so that what serves one part well stands beside what serves all of them a little. NaN for
        candidates without a vector.
    """
    import numpy as np

    rows: Floats = np.array(similarities, np.float64, ndmin=2)
    for row, of_all in zip(rows, spreads, strict=True):
        row -= of_all.mean
        row /= of_all.deviation
    whole: Floats = rows[0]
    # Each part is measured by its own mean and deviation, so parts of any length compete on equal terms.
    return whole if len(rows) == 1 else (1 - PARTS) * whole + PARTS * rows[1:].max(axis=0)


def fuse(lexical: ArrayLike, semantic: ArrayLike, *, gain: float = GAIN) -> Fused:
    """Return the fused scores of candidates.

    The score of a candidate with a vector depends on its own BM25 and standard score alone, and grows with both. A
    candidate without a vector gets the points for meaning that candidates with its BM25 have by least squares (a line
    through the origin, never falling), so that it is neither lost nor first for lack of a vector. Without any vector,
    scores are BM25.

    Args:
        lexical: BM25 of each candidate, ≥ 0; 0 or NaN where no word matched.
        semantic: the standard score of each candidate, from :func:`z_scores`; NaN where it has no vector.
        gain: what one standard deviation is worth, in points of BM25.
    """
    import numpy as np

    words = np.asarray(lexical, np.float64)
    if not math.isfinite(words.sum()):
        words = np.where(np.isfinite(words), words, 0.0)
    meaning = np.asarray(semantic, np.float64) * gain
    guessed = ~np.isfinite(meaning)
    if guessed.any():
        # Where words and meaning agree about the candidates that have a vector, words predict meaning; where they do
        # not, the slope is 0, and so is the guess.
        known = words[~guessed]
        square = float(known @ known)
        slope = float(known @ meaning[~guessed]) / square if square > 0 else 0.0
        meaning[guessed] = max(slope, 0.0) * words[guessed]
    return Fused(words + meaning, words, meaning, guessed)


def order(scores: ArrayLike, keys: Sequence[tuple[str, str]] | Sequence[str]) -> list[int]:
    """Return the places of *scores* from the highest to the lowest; of equals, by key.

    Scores that differ from the tenth decimal on are equal: sums in another order must not give another answer.
    """
    import numpy as np

    rounded = np.round(np.asarray(scores, np.float64), _DIGITS).tolist()
    return sorted(range(len(rounded)), key=lambda place: (-rounded[place], keys[place]))


def best(scores: ArrayLike, count: int) -> NDArray[np.int64]:
    """Return the places of the *count* highest scores, in no order, and of all that tie with the last of them."""
    import numpy as np

    values = np.round(np.asarray(scores, np.float64), _DIGITS)
    if count <= 0:
        return np.zeros(0, np.int64)
    if len(values) <= count:
        return np.arange(len(values))
    last = np.partition(values, len(values) - count)[len(values) - count]
    return np.flatnonzero(values >= last)
