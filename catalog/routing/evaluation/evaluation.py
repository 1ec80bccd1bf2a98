"""``Evaluation``: how a router did on prompts whose right entry is known."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from catalog.routing.evaluation.metrics import (
    CurvePoint,
    Percentiles,
    ReliabilityBin,
    curve,
    percentiles,
    ratio,
    reliability_bins,
    rounded,
    thinned,
)
from catalog.routing.verdict import ABSTAINED, CHOSEN, FAILED, Cost, Step

FIGURES = ("accuracy", "right", "precision", "coverage", "rejected", "auroc")
"""The figures that are one number, from 0 to 1. Higher is better, but for ``coverage``, which has a target."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a router decided for a prompt, beside what is right.

    Attributes:
        text: the prompt.
        gold: the keys of the right entries; empty: the prompt is out of scope.
        chosen: the key of the entry picked; None: the router abstained or failed.
        best: the key of the best candidate, picked or not; None: no candidate had a score.
        score: the score of the best candidate; None: it had none.
        confidence: how likely the choice is right, as the strategy says; None: it does not say.
        reason: why, in words.
        latency_ms: how long deciding took, in milliseconds.
        steps: what each step of a cascade did; for any other strategy, what the strategy did.
        error: the code of the error that the strategy failed with; None: it did not fail.
    """

    text: str
    gold: tuple[str, ...]
    chosen: str | None
    best: str | None
    score: float | None
    confidence: float | None
    reason: str
    latency_ms: float
    steps: tuple[Step, ...] = ()
    error: str | None = None

    @property
    def expected(self) -> str | None:
        """The key that should have been picked: of several right keys the one that was picked, else the first."""
        return self.chosen if self.chosen in self.gold else self.gold[0] if self.gold else None

    @property
    def is_right(self) -> bool:
        """Whether a right entry was picked, or rightly none; a failure is never right."""
        return self.chosen in self.gold if self.gold else self.chosen is None and self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the prompt and its outcome as data for JSON; steps are left out."""
        return {
            "text": self.text,
            "gold": list(self.gold),
            "chosen": self.chosen,
            "best": self.best,
            "score": self.score,
            "confidence": self.confidence,
            "reason": self.reason,
            "latency_ms": round(self.latency_ms, 3),
            "error": self.error,
        }


