"""What strategies get, what they give, and what a decision is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from catalog.errors import CatalogError, StrategyError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.pool import Pool

CHOSEN, ABSTAINED, FAILED = "chosen", "abstained", "failed"
"""The outcomes of a step."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a router considered.

    Attributes:
        entry: the record; nothing was imported.
        score: what the strategy gave it, higher is better; None: it gave none.
        threshold: what the score was held against; None: there is no score, or nothing to hold it against.
        filtered: why it was left out before any strategy saw it, in words; None: it was not.
        reason: what speaks for it, in words; often empty.
    """

    entry: Entry
    score: float | None = None
    filtered: str | None = None
    reason: str = ""
    threshold: float | None = None

    @property
    def name(self) -> str:
        """The name of the entry."""
        return self.entry.name

    @property
    def key(self) -> str:
        """``kind:name``."""
        return self.entry.key

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "key": self.key,
            "kind": self.entry.kind,
            "name": self.name,
            "score": self.score,
            "threshold": self.threshold,
            "filtered": self.filtered,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking a model took.

    Attributes:
        requests: sent, those that failed included.
        tokens: of prompts and answers together; as reported by the server, else estimated.
        dollars: None where the price is not known.
    """

    requests: int = 0
    tokens: int = 0
    dollars: float | None = None

    def __add__(self, other: Cost) -> Cost:
        known = [part for part in (self.dollars, other.dollars) if part is not None]
        return Cost(self.requests + other.requests, self.tokens + other.tokens, sum(known) if known else None)

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {"requests": self.requests, "tokens": self.tokens, "dollars": self.dollars}


