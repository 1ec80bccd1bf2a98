"""``evaluate``: asks a router about labelled prompts, and returns how well it does.

A prompt is *in scope* if some candidate is right for it, else *out of scope*. The router answers it (picks a candidate)
or abstains. Two questions are kept apart: whether the best candidate is the right one, whatever its score (accuracy),
and what comes out once scores are held against the threshold (right, coverage, rejected, precision).

The strategy is asked directly, prompt by prompt: no decision is taken from the cache, logged or told to watchers (the
steps of a cascade are), and ``on_no_match`` has no say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogError
from catalog.routing.calibration.stored import stored, text_mark
from catalog.routing.evaluation.evaluation import Evaluation, Judged, number_or_none
from catalog.routing.labelled import Label, case_of, placed
from catalog.routing.strategy import choose_many, fittable
from catalog.routing.verdict import ABSTAINED, CHOSEN, Cost, Step, Verdict, failed

if TYPE_CHECKING:
    from catalog.routing.pool import Pool
    from catalog.routing.router import Router


def evaluate(
    router: Router,
    labelled: Iterable[tuple[str, Label]],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Return how well *router* does.

    Args:
        router: asked about every prompt; a strategy that asks a model is paid for every prompt.
        labelled: prompts with the name or key of the right entry, a list of entries any of which is right, or None
            where no entry fits.
        progress: called after each prompt with the number of prompts done and of all prompts.

    Raises:
        EntryNotFoundError: a label names no candidate.
        StrategyError: the strategy failed for every prompt; the error of the first is raised.
    """
    pool = router.pool()
    cases = placed((case_of(text, label) for text, label in labelled), pool)
    judged, errors = [], []
    for text, gold in cases:
        begun = time.perf_counter()
        (verdict,) = choose_many(router.strategy, [text], pool)
        taken = (time.perf_counter() - begun) * 1_000
        if isinstance(verdict, CatalogError):
            errors.append(verdict)
        judged.append(_judged(text, tuple(entry.key for entry in gold), verdict, taken, router.strategy.name, pool))
        if progress is not None:
            progress(len(judged), len(cases))
    if errors and len(errors) == len(judged):
        raise errors[0]
    chain = getattr(router.strategy, "chain", None)
    strategy = router.strategy.name
    return Evaluation(
        router.name,
        strategy if chain is None else f"{strategy}: {', '.join(step.name for step in chain)}",
        pool.generation,
        len(pool),
        tuple(judged),
        *_learned(router, pool, [text for text, _ in cases]),
    )


def _learned(router: Router, pool: Pool, texts: Iterable[str]) -> tuple[int, str | None]:
    """Return how many of *texts* the router has learned from, and why its calibration is stale, or None."""
    steps = fittable(router.strategy)
    if not steps:
        return 0, None
    outdated = getattr(steps[0], "outdated", None)
    try:
        stale: str | None = outdated(pool) if outdated is not None else None
    except CatalogError:  # without an embedder nothing is applied, and the error of each prompt says so
        return 0, None
    kept = stored(router.context) if stale is None else None
    known = set(kept.about.get("learned", ())) if kept is not None else set()
    examples = {example for entry in pool.entries for example in entry.examples}
    return sum(text in examples or text_mark(text) in known for text in texts), stale


def _judged(
    text: str, gold: tuple[str, ...], verdict: Verdict | CatalogError, taken: float, strategy: str, pool: Pool
) -> Judged:
    if isinstance(verdict, CatalogError):
        done = verdict.facts.get("steps")  # a cascade whose every step failed
        steps = [_step_of(step) for step in done] if done else [failed(strategy, verdict, taken)]
        return Judged(text, gold, None, None, None, None, str(verdict), taken, tuple(steps), verdict.code)
    chosen = None if verdict.chosen is None else verdict.chosen.key
    outcome = ABSTAINED if chosen is None else CHOSEN
    own = Step(strategy, outcome, verdict.reason, taken, chosen, verdict.score, cost=verdict.cost)
    return Judged(
        text,
        gold,
        chosen,
        chosen or _best(verdict.scores, pool),
        number_or_none(verdict.score),
        number_or_none(verdict.confidence),
        verdict.reason,
        taken,
        verdict.steps or (own,),
    )


def _step_of(data: dict[str, Any]) -> Step:
    return Step(
        data["strategy"],
        data["outcome"],
        data["reason"],
        data["latency_ms"],
        code=data["code"],
        cost=Cost(**data["cost"]),
    )


def _best(scores: Sequence[float | None] | None, pool: Pool) -> str | None:
    """Return the key of the candidate with the highest score, of equal scores the first; None without scores."""
    if scores is None or not len(scores):
        return None
    import numpy as np

    numbers = np.asarray(scores, np.float64)  # None becomes NaN
    return None if np.isnan(numbers).all() else pool.entries[int(np.nanargmax(numbers))].key
