"""``fit``: teaches a router from labelled prompts, stores what it learned, and reports how good that is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from catalog.errors import StrategyError
from catalog.routing.calibration.stored import router_key, text_mark
from catalog.routing.labelled import Label, case_of, placed
from catalog.routing.strategy import fittable

if TYPE_CHECKING:
    from catalog.routing.router import Router

NONE = -1
"""The label of a prompt that fits no candidate; other labels are places in the pool."""


@dataclass(frozen=True, slots=True)
class FitReport:
    """What was learned, and how good it is on prompts it was not learned from (cross-validated).

    Attributes:
        router: the name the calibration is stored under.
        embedder: what the vectors are of.
        candidates: how many entries there are to pick from.
        prompts: how many labelled prompts were given, those that fit no entry included.
        out_of_scope: how many fit no entry.
        examples: how many examples of the entries were learned from besides.
        target_coverage: the share of prompts that fit an entry which are to be answered.
        stored: whether the calibration is better than none, and counts from now on; else the figures are those of the
            rule without fitting, which goes on.
        threshold: what scores are held against from now on.
        accuracy: share of prompts in scope whose best entry is the right one, from 0 to 1; None: too few to tell.
        coverage: share of prompts in scope whose score meets the threshold.
        rejected: share of prompts out of scope whose score does not meet it; None: none were given.
        auroc: how well scores part prompts in scope from others; None: none were given.
        seconds: how long it took.
        notes: what a reader should know, in words.
    """

    router: str
    embedder: str
    candidates: int
    prompts: int
    out_of_scope: int
    examples: int
    target_coverage: float
    stored: bool
    threshold: float | None
    accuracy: float | None
    coverage: float | None
    rejected: float | None
    auroc: float | None
    seconds: float
    notes: tuple[str, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return asdict(self) | {"notes": list(self.notes)}


def fit(router: Router, labelled: Iterable[tuple[str, Label]], *, target_coverage: float, seed: int) -> FitReport:
    """Fit the strategy of *router*, or the step of its cascade, that learns; see :meth:`AutoCouncil.fit`.

    Of several entries that are right for a prompt the first counts.
    """
    begun = time.perf_counter()
    if not 0 < target_coverage < 1:
        raise StrategyError(f"target_coverage={target_coverage!r}: give a share between 0 and 1")
    strategies = fittable(router.strategy)
    if not strategies:
        raise StrategyError(
            f"the strategy '{router.strategy.name}' learns nothing; 'embedding' does, alone or in a cascade",
            option="strategy",
            strategy=router.strategy.name,
        )
    pool = router.pool()
    if not pool.entries:
        raise StrategyError(f"there is no candidate of kind {router.kind or 'any'} to learn for")
    prompts = list(labelled)
    texts = [text for text, _ in prompts]
    labels = [
        pool.place(right[0].kind, right[0].name) if right else NONE
        for _, right in placed((case_of(text, label) for text, label in prompts), pool)
    ]
    about, data, figures = strategies[0].learn(pool, texts, labels, target_coverage=target_coverage, seed=seed)
    report = FitReport(
        router=router.name,
        candidates=len(pool),
        prompts=len(prompts),
        out_of_scope=labels.count(NONE),
        target_coverage=target_coverage,
        seconds=round(time.perf_counter() - begun, 3),
        **figures,
    )
    key = router_key(router.context)
    with router.context.workspace.writing() as transaction:
        if data is None:  # what was learned before was learned from less, or from other prompts: it goes, too
            transaction.forget_calibration(key)
            return report
        learned = sorted(map(text_mark, texts))
        about = {**about, "report": report.to_dict(), "learned": learned, "sha256": sha256(data).hexdigest()}
        transaction.put_calibration(key, about, data)
    return report
