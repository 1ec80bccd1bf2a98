"""A calibration is held against not fitting at all, on the same prompts; it counts only if it does better.

Few prompts can teach anything. With two prompts that belong nowhere, and four examples a candidate, a threshold that
lets 95 % of the examples through lets nearly everything through. So three things are made sure of, in this order:

1. Of the prompts that belong nowhere the calibration refuses as many as the rule without fitting does: of those it
   judged unseen, of those it was fitted on (as an evaluation with the same prompts would find), and of everyday prompts
   (:mod:`catalog.embedders.everyday`), which stand for all those that nobody gave. Its threshold is raised until it
   does.
2. With that threshold it still picks the right candidate as often, within one standard error.
3. It is better in sum: shares of prompts that are answered right and of prompts that are refused rightly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catalog.routing.calibration.calibrate import HeldOut, at_threshold
from catalog.routing.calibration.calibration import Calibration
from catalog.routing.calibration.numbers import Doubles, Flags, auroc
from catalog.routing.calibration.similarity import Floats, Nearness, Places, left_out


class Unfitted(NamedTuple):
    """The rule without fitting: the nearest candidate, if it is near enough.

    Attributes:
        near: the rows of the candidates.
        rows: how many rows that was made from.
        threshold: of its scores.
    """

    near: Nearness
    rows: int
    threshold: float

    def taken(self, score: Floats) -> Flags:
        """Return for the best scores of prompts whether they get an answer."""
        return (score > 0) & (score >= self.threshold)


class Figures(NamedTuple):
    """How well a rule does.

    Attributes:
        accuracy: share of prompts in scope whose best candidate is the right one; None without any.
        right: share of prompts in scope that are answered with the right candidate; None without any.
        coverage: share of prompts in scope that are answered; None without any.
        refused: share of prompts outside that get no answer; None without any.
        auroc: how often a prompt in scope scores above one outside; None without either.
        everyday: share of everyday prompts that get no answer.
    """

    accuracy: float | None
    right: float | None
    coverage: float | None
    refused: float | None
    auroc: float | None
    everyday: float

    @property
    def total(self) -> float:
        """The shares of prompts that are treated rightly, inside and outside; everyday ones where none were given."""
        return (self.right or 0.0) + (self.everyday if self.refused is None else self.refused)


class Checked(NamedTuple):
    """A calibration after the check.

    Attributes:
        calibration: with its threshold raised where that was needed.
        fitted: how it does on prompts it had not seen.
        unfitted: how the rule without fitting does on the same prompts.
        is_better: whether the calibration is to be used.
    """

    calibration: Calibration
    fitted: Figures
    unfitted: Figures
    is_better: bool


def checked(
    made: Calibration,
    held: HeldOut,
    plain: Unfitted,
    queries: Floats,
    labels: Places,
    on_own: Doubles,
    everyday: Floats,
    on_everyday: Doubles,
) -> Checked:
    """Return the calibration *made*, held against the rule without fitting.

    Args:
        made: the calibration.
        held: what it says of prompts it had not seen.
        plain: the rule without fitting; its rows are those of the candidates, in the order *held* counts them.
        queries: (k, width) unit rows of the labelled prompts.
        labels: (k,) the candidate each is for; -1: none.
        on_own: (k,) the scores that the calibration gives these prompts, on which it was fitted.
        everyday: (e, width) unit rows of everyday prompts.
        on_everyday: (e,) the scores that the calibration gives them.
    """
    best, score = _unfitted(plain, held.sources, queries)
    inside = held.gold < made.candidates
    plain_everyday = ~plain.taken(plain.near.score(everyday).max(axis=1))
    unfitted = _figures(best == held.gold, plain.taken(score), score.astype(np.float64), inside, plain_everyday)
    nulls = labels < 0
    plain_nulls = ~plain.taken(plain.near.score(queries[nulls]).max(axis=1)) if nulls.any() else np.zeros(0, bool)
    threshold = max(
        made.threshold,
        _refusing(held.score[~inside], int((~plain.taken(score[~inside])).sum())),
        _refusing(on_own[nulls], int(plain_nulls.sum())),
        _refusing(on_everyday, int(plain_everyday.sum())),
    )
    made = at_threshold(made, held, threshold)
    fitted = _figures(held.best == held.gold, held.score >= threshold, held.score, inside, on_everyday < threshold)
    return Checked(made, fitted, unfitted, _is_better(fitted, unfitted, int(inside.sum())))


def _unfitted(plain: Unfitted, sources: Places, queries: Floats) -> tuple[Places, Floats]:
    """Return the best candidate and its score for examples, each left out of its candidate, and for prompts."""
    near, count = plain.near, plain.rows
    position = np.full(max(count, 1), -1, np.int64)
    position[near.places] = np.arange(len(near.places))
    best, score = np.zeros(len(sources), np.int64), np.full(len(sources), -1.0, np.float32)
    known = sources < count
    examples = np.flatnonzero(known)[position[sources[known]] >= 0] if known.any() else np.zeros(0, np.int64)
    if len(examples):
        centre, nearest = left_out(near, position[sources[examples]])
        scores = (centre + nearest) / np.float32(2)
        best[examples], score[examples] = scores.argmax(axis=1), scores.max(axis=1)
    prompts = np.flatnonzero(~known)
    if len(prompts):
        scores = near.score(queries[sources[prompts] - count])
        best[prompts], score[prompts] = scores.argmax(axis=1), scores.max(axis=1)
    return best, score


def _refusing(scores: Doubles, count: int) -> float:
    """Return the lowest threshold that refuses *count* of *scores*; minus infinity for none."""
    if not count:
        return -np.inf
    return float(np.nextafter(np.sort(scores)[count - 1], np.inf))


def _figures(right: Flags, taken: Flags, score: Doubles, inside: Flags, everyday: Flags) -> Figures:
    some, others = bool(inside.any()), bool((~inside).any())
    return Figures(
        float(right[inside].mean()) if some else None,
        float((right & taken)[inside].mean()) if some else None,
        float(taken[inside].mean()) if some else None,
        float((~taken[~inside]).mean()) if others else None,
        auroc(score[inside], score[~inside]),
        float(everyday.mean()),
    )


def _is_better(fitted: Figures, unfitted: Figures, count: int) -> bool:
    share = unfitted.right or 0.0
    error = float(np.sqrt(max(share * (1 - share), 0.25 / max(count, 1)) / max(count, 1)))
    return (fitted.right or 0.0) >= share - error and fitted.total > unfitted.total


FEW = 20
"""Prompts below which shares of them are chance: of 20, one is 5 %."""


def report_of(result: Checked, threshold: float, plain: float | None) -> dict[str, float | bool | None]:
    """Return the figures of a report: of the rule that counts from now on, and whether it is the fitted one.

    Args:
        result: of the check.
        threshold: before it was raised.
        plain: the threshold without fitting.
    """
    figures = result.fitted if result.is_better else result.unfitted
    limit = result.calibration.threshold if result.is_better else plain
    return {
        "stored": result.is_better,
        "threshold": None if limit is None else round(limit, 6),
        "accuracy": figures.accuracy,
        "coverage": figures.coverage,
        "rejected": figures.refused,
        "auroc": figures.auroc,
    }


def notes_on(result: Checked, made: Calibration, labels: Sequence[int]) -> list[str]:
    """Return what a reader of the report should know, in words.

    Args:
        result: of the check.
        made: the calibration before the check.
        labels: of the prompts that were given.
    """
    notes = []
    outside = sum(label < 0 for label in labels)
    if not outside:
        notes.append("no prompt without an entry was given: what fits none is guessed from what fits")
    elif outside < FEW:
        notes.append(f"{_many(outside)} without an entry {_are(outside)} few: shares of fewer than {FEW} are chance")
    if made.quality.prompts < FEW:
        count = made.quality.prompts
        notes.append(f"{_many(count)} that belong to an entry, examples included, {_are(count)} few")
    fitted, unfitted = result.fitted, result.unfitted
    if not result.is_better:
        notes.append(
            f"fitting did no better than not fitting, so nothing was stored: it answers {_share(fitted.right)} right "
            f"and refuses {_share(fitted.everyday if fitted.refused is None else fitted.refused)} of what fits none, "
            f"without fitting it is {_share(unfitted.right)} and "
            f"{_share(unfitted.everyday if unfitted.refused is None else unfitted.refused)}"
        )
    elif result.calibration.threshold > made.threshold:
        notes.append(
            f"the threshold is higher than {round(100 * made.target_coverage)} % of coverage need, so that no more "
            f"prompts that fit none get an answer than without fitting: {_share(fitted.coverage)} are answered"
        )
    return notes


def _share(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.0f} %"


def _many(count: int) -> str:
    return "1 prompt" if count == 1 else f"{count} prompts"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
