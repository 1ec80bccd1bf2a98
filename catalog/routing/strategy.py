"""``Strategy``: how a router picks; and how a router asks a strategy that may break."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from catalog.errors import CatalogError, StrategyError
from catalog.routing.pool import Pool
from catalog.routing.verdict import Verdict


class Strategy(Protocol):
    """How a router picks. Strategies are safe in threads: they keep no state of a single prompt."""

    @property
    def name(self) -> str:
        """The word that options choose the strategy by, and that decisions name it by."""

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the verdict on *prompt*: which of the candidates in *pool* it is for, or none.

        Raises:
            StrategyError: the strategy can't do its work now; a cascade goes on with the next step.
        """


def fittable(strategy: Strategy) -> list[Any]:
    """Return what can be fitted: *strategy* itself, or the steps of a cascade that have a method ``learn``."""
    steps = getattr(strategy, "chain", (strategy,))
    return [step for step in steps if hasattr(step, "learn")]


def choose_many(strategy: Strategy, prompts: Sequence[str], pool: Pool) -> list[Verdict | CatalogError]:
    """Return the verdict of *strategy* on each prompt, in their order, or the error that the strategy failed with.

    Nothing is raised: any exception becomes a StrategyError in the list. A strategy that is faster with many prompts
    at once has a method ``choose_many`` that takes prompts and pool and returns such a list.
    """
    many = getattr(strategy, "choose_many", None)
    try:
        if many is not None:
            verdicts: list[Verdict | CatalogError] = many(prompts, pool)
            return verdicts
    except CatalogError as error:
        return [error] * len(prompts)
    except Exception as error:
        return [_broken(strategy, error)] * len(prompts)
    return [_verdict(strategy, prompt, pool) for prompt in prompts]


def _verdict(strategy: Strategy, prompt: str, pool: Pool) -> Verdict | CatalogError:
    try:
        verdict = strategy.choose(prompt, pool)
    except CatalogError as error:
        return error
    except Exception as error:  # a step of somebody's own must not take a cascade down
        return _broken(strategy, error)
    if isinstance(verdict, Verdict):
        return verdict
    type_name = type(verdict).__name__
    return StrategyError(
        f"the strategy {strategy.name} gave {type_name}, not a catalog.Verdict", strategy=strategy.name, given=type_name
    )


def _broken(strategy: Strategy, error: Exception) -> StrategyError:
    broken = StrategyError(
        f"the strategy {strategy.name} failed: {type(error).__name__}: {error}", strategy=strategy.name
    )
    broken.__cause__ = error
    return broken
