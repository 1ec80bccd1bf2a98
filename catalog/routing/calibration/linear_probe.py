"""A linear probe: for each candidate a weight for every number of a vector and every word of a prompt.

The vectors are frozen; what is learned is a multinomial logistic regression over ``[vector ; words]``, where the words
(stemmed, and pairs of neighbours) are hashed into a few hundred numbers. Static vectors are weak on wording: with the
words WordLlama gains 1.3 to 3.5 points of accuracy, MiniLM -0.3 to 2.5 (five sets, 10 examples a route). Rejected, each
at its best setting on four sets: ridge regression in closed form (accuracy 0.4 to 9.3 lower, AUROC 2 to 8.4),
linear discriminants with shrinkage (2.4 to 5.1 lower on CLINC150 and BANKING77, equal within 1 on the other two),
weights pulled towards the centroids (no more accurate), letters in fours beside the words (+0.1).

Sources: Liu and Nocedal, "On the limited memory BFGS method", 1989; Weinberger et al., "Feature hashing for large
scale multitask learning", 2009 (words with signs).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from catalog.entry.words import words
from catalog.routing.calibration.similarity import Floats, Places, unit
from catalog.search.products import products

HASHED = 512
"""Into how many numbers the words of a prompt are hashed. 256 to 4,096 are within a point on every set."""

VECTOR, WORDS = np.float32(10), np.float32(5)
"""The lengths of the two halves of the features; the penalty is 1. With 0.3 or 3 accuracy moves by at most a point."""

STEPS = 20
"""The most steps of the search. 30 are equal within 0.2 points of accuracy; 10 lose up to 2 on single sets."""

_PENALTY = 1.0
_MEMORY = 10


@dataclass(frozen=True, slots=True)
class Probe:
    """The weights of a probe.

    Attributes:
        weights: (features, classes) a weight for each feature and class.
        bias: (classes,) a constant for each class.
        rarity: (HASHED,) the weight of each hashed word; empty: the probe was learned from vectors alone.
    """

    weights: Floats
    bias: Floats
    rarity: Floats

    @property
    def reads(self) -> bool:
        """Whether the probe looks at words beside vectors."""
        return len(self.rarity) > 0

    def logits(self, vectors: Floats, hashed: Floats | None) -> Floats:
        """Return the logit of every class for every prompt: (m, classes).

        Args:
            vectors: (m, width) unit rows.
            hashed: the words as :func:`hash_words` returns them; needed only if the probe :attr:`reads`.
        """
        return products(_features(vectors, hashed if self.reads else None, self.rarity), self.weights.T) + self.bias


def hash_words(texts: Sequence[str]) -> Floats:
    """Return the stems of *texts* and the pairs of neighbours, hashed with signs: (len(texts), HASHED) counts."""
    counts = np.zeros((len(texts), HASHED), np.float32)
    for row, text in enumerate(texts):
        stems = words(text)
        for word in {*stems, *(f"{left} {right}" for left, right in pairwise(stems))}:
            code = zlib.crc32(word.encode("utf-8", "surrogatepass"))
            counts[row, (code >> 1) % HASHED] += 1 if code & 1 else -1
    return counts


def train(vectors: Floats, hashed: Floats | None, labels: Places, classes: int) -> Probe:
    """Return the probe that tells *classes* apart.

    Args:
        vectors: (n, width) unit rows.
        hashed: (n, HASHED) the words of the rows; None: vectors alone.
        labels: (n,) the class of each row, from 0.
        classes: how many classes there are; a class without rows gets a low bias.
    """
    rarity = np.zeros(0, np.float32)
    if hashed is not None:
        held = (hashed != 0).sum(axis=0)
        rarity = np.log((len(hashed) + 1) / (held + 0.5)).clip(0.1).astype(np.float32)
    features = _features(vectors, hashed, rarity)
    count, width = features.shape
    rows = np.arange(count)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat[:-classes].reshape(width, classes)
        logits = features @ weights
        logits += flat[-classes:]
        right = logits[rows, labels]
        top = logits.max(axis=1)
        logits -= top[:, None]
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1)
        value = float((np.log(sums) + top - right).sum()) + _PENALTY / 2 * float(np.vdot(weights, weights))
        logits /= sums[:, None]
        logits[rows, labels] -= 1
        slope = features.T @ logits
        slope += np.float32(_PENALTY) * weights
        return value, np.concatenate([slope.ravel(), logits.sum(axis=0)])

    flat = _descend(loss, np.zeros(width * classes + classes, np.float32))
    return Probe(flat[:-classes].reshape(width, classes), flat[-classes:], rarity)


def _features(vectors: Floats, hashed: Floats | None, rarity: Floats) -> Floats:
    if hashed is None:
        return VECTOR * vectors
    return np.concatenate([VECTOR * vectors, WORDS * unit(hashed * rarity)], axis=1)


def _descend(loss: Callable[[Floats], tuple[float, Floats]], at: Floats) -> Floats:
    """Return a point near the minimum of a convex *loss*, searched from *at* by L-BFGS in at most STEPS steps."""
    value, slope = loss(at)
    moves: list[tuple[Floats, Floats, np.float32]] = []
    for _ in range(STEPS):
        way: NDArray[np.float32] = slope.copy()
        shares = []
        for moved, turned, inverse in reversed(moves):
            share = inverse * np.vdot(moved, way)
            shares.append(share)
            way -= share * turned
        if moves:
            moved, turned, inverse = moves[-1]
            way /= inverse * np.vdot(turned, turned)
        else:
            way /= max(float(np.sqrt(np.vdot(slope, slope))), 1e-9)
        for (moved, turned, inverse), share in zip(moves, reversed(shares), strict=True):
            way += moved * (share - inverse * np.vdot(turned, way))
        fall, length = float(np.vdot(slope, way)), 1.0
        for _ in range(20):
            there = at - np.float32(length) * way
            lower, steep = loss(there)
            if lower <= value - 1e-4 * length * fall:
                break
            length /= 2
        else:
            break  # no step helps: this is the bottom, as far as float32 sees
        moved, turned = there - at, steep - slope
        bend = np.vdot(moved, turned)
        if bend > 1e-10:
            moves = [*moves[1 - _MEMORY :], (moved, turned, np.float32(1) / bend)]
        done = value - lower < 1e-6 * max(abs(value), 1e-6)
        at, value, slope = there, lower, steep
        if done:
            break
    return at
