"""``choose``: makes the strategy that the options of a router name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogError, StrategyError, close_matches, did_you_mean
from catalog.routing.strategy import Strategy
from catalog.routing.verdict import Verdict, abstained

if TYPE_CHECKING:
    from catalog.routing.context import RouterContext
    from catalog.routing.pool import Pool

STRATEGIES = ("rules", "embedding", "llm_classify", "llm_build", "cascade")

ASKING = ("llm_classify", "llm_build")
"""The strategies that ask a model."""

CHAIN = ("rules", "embedding")
"""The steps of a cascade without ``chain``; with ``model`` or ``client``, ``llm_classify`` comes last."""

_EMBEDDING = ("threshold",)
_MODEL = (
    "model", "client", "base_url", "api_key", "temperature", "timeout", "max_tokens", "max_input_tokens", "max_dollars",
    "price",
)  # fmt: skip
_CLASSIFY = (*_MODEL, "max_candidates")
_BUILD = (*_MODEL, "max_members", "rounds", "keep_draft")

OPTIONS = tuple(dict.fromkeys(("chain", "seconds", *_EMBEDDING, *_CLASSIFY, *_BUILD)))
"""The options of the strategies.

``chain``: the steps of a cascade, words or strategies. ``seconds``: how long all rules together may take.
``threshold``: what the embedding strategy's score is held against, in place of the fitted one. Those of the strategies
that ask a model are described in :mod:`catalog.routing.llm.ask`, :mod:`catalog.routing.strategies.llm_classify` and
:mod:`catalog.routing.strategies.llm_build`.
"""


def choose(strategy: str | Strategy | Callable[..., Any], context: RouterContext) -> Strategy:
    """Return the strategy of a router.

    Args:
        strategy: one of :data:`STRATEGIES`, a reference ``package.module:name``, or the user's own: an object with a
            method ``choose``, a class of such objects, or a function.
        context: of the router; it holds the options.

    Raises:
        StrategyError: there is no strategy of that name, or an option can't be used.
    """
    if not isinstance(strategy, str):
        return _own(strategy)
    options = context.options
    if strategy == "cascade":
        from catalog.routing.strategies.cascade import Cascade

        chain = options.get("chain")
        if chain is None:
            asked = options.get("model") is not None or options.get("client") is not None
            chain = (*CHAIN, "llm_classify") if asked else CHAIN
        if isinstance(chain, str) or not isinstance(chain, Sequence):
            raise StrategyError(
                f"chain={chain!r}: give a list of steps, as in chain=['rules', 'embedding']", option="chain"
            )
        if "cascade" in chain:
            raise StrategyError("a cascade may not contain itself; leave 'cascade' out of the chain", option="chain")
        return Cascade([choose(step, context) for step in chain], watch=context.stepped)
    if strategy == "rules":
        from catalog.routing.predicates import predicate_of
        from catalog.routing.strategies.rules import Rules

        return Rules(**_of(options, ("seconds",)), load=partial(predicate_of, context.workspace))
    if strategy == "embedding":
        from catalog.routing.strategies.embedding import Embedding

        return Embedding(context, **_of(options, _EMBEDDING))
    if strategy == "llm_classify":
        from catalog.routing.strategies.llm_classify import Classify

        return Classify(**_of(options, _CLASSIFY))
    if strategy == "llm_build":
        from catalog.routing.strategies.llm_build import Build

        return Build(context, **_of(options, _BUILD))
    if ":" in strategy:
        return _own(context.workspace.follow(strategy, "strategy"), strategy)
    raise StrategyError(
        f"there is no strategy '{strategy}'{did_you_mean(close_matches(strategy, STRATEGIES))}; "
        f"choose one of {', '.join(STRATEGIES)}, or give 'package.module:name'",
        option="strategy",
        strategy=strategy,
    )


def _of(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: options[name] for name in names if name in options}


def _own(strategy: Any, name: str | None = None) -> Strategy:
    """Return the user's own strategy: an object with ``choose``, made of a class or a function if need be."""
    if isinstance(strategy, type):
        try:
            strategy = strategy()
        except Exception as error:
            raise StrategyError(
                f"the strategy {strategy.__qualname__} can't be made without arguments: {error}; give an object of it"
            ) from error
    if hasattr(strategy, "choose"):
        if not isinstance(getattr(strategy, "name", None), str):
            raise StrategyError(f"the strategy {strategy!r} has no name; give it an attribute 'name'")
        return strategy  # type: ignore[no-any-return]
    if callable(strategy):
        return _Function(strategy, name or str(getattr(strategy, "__name__", type(strategy).__name__)))
    raise StrategyError(f"{strategy!r} is no strategy: it has no method 'choose' and can't be called")


class _Function:
    """A function ``(prompt, candidates) -> entry, key, name or None`` as a strategy."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.name = name
        self._function = function

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the verdict that an answer of the function makes: an entry, a key, a name, a verdict or None.

        Raises:
            StrategyError: the function failed, is a coroutine, or picked something that is no candidate.
        """
        try:
            picked = self._function(prompt, pool.entries)
        except CatalogError:
            raise
        except Exception as error:
            raise StrategyError(
                f"the strategy {self.name} failed: {type(error).__name__}: {error}", strategy=self.name
            ) from error
        if inspect.isawaitable(picked):
            if inspect.iscoroutine(picked):
                picked.close()
            raise StrategyError(f"the strategy {self.name} is a coroutine; give a plain function", strategy=self.name)
        if picked is None:
            return abstained(f"{self.name} picks nothing", cacheable=False)
        if isinstance(picked, Verdict):
            return picked
        named = picked if isinstance(picked, str) else getattr(picked, "key", None)
        entry = pool.find(named) if isinstance(named, str) else None
        if entry is None:
            shown = repr(named or picked)[:80]
            raise StrategyError(f"{self.name} picked {shown}, which is none of the candidates", strategy=self.name)
        return Verdict(entry, f"{self.name} picked it", cacheable=False)
