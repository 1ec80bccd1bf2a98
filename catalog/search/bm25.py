"""BM25 as SQLite's FTS5 computes it, for the entries that SQLite does not rank for us.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, in the form of the
``bm25()`` function of FTS5: k1 = 1.2, b = 0.75, the weight of a field multiplies the occurrences in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

K1 = 1.2
B = 0.75


def idf(total: int, having: int) -> float:
    """Return the weight of a word that *having* of *total* documents have; at least a millionth."""
    # The logarithm is negative for a word that more than half of all have: an entry would be worse for having it. FTS5
    # sets it to a millionth, too. *having* may exceed *total* where the two were counted at different moments.
    return max(math.log((total - having + 0.5) / (having + 0.5)), 1e-6) if having <= total else 1e-6


def bm25(document: Sequence[str], weights: Sequence[float], idfs: Mapping[str, float], average_length: float) -> float:
    """Return the score of a *document* for a request.

    Args:
        document: one text of words, separated by spaces, for each field.
        weights: how much a word counts in each field.
        idfs: the words of the request and their :func:`idf`.
        average_length: mean number of words of a document, all fields together.

    Returns:
        The score, unitless, ≥ 0; higher is better. The same number as ``-bm25(…)`` of FTS5.
    """
    frequencies: dict[str, float] = {}
    length = 0
    for text, weight in zip(document, weights, strict=True):
        if text:
            length += text.count(" ") + 1
            for word in text.split(" ") if weight else ():
                if word in idfs:
                    frequencies[word] = frequencies.get(word, 0.0) + weight
    norm = K1 * (1 - B + B * length / average_length)
    score = 0.0
    for word in idfs:  # not in the order of the document: equal words give equal sums, whatever field they are in
        if word in frequencies:
            # A word counts the more often it occurs, but never K1 + 1 times its weight; in a long text, where it is
            # there by chance more easily, each occurrence counts less.
            frequency = frequencies[word]
            score += idfs[word] * frequency * (K1 + 1) / (frequency + norm)
    return score
