"""``Strategy``: how a router picks, and asking any strategy without letting it take a router down."""

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
        """The word it is chosen by and decisions name it with."""

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return what it says of *prompt* and the candidates in *pool*.

        Raises:
            StrategyError: it can't do its work now; a cascade goes on with the next.
        """


def fittable(strategy: Strategy) -> list[Any]:
    """Return the strategies, *strategy* itself or steps of it, that can be fitted."""
    steps = getattr(strategy, "chain", (strategy,))
    return [step for step in steps if hasattr(step, "learn")]


def choose_many(strategy: Strategy, prompts: Sequence[str], pool: Pool) -> list[Verdict | CatalogError]:
    """Return what *strategy* says of each prompt, or the error it fails with; whatever it raises becomes one.

    A strategy that is faster with many prompts at once has a method ``choose_many`` of the same kind.
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
