"""What strategies give: candidates with scores, steps of a cascade, a verdict on a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogError, StrategyError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

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


def is_number(value: object) -> bool:
    """Tell whether an option is a number that something can be held against."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
