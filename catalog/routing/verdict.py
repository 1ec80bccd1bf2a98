"""``Verdict``: what a strategy says of a prompt; with the candidates, steps and costs that a decision shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from catalog.entry.states import APPROVED, marks_of
from catalog.errors import CatalogError, StrategyError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

CHOSEN, ABSTAINED, FAILED = "chosen", "abstained", "failed"
"""The outcomes of a step: it picked an entry, it picked none, it could not do its work."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a router considered.

    Attributes:
        entry: the record; nothing was imported.
        score: the score that the strategy gave the entry, higher is better; None: it gave no score.
        threshold: the score from which the strategy would have picked it; None: there is no score or no threshold.
        filtered: why the entry was left out before any strategy saw it, in words; None: it was not left out.
        reason: what speaks for the entry, in words; often empty.
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
        """The key of the entry, ``kind:name``."""
        return self.entry.key

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate as data for JSON: key, kind and name stand for the entry.

        ``state`` is there only if it is not ``approved``, ``code`` only if there is something to say.
        """
        marks = marks_of(self.entry.metadata).to_dict()
        if marks["state"] == APPROVED:
            del marks["state"]
        return {
            "key": self.key,
            "kind": self.entry.kind,
            "name": self.name,
            "score": self.score,
            "threshold": self.threshold,
            "filtered": self.filtered,
            "reason": self.reason,
            **marks,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking a model took.

    Attributes:
        requests: how many requests were sent, those that failed included.
        tokens: how many tokens prompts and answers had together, as reported by the server, else estimated.
        dollars: the price of these tokens; None: the price is not known.
    """

    requests: int = 0
    tokens: int = 0
    dollars: float | None = None

    def __add__(self, other: Cost) -> Cost:
        known = [part for part in (self.dollars, other.dollars) if part is not None]
        return Cost(self.requests + other.requests, self.tokens + other.tokens, sum(known) if known else None)

    def to_dict(self) -> dict[str, Any]:
        """Return the three figures as data for JSON."""
        return {"requests": self.requests, "tokens": self.tokens, "dollars": self.dollars}


@dataclass(frozen=True, slots=True)
class Step:
    """What one strategy of a cascade did.

    Attributes:
        strategy: the name of the strategy.
        outcome: ``chosen``, ``abstained`` or ``failed``.
        reason: why, in words.
        latency_ms: how long the step took, in milliseconds.
        key: the key of the entry it picked; None: it picked none.
        score: the score of its best candidate; None: it gave no score.
        code: the code of the error it failed with; None: it did not fail.
        cost: what asking models took.
        cacheable: whether the same prompt would get the same outcome.
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
        """Return the step as data for JSON."""
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
        score: the score of the best candidate, picked or not.
        confidence: how likely the choice is right, from 0 to 1, measured on held-out prompts; None: not known.
        threshold: the score from which a candidate is picked; None: there is no threshold.
        scores: the scores of all candidates, in the order of the pool, None for a candidate without a score. May be an
            array. None as a whole: the strategy gives no scores.
        reasons: what speaks for single candidates, by key.
        steps: what each step of a cascade did, in order; empty for any other strategy.
        cost: what asking models took.
        cacheable: whether the same prompt gets the same verdict as long as the catalog stays as it is.
        built: whether the entry in ``chosen`` was made for this prompt.
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

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as data for JSON; of the chosen entry only the key."""
        return {
            "chosen": None if self.chosen is None else self.chosen.key,
            "reason": self.reason,
            "score": self.score,
            "confidence": self.confidence,
            "threshold": self.threshold,
            "scores": None if self.scores is None else [None if one is None else float(one) for one in self.scores],
            "reasons": dict(self.reasons),
            "steps": [step.to_dict() for step in self.steps],
            "cost": self.cost.to_dict(),
            "cacheable": self.cacheable,
            "built": self.built,
        }


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
        cacheable=False,  # what failed may work the next time
    )


def abstained(reason: str, **fields: Any) -> Verdict:
    """Return the verdict of a strategy that picks nothing; *fields* are further fields of it."""
    return replace(Verdict(None, reason), **fields)


def is_number(value: object) -> bool:
    """Tell whether *value* is a number that can be compared: no boolean, and not NaN."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
