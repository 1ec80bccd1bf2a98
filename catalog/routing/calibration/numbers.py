"""Arithmetic of calibration: logistic regression, log-odds, areas under curves."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.routing.calibration.similarity import Floats

Doubles: TypeAlias = NDArray[np.float64]


Flags: TypeAlias = NDArray[np.bool_]


def signed_logistic(clues: Doubles, truth: Flags, weights: Doubles, prior: Doubles, signs: Doubles) -> Doubles:
    """Return what :func:`logistic` returns, with weights that point the way they must: *signs* are 1 and -1.

    A clue whose weight would point the other way is left out, and the others are learned again without it: what speaks
    for a candidate must not speak against it because of three prompts.
    """
    used = np.ones(clues.shape[1], bool)
    found = prior.copy()
    while True:
        part = logistic(clues[:, used], truth, weights, np.append(prior[:-1][used], prior[-1]))
        wrong = part[:-1] * signs[used] < 0
        if not wrong.any():
            found[:-1] = 0.0
            found[:-1][used] = part[:-1]
            found[-1] = part[-1]
            return found
        used[np.flatnonzero(used)[wrong]] = False


def logistic(clues: Doubles, truth: Flags, weights: Doubles, prior: Doubles) -> Doubles:
    """Return a weight for each clue, and a bias, of a logistic regression pulled towards *prior* (the bias hardly)."""
    table = np.column_stack([clues, np.ones(len(clues))])
    penalty = np.ones(table.shape[1])
    penalty[-1] = 0.01
    fitted = prior.copy()
    for _ in range(50):
        likely = sigmoid(table @ fitted)
        slope = table.T @ (weights * (likely - truth)) + penalty * (fitted - prior)
        bend = (table * (weights * likely * (1 - likely))[:, None]).T @ table + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-9))  # a full step may overshoot into the flat
        fitted -= step
        if np.abs(step).max() < 1e-6:
            break
    return fitted


def auroc(inside: ArrayLike, outside: ArrayLike) -> float | None:
    """Return how often a score of *inside* is above one of *outside*, ties count half; None if either is empty."""
    high, low = np.asarray(inside, np.float64), np.sort(np.asarray(outside, np.float64))
    if not len(high) or not len(low):
        return None
    below, upto = np.searchsorted(low, high, "left"), np.searchsorted(low, high, "right")
    return float((below + upto).mean() / 2 / len(low))


def reliability(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None, *, bins: int = 10) -> float:
    """Return how far confidences are from the observed accuracy: the weighted mean distance over *bins* of equal width.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015
    (expected calibration error).
    """
    claimed, true = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    weight = np.ones(len(claimed)) if weights is None else np.asarray(weights, np.float64)
    if not len(claimed):
        return 0.0
    bin_of = np.minimum((claimed * bins).astype(np.int64), bins - 1)
    apart = np.abs(np.bincount(bin_of, weight * (claimed - true), minlength=bins))
    return float(apart.sum() / weight.sum())


def odds_of(scores: Floats) -> Doubles:
    """Return the log-odds of the best candidate against all others by softmax: (m, 1), within ±20."""
    exact = scores.astype(np.float64)
    best = exact.max(axis=1)
    rest = exact.copy()
    rest[np.arange(len(exact)), exact.argmax(axis=1)] = -np.inf
    if exact.shape[1] == 1:
        return np.full((len(exact), 1), 20.0)
    odds: Doubles = np.clip(best - log_sum(rest), -20, 20)[:, None]
    return odds


def log_sum(values: NDArray[Any]) -> Doubles:
    """Return the logarithm of the sum of exponentials of each row; the largest is taken out, so none overflows."""
    top = values.max(axis=1)
    sums: Doubles = np.log(np.exp(values - top[:, None]).sum(axis=1, dtype=np.float64)) + top
    return sums


def weighted(weights: Doubles, clues: Doubles) -> Doubles:
    """Return the weighted sum of each row of *clues*; the last of the *weights* is the constant."""
    sums: Doubles = clues @ weights[:-1] + weights[-1]
    return sums


def sigmoid(values: Doubles) -> Doubles:
    """Return the probabilities of log-odds; beyond 40 they are 0 and 1 to the last digit, so they are cut there."""
    probabilities: Doubles = 1 / (1 + np.exp(-np.clip(values, -40, 40)))
    return probabilities
