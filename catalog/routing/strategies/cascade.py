"""``cascade``: strategies one after the other; the first that does not abstain decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, StrategyError
from catalog.routing.strategy import Strategy, choose_many
from catalog.routing.verdict import ABSTAINED, CHOSEN, FAILED, Cost, Step, Verdict, failed

if TYPE_CHECKING:
    from catalog.routing.pool import Pool

Watch = Callable[[Step], None]


class Cascade:
    """A chain of strategies. A step that fails is passed over, as the reason says; if all fail, so does the cascade."""

    name = "cascade"

    def __init__(self, chain: Sequence[Strategy], *, watch: Watch | None = None) -> None:
        """Take the steps in order, and a function that is called with what each step did.

        Raises:
            StrategyError: there is no step, two steps have the same name, or a step is a cascade.
        """
        if not chain:
            raise StrategyError("a cascade needs at least one step: chain=['rules', 'embedding']", option="chain")
        names = [step.name for step in chain]
        for step in chain:
            if isinstance(step, Cascade):
                raise StrategyError("a cascade may not contain a cascade; put its steps into the chain", option="chain")
            if names.count(step.name) > 1:
                raise StrategyError(f"the step '{step.name}' stands in the chain twice", option="chain")
        self.chain = tuple(chain)
        self._watch = watch

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the verdict of the first step that picks an entry, with all steps up to it.

        If no step picks an entry, the verdict is that of the last step that abstained: its scores say how near the
        candidates were.

        Raises:
            StrategyError: every step failed.
        """
        (verdict,) = self.choose_many([prompt], pool)
        if isinstance(verdict, CatalogError):
            raise verdict
        return verdict

    def choose_many(self, prompts: Sequence[str], pool: Pool) -> list[Verdict | CatalogError]:
        """Return what :meth:`choose` returns or raises for each prompt; a step gets all open prompts at once."""
        steps: list[list[Step]] = [[] for _ in prompts]
        last: list[Verdict | None] = [None] * len(prompts)
        still = list(range(len(prompts)))
        for strategy in self.chain:
            begun = time.perf_counter()
            verdicts = choose_many(strategy, [prompts[place] for place in still], pool)
            each = (time.perf_counter() - begun) * 1_000 / max(len(still), 1)
            for place, verdict in zip(still, verdicts, strict=True):
                step = _step(strategy.name, verdict, each)
                steps[place].append(step)
                if not isinstance(verdict, CatalogError):
                    last[place] = verdict
                if self._watch is not None:
                    self._watch(step)
            still = [place for place in still if steps[place][-1].outcome != CHOSEN]
            if not still:
                break
        return [_combined(verdict, tuple(taken)) for verdict, taken in zip(last, steps, strict=True)]


def _step(name: str, verdict: Verdict | CatalogError, latency_ms: float) -> Step:
    if isinstance(verdict, CatalogError):
        return failed(name, verdict, latency_ms)
    chosen = verdict.chosen
    return Step(
        name,
        ABSTAINED if chosen is None else CHOSEN,
        verdict.reason,
        latency_ms,
        None if chosen is None else chosen.key,
        verdict.score,
        None,
        verdict.cost,
        verdict.cacheable,
    )


def _combined(last: Verdict | None, steps: tuple[Step, ...]) -> Verdict | CatalogError:
    """Return the verdict of the cascade: *last*, that of the last step that did not fail, with all *steps*."""
    cost = sum((step.cost for step in steps), Cost())
    reasons = "; ".join(f"{step.strategy}: {step.reason}" for step in steps)
    if last is None:
        return StrategyError(
            f"every step of the cascade failed: {reasons}",
            strategy=Cascade.name,
            steps=[step.to_dict() for step in steps],
            cost=cost,
        )
    broken = [step.strategy for step in steps if step.outcome == FAILED]
    if last.chosen is None:
        reason = f"no step picked anything: {reasons}"
    else:
        reason = last.reason + (f" (after {' and '.join(broken)} failed)" if broken else "")
    return replace(
        last,
        reason=reason,
        steps=steps,
        cost=cost,
        cacheable=not broken and all(step.cacheable for step in steps),  # a step that failed may work the next time
    )