class EntryFigures(NamedTuple):
    """How well prompts find an entry.

    Attributes:
        key: the key of the entry.
        prompts: how many prompts it was expected for; see :attr:`Judged.expected`.
        chosen: how many prompts it was picked for.
        right: how many prompts it was rightly picked for.
    """

    key: str
    prompts: int
    chosen: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of the picks of this entry that were right; None: it was never picked."""
        return ratio(self.right, self.chosen)

    @property
    def recall(self) -> float | None:
        """The share of the prompts expected for this entry that got it; None: it was expected for none."""
        return ratio(self.right, self.prompts)

    def to_dict(self) -> dict[str, Any]:
        """Return counts and shares as data for JSON."""
        return {**self._asdict(), "precision": rounded(self.precision), "recall": rounded(self.recall)}


@dataclass(slots=True)
class StepFigures:
    """What one step of a cascade, or the only strategy, was worth.

    Attributes:
        strategy: the name of the strategy.
        asked: how many prompts reached it.
        decided: for how many prompts it picked an entry.
        right: for how many prompts it picked a right entry.
        abstained: how many prompts it passed on.
        failed: for how many prompts it could not do its work.
        error: the text of its first error; None: it never failed.
        latency_ms: the time for all prompts together, in milliseconds.
        cost: what asking models took for all prompts together.
    """

    strategy: str
    asked: int = 0
    decided: int = 0
    right: int = 0
    abstained: int = 0
    failed: int = 0
    error: str | None = None
    latency_ms: float = 0.0
    cost: Cost = field(default_factory=Cost)

    def to_dict(self) -> dict[str, Any]:
        """Return the sums as data for JSON."""
        return {
            "strategy": self.strategy,
            "asked": self.asked,
            "decided": self.decided,
            "right": self.right,
            "abstained": self.abstained,
            "failed": self.failed,
            "error": self.error,
            "latency_ms": round(self.latency_ms, 3),
            "cost": self.cost.to_dict(),
        }


@dataclass(frozen=True)
class Evaluation:
    """How well a router did.

    Attributes:
        router: the name of the router.
        strategy: the name of its strategy; for a cascade with those of the steps.
        generation: the generation of the catalog.
        candidates: how many entries there were to pick from.
        judged: what was decided for each prompt, in the order given.
        learned: how many prompts the router was fitted on, or are examples of a candidate; they flatter it.
        stale: why a stored calibration is not applied, in words; None: it is applied, or none is stored.
    """

    router: str
    strategy: str
    generation: int
    candidates: int
    judged: tuple[Judged, ...]
    learned: int = 0
    stale: str | None = None

    @cached_property
    def inside(self) -> tuple[Judged, ...]:
        """The prompts in scope."""
        return tuple(judged for judged in self.judged if judged.gold)

    @cached_property
    def outside(self) -> tuple[Judged, ...]:
        """The prompts out of scope."""
        return tuple(judged for judged in self.judged if not judged.gold)

    @property
    def prompts(self) -> int:
        """How many prompts there were."""
        return len(self.judged)

    @property
    def in_scope(self) -> int:
        """How many prompts some candidate is right for."""
        return len(self.inside)

    @property
    def out_of_scope(self) -> int:
        """How many prompts no candidate is right for."""
        return len(self.outside)

    @property
    def failures(self) -> int:
        """For how many prompts the strategy failed; these count as not answered, and as not right."""
        return sum(judged.error is not None for judged in self.judged)

    @property
    def accuracy(self) -> float | None:
        """Share of prompts in scope whose best candidate is right, whether or not its score met the threshold."""
        return ratio(sum(judged.best in judged.gold for judged in self.inside), self.in_scope)

    @property
    def right(self) -> float | None:
        """Share of prompts in scope that were answered with a right entry."""
        return ratio(sum(judged.is_right for judged in self.inside), self.in_scope)

    @property
    def coverage(self) -> float | None:
        """Share of prompts in scope that were answered, rightly or not."""
        return ratio(sum(judged.chosen is not None for judged in self.inside), self.in_scope)

    @property
    def precision(self) -> float | None:
        """Share of all answers that were right; None: nothing was answered."""
        answered = [judged for judged in self.judged if judged.chosen is not None]
        return ratio(sum(judged.is_right for judged in answered), len(answered))

    @property
    def rejected(self) -> float | None:
        """Recall out of scope: share of prompts that no candidate is right for which were not answered."""
        return ratio(sum(judged.is_right for judged in self.outside), self.out_of_scope)

    @cached_property
    def auroc(self) -> float | None:
        """How often a prompt in scope ranks above a prompt out of scope, ties counting half; None without one of both.

        Prompts rank by score. In a cascade, prompts that an earlier step decided rank above all others, as the scores
        of two strategies can't be compared. Prompts without a score rank first if they were answered, else last.
        """
        if not self.inside or not self.outside:
            return None
        from catalog.routing.calibration.numbers import auroc

        levels = {rank: place for place, rank in enumerate(sorted({_rank(judged) for judged in self.judged}))}
        inside, outside = ([levels[_rank(judged)] for judged in some] for some in (self.inside, self.outside))
        return auroc(inside, outside)

    @cached_property
    def curve(self) -> tuple[CurvePoint, ...]:
        """Coverage against risk: what answering only the best-ranked prompts would give, from few to all.

        Coverage is the share of all prompts, risk the share of answers that would be wrong; a prompt out of scope is
        always answered wrongly.
        """
        ranked = [(_rank(judged), judged.best in judged.gold) for judged in self.judged if judged.best is not None]
        return tuple(curve(ranked, self.prompts))

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Confidence against observed accuracy, over tenths of confidence; empty if no answer has a confidence."""
        answers = [
            (judged.confidence, judged.is_right)
            for judged in self.judged
            if judged.confidence is not None and judged.chosen is not None
        ]
        return tuple(reliability_bins(answers))

    @property
    def calibration_error(self) -> float | None:
        """Mean distance of confidence from observed accuracy over tenths, by answers; None without confidences."""
        answers = sum(tenth.answers for tenth in self.reliability)
        apart = sum(tenth.answers * abs(tenth.confidence - tenth.accuracy) for tenth in self.reliability)
        return apart / answers if answers else None

    @cached_property
    def confusion(self) -> dict[tuple[str | None, str | None], int]:
        """How many prompts should have got one key and got another, by (expected, chosen); None: no entry.

        Prompts that were answered rightly are counted, too. In the order of the counts, the highest first, then by key.
        """
        counts = Counter((judged.expected, judged.chosen) for judged in self.judged)
        order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0][0] or "", pair[0][1] or ""))
        return dict(order)

    @cached_property
    def entries(self) -> tuple[EntryFigures, ...]:
        """Every entry that was right for a prompt or picked for one, by key."""
        keys = sorted({key for pair in self.confusion for key in pair if key is not None})
        rows: Counter[str | None] = Counter()
        columns: Counter[str | None] = Counter()
        for (expected, chosen), count in self.confusion.items():
            rows[expected] += count
            columns[chosen] += count
        return tuple(EntryFigures(key, rows[key], columns[key], self.confusion.get((key, key), 0)) for key in keys)

    @cached_property
    def steps(self) -> tuple[StepFigures, ...]:
        """What each step of a cascade was worth, in order; a single strategy is one step."""
        figures: dict[str, StepFigures] = {}
        for judged in self.judged:
            for step in judged.steps:
                sums = figures.setdefault(step.strategy, StepFigures(step.strategy))
                sums.asked += 1
                sums.latency_ms += step.latency_ms
                sums.cost += step.cost
                if step.outcome == CHOSEN:
                    sums.decided += 1
                    sums.right += judged.is_right
                elif step.outcome == ABSTAINED:
                    sums.abstained += 1
                else:
                    sums.failed += 1
                    sums.error = sums.error or step.reason
        return tuple(figures.values())

    @cached_property
    def latency(self) -> Percentiles | None:
        """Milliseconds for a prompt; the first, for which things are loaded, is left out. None without prompts."""
        return percentiles([judged.latency_ms for judged in self.judged[1:] or self.judged])

    @property
    def first_ms(self) -> float | None:
        """Milliseconds the first prompt took."""
        return self.judged[0].latency_ms if self.judged else None

    @property
    def cost(self) -> Cost:
        """What asking models took for all prompts together."""
        return sum((step.cost for step in self.steps), Cost())

    @cached_property
    def data(self) -> str:
        """A hash of prompts and labels, the same for the same data in any order."""
        lines = sorted(f"{judged.text}\0{' '.join(sorted(judged.gold))}" for judged in self.judged)
        return sha256("\1".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def figures(self) -> dict[str, float | None]:
        """The figures of :data:`FIGURES`, from 0 to 1; None where no prompt tells."""
        return {name: rounded(getattr(self, name)) for name in FIGURES}

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures should know, in words."""
        notes = []
        if self.stale is not None:
            notes.append(f"the calibration is stale ({self.stale}) and was not applied: fit again")
        if self.learned:
            notes.append(
                f"{self.learned:,} of {self.prompts:,} prompts were learned from, or are examples of an entry: "
                "the figures flatter the router"
            )
        notes += [
            f"{step.strategy} failed for {step.failed:,} of {step.asked:,} prompts, the first time so: {step.error}"
            for step in self.steps
            if step.failed
        ]
        return notes

    def wrong(self) -> list[Judged]:
        """Return the prompts that were decided wrongly, in the order given."""
        return [judged for judged in self.judged if not judged.is_right]

    def to_dict(self, *, prompts: bool = False) -> dict[str, Any]:
        """Return all figures as data for JSON; with *prompts* also what was decided for each prompt.

        The curve is thinned to about 200 points.
        """
        latency = self.latency
        data: dict[str, Any] = {
            "router": self.router,
            "strategy": self.strategy,
            "generation": self.generation,
            "candidates": self.candidates,
            "data": self.data,
            "prompts": self.prompts,
            "in_scope": self.in_scope,
            "out_of_scope": self.out_of_scope,
            "failures": self.failures,
            "learned": self.learned,
            "notes": self.notes,
            "figures": self.figures,
            "calibration_error": rounded(self.calibration_error),
            "entries": [figures.to_dict() for figures in self.entries],
            "confusion": [
                {"expected": expected, "chosen": chosen, "count": count}
                for (expected, chosen), count in self.confusion.items()
            ],
            "curve": [point.to_dict() for point in thinned(self.curve)],
            "reliability": [tenth.to_dict() for tenth in self.reliability],
            "steps": [figures.to_dict() for figures in self.steps],
            "latency_ms": None
            if latency is None or self.first_ms is None
            else {"first": round(self.first_ms, 3), **latency.to_dict()},
            "cost": self.cost.to_dict(),
        }
        return data | {"judged": [judged.to_dict() for judged in self.judged]} if prompts else data


def number_or_none(value: float | None) -> float | None:
    """Return a score as a number that can be compared; None for NaN."""
    return None if value is None or value != value else float(value)


def _rank(judged: Judged) -> tuple[int, float]:
    """Return what prompts are ranked by: the higher, the surer the router is that a prompt is in scope."""
    last = judged.steps[-1]
    if judged.score is None or last.outcome == FAILED:
        return 1 - len(judged.steps), math.inf if judged.chosen is not None else -math.inf
    return 1 - len(judged.steps), judged.score
