"""``cascade``: strategies one after the other; the first that does not abstain decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, StrategyError
from catalog.routing.base import ABSTAINED, CHOSEN, FAILED, Cost, Step, Strategy, Verdict, failed

if TYPE_CHECKING:
    from catalog.routing.pool import Pool

Watch = Callable[[Step], None]


class Cascade:
    """A chain of strategies. A step that fails is passed over and said so; if all fail, the cascade fails."""

    name = "cascade"

    def __init__(self, chain: Sequence[Strategy], *, watch: Watch | None = None) -> None:
        """Take the steps in order, and what is told of each when it is done.

        Raises:
            StrategyError: there is no step, two have one name, or one is a cascade.
        """
        if not chain:
            raise StrategyError("a cascade needs at least one step: chain=['rules', 'embedding']", strategy=self.name)
        names = [step.name for step in chain]
        for step in chain:
            if isinstance(step, Cascade):
                raise StrategyError(
                    "a cascade may not contain a cascade; put its steps into the chain", strategy="cascade"
                )
            if names.count(step.name) > 1:
                raise StrategyError(f"the step '{step.name}' stands in the chain twice", strategy=self.name)
        self.chain = tuple(chain)
        self._watch = watch

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the verdict of the first step that picks something, with all steps up to it.

        If none does, that of the last step that abstained: its scores say how near it was.

        Raises:
            StrategyError: every step failed.
        """
        steps: list[Step] = []
        last: Verdict | None = None
        cost, cacheable = Cost(), True
        for strategy in self.chain:
            begun = time.perf_counter()
            try:
                verdict = strategy.choose(prompt, pool)
            except CatalogError as error:
                step = failed(strategy.name, error, _since(begun))
                cost, cacheable = cost + step.cost, False  # it may work the next time
            else:
                chosen = verdict.chosen
                step = Step(
                    strategy.name,
                    ABSTAINED if chosen is None else CHOSEN,
                    verdict.reason,
                    _since(begun),
                    None if chosen is None else chosen.key,
                    verdict.score,
                    None,
                    verdict.cost,
                )
                cost, cacheable = cost + verdict.cost, cacheable and verdict.cacheable
                last = verdict
            steps.append(step)
            if self._watch is not None:
                self._watch(step)
            if step.outcome == CHOSEN:
                break
        if last is None:
            raise StrategyError(
                "every step of the cascade failed: " + "; ".join(f"{step.strategy}: {step.reason}" for step in steps),
                strategy=self.name,
                steps=[step.to_dict() for step in steps],
                cost=cost,
            )
        reason = last.reason
        if last.chosen is None:
            reason = "no step picked anything: " + "; ".join(f"{step.strategy}: {step.reason}" for step in steps)
        elif broken := [step.strategy for step in steps if step.outcome == FAILED]:
            reason += f" (after {' and '.join(broken)} failed)"
        return Verdict(
            last.chosen,
            reason,
            last.score,
            last.confidence,
            last.threshold,
            last.scores,
            last.reasons,
            tuple(steps),
            cost,
            cacheable,
            last.built,
        )


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1_000
