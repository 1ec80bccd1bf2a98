"""The arithmetic of an evaluation: shares, curves, bins of confidence, percentiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

BINS = 10
"""The number of equally wide bins that confidences are counted in."""


class CurvePoint(NamedTuple):
    """Coverage and risk if only the prompts ranked best are answered.

    Attributes:
        coverage: the share of all prompts that would be answered, above 0.
        risk: the share of these answers that would be wrong.
    """

    coverage: float
    risk: float

    def to_dict(self) -> dict[str, Any]:
        """Return the two shares as data for JSON."""
        return {"coverage": rounded(self.coverage), "risk": rounded(self.risk)}


class ReliabilityBin(NamedTuple):
    """Answers whose confidences lie in one bin.

    Attributes:
        low: the lower limit of the bin, which belongs to it.
        high: the upper limit, which belongs to the next bin; 1 belongs to the last.
        answers: how many answers there are, at least one.
        confidence: the mean of their confidences.
        accuracy: the share of the answers that are right.
    """

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float

    def to_dict(self) -> dict[str, Any]:
        """Return limits, count and means as data for JSON."""
        return {**self._asdict(), "confidence": rounded(self.confidence), "accuracy": rounded(self.accuracy)}


class Percentiles(NamedTuple):
    """The value that half, 95 and 99 of 100 measurements don't exceed (nearest rank), and the largest."""

    p50: float
    p95: float
    p99: float
    most: float

    def to_dict(self) -> dict[str, Any]:
        """Return the four values as data for JSON, to three decimals."""
        return {name: round(value, 3) for name, value in self._asdict().items()}


def rounded(value: float | None) -> float | None:
    """Return a figure to six decimals, as reports and baselines hold it; None stays None."""
    return None if value is None else round(value, 6)


def ratio(part: int, whole: int) -> float | None:
    """Return the share that *part* is of *whole*; None if *whole* is 0."""
    return part / whole if whole else None


def curve(ranked: Iterable[tuple[Any, bool]], prompts: int) -> Iterator[CurvePoint]:
    """Yield coverage and risk for every threshold that makes a difference, the strictest first.

    Args:
        ranked: rank, and whether the answer would be right, of each prompt that could be answered. Higher ranks are
            answered first, equal ranks together.
        prompts: the number of all prompts, those that can't be answered included.

    Source: El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR 2010.
    """
    answered = wrong = 0
    for _, same in groupby(sorted(ranked, key=itemgetter(0), reverse=True), key=itemgetter(0)):
        for _, is_right in same:
            answered += 1
            wrong += not is_right
        yield CurvePoint(answered / prompts, wrong / answered)


def thinned(points: Sequence[CurvePoint], most: int = 200) -> list[CurvePoint]:
    """Return about *most* points of a curve, evenly by coverage; the first and the last are kept."""
    kept: list[CurvePoint] = []
    for point in points:
        if len(kept) < 2 or int(point.coverage * most) > int(kept[-1].coverage * most):
            kept.append(point)
        elif point is points[-1]:
            kept[-1] = point
    return kept


def reliability_bins(answers: Iterable[tuple[float, bool]]) -> Iterator[ReliabilityBin]:
    """Yield the bins of answers (confidence, whether it was right) that are not empty, from low to high."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in answers:
        bins.setdefault(min(max(int(confidence * BINS), 0), BINS - 1), []).append((confidence, is_right))
    for number, held in sorted(bins.items()):
        yield ReliabilityBin(
            number / BINS,
            (number + 1) / BINS,
            len(held),
            math.fsum(confidence for confidence, _ in held) / len(held),
            sum(is_right for _, is_right in held) / len(held),
        )


def percentiles(values: Sequence[float]) -> Percentiles | None:
    """Return the percentiles of *values*; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95, p99 = (ordered[max(math.ceil(share * len(ordered)) - 1, 0)] for share in (0.5, 0.95, 0.99))
    return Percentiles(p50, p95, p99, ordered[-1])