@dataclass(frozen=True, slots=True)
class Step:
    """What one strategy of a cascade did.

    Attributes:
        strategy: its name.
        outcome: ``chosen``, ``abstained`` or ``failed``.
        reason: in words.
        latency_ms: how long it took.
        key: what it chose.
        score: of its best candidate.
        code: of the error it failed with.
        cost: of the models it asked.
        cacheable: whether the same prompt would give the same.
    """

    strategy: str
    outcome: str
    reason: str
    latency_ms: float
    key: str | None = None
    score: float | None = None
    code: str | None = None
    cost: Cost = field(default_factory=Cost)
    cacheable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "strategy": self.strategy,
            "outcome": self.outcome,
            "reason": self.reason,
            "latency_ms": round(self.latency_ms, 3),
            "key": self.key,
            "score": self.score,
            "code": self.code,
            "cost": self.cost.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a strategy says of one prompt.

    Attributes:
        chosen: the entry it picks; None: it abstains.
        reason: why, in words.
        score: of the best candidate, chosen or not.
        confidence: how likely the choice is right, from 0 to 1, measured on held-out prompts; None: not known.
        threshold: what the score was held against; None: nothing.
        scores: of the candidates, in the order of the pool; None where it gives none. May be an array.
        reasons: what speaks for single candidates, by key.
        steps: of a cascade.
        cost: of the models it asked.
        cacheable: whether the same prompt gives the same verdict as long as the catalog stays as it is.
        built: the entry in ``chosen`` was made for this prompt.
    """

    chosen: Entry | None
    reason: str
    score: float | None = None
    confidence: float | None = None
    threshold: float | None = None
    scores: Sequence[float | None] | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    cost: Cost = field(default_factory=Cost)
    cacheable: bool = True
    built: bool = False


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


def choose_many(strategy: Strategy, prompts: Sequence[str], pool: Pool) -> list[Verdict | CatalogError]:
    """Return what *strategy* says of each prompt, or the error it fails with; whatever it raises becomes one.

    A strategy that is faster with many prompts at once has a method ``choose_many`` of the same kind.
    """
    many = getattr(strategy, "choose_many", None)
    try:
        if many is not None:
            found: list[Verdict | CatalogError] = many(prompts, pool)
            return found
    except CatalogError as error:
        return [error] * len(prompts)
    except Exception as error:
        return [_broken(strategy, error)] * len(prompts)
    return [_said(strategy, prompt, pool) for prompt in prompts]


def _said(strategy: Strategy, prompt: str, pool: Pool) -> Verdict | CatalogError:
    try:
        said = strategy.choose(prompt, pool)
    except CatalogError as error:
        return error
    except Exception as error:  # a step of somebody's own must not take a cascade down
        return _broken(strategy, error)
    if isinstance(said, Verdict):
        return said
    given = type(said).__name__
    return StrategyError(
        f"the strategy {strategy.name} gave {given}, not a catalog.Verdict", strategy=strategy.name, given=given
    )


def _broken(strategy: Strategy, error: Exception) -> StrategyError:
    made = StrategyError(
        f"the strategy {strategy.name} failed: {type(error).__name__}: {error}", strategy=strategy.name
    )
    made.__cause__ = error
    return made


class Decision:
    """What a router picked for one prompt and why, the losers included.

    Attributes:
        name: of the entry picked; None: none fits.
        entry: the record; None: none fits. Nothing was imported.
        strategy: what decided; in a cascade, the step that did. ``fallback`` where ``on_no_match`` stepped in.
        score: of the best candidate; its meaning is the strategy's.
        confidence: how likely the choice is right, from 0 to 1, where a calibration says so; else None.
        threshold: what the score was held against; None: nothing.
        reason: in words.
        latency_ms: how long deciding took.
        steps: of a cascade, in order.
        generation: of the catalog that was asked.
        made: ``static`` for an entry with a reference, ``dynamic`` for one that is data, ``built`` for one made for
            this prompt; None: none fits.
        cost: of the models that were asked.
        cached: whether it was remembered from the same prompt.
    """

    __slots__ = (
        "_candidates",
        "_pool",
        "_verdict",
        "cached",
        "entry",
        "generation",
        "latency_ms",
        "strategy",
    )

    def __init__(
        self, verdict: Verdict, pool: Pool, *, strategy: str, latency_ms: float, entry: Entry | None, cached: bool
    ) -> None:
        """Keep what was said; the candidates are put into order when somebody looks."""
        self._verdict = verdict
        self._pool = pool
        self._candidates: tuple[Candidate, ...] | None = None
        self.entry = entry
        self.strategy = strategy
        self.latency_ms = latency_ms
        self.generation = pool.generation
        self.cached = cached

    @property
    def name(self) -> str | None:
        """The name of the entry picked; None: none fits."""
        return None if self.entry is None else self.entry.name

    @property
    def key(self) -> str | None:
        """The key of the entry picked; None: none fits."""
        return None if self.entry is None else self.entry.key

    @property
    def score(self) -> float | None:
        """The score of the best candidate."""
        return self._verdict.score

    @property
    def confidence(self) -> float | None:
        """How likely the choice is right; None: not known."""
        return self._verdict.confidence if self.strategy != "fallback" else None

    @property
    def threshold(self) -> float | None:
        """What the score was held against."""
        return self._verdict.threshold

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self._verdict.reason

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of a cascade."""
        return self._verdict.steps

    @property
    def cost(self) -> Cost:
        """What asking models took; nothing if the answer was remembered."""
        return Cost() if self.cached else self._verdict.cost

    @property
    def made(self) -> str | None:
        """``static``, ``dynamic``, ``built`` or None."""
        if self.entry is None:
            return None
        if self._verdict.built and self.entry is self._verdict.chosen:
            return "built"
        return "dynamic" if self.entry.ref is None and self.entry.spec is not None else "static"

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every entry considered: by score, the best first, equal ones and those without by key; then the filtered."""
        if self._candidates is None:
            self._candidates = tuple(self._pool.considered(self._verdict))
        return self._candidates

    def to_dict(self, *, candidates: int | None = 20, entry: bool = True) -> dict[str, Any]:
        """Return it as data for JSON, with at most so many *candidates* (None: all), and the whole *entry* or not."""
        known, pool = self._candidates, self._pool
        shown = pool.considered(self._verdict, candidates) if known is None else known[:candidates]
        record = {"entry": None if self.entry is None else self.entry.model_dump(mode="json")} if entry else {}
        return {
            "name": self.name,
            "key": self.key,
            "kind": None if self.entry is None else self.entry.kind,
            **record,
            "strategy": self.strategy,
            "made": self.made,
            "score": self.score,
            "confidence": self.confidence,
            "threshold": self.threshold,
            "reason": self.reason,
            "latency_ms": round(self.latency_ms, 3),
            "steps": [step.to_dict() for step in self.steps],
            "cost": self.cost.to_dict(),
            "generation": self.generation,
            "cached": self.cached,
            "considered": len(pool.entries),
            "filtered": len(pool.filtered),
            "candidates": [one.to_dict() for one in shown],
        }

    def __repr__(self) -> str:
        score = "" if self.score is None else f", score={self.score:.4g}"
        return f"Decision({self.key!r}, strategy={self.strategy!r}{score})"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of running the entry that was picked.

    Attributes:
        value: what it returned; None if the router abstained.
        decision: which entry it was and why.
    """

    value: Any
    decision: Decision


def failed(strategy: str, error: Exception, latency_ms: float) -> Step:
    """Return the step of a *strategy* that failed with *error*."""
    code = error.code if isinstance(error, CatalogError) else type(error).__name__
    cost = error.facts.get("cost") if isinstance(error, StrategyError) else None
    return Step(
        strategy,
        FAILED,
        str(error) or type(error).__name__,
        latency_ms,
        code=code,
        cost=cost if isinstance(cost, Cost) else Cost(),
        cacheable=False,
    )


def abstained(reason: str, **fields: Any) -> Verdict:
    """Return the verdict of a strategy that picks nothing."""
    return replace(Verdict(None, reason), **fields)


def is_number(given: object) -> bool:
    """Tell whether an option is a number that something can be held against."""
    return isinstance(given, (int, float)) and not isinstance(given, bool) and given == given
