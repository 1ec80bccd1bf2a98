"""``Decision``: what a router picked for a prompt, and why; ``Result``: what came of running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.entry.html import escaped, framed, table, title
from catalog.routing.pool import Pool
from catalog.routing.verdict import Candidate, Cost, Step, Verdict

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


class Decision:
    """What a router picked for one prompt and why, the losers included.

    Attributes:
        name: the name of the entry picked; None: no entry fits.
        entry: the record of the entry picked; None: no entry fits. Nothing was imported.
        strategy: the strategy that decided; in a cascade, the step that did. ``fallback`` where the entry of
            ``on_no_match`` was taken.
        score: the score of the best candidate; what it means depends on the strategy.
        confidence: how likely the choice is right, from 0 to 1; None: no calibration tells.
        threshold: the score from which a candidate is picked; None: there is no threshold.
        reason: why, in words.
        latency_ms: how long deciding took, in milliseconds.
        steps: what each step of a cascade did, in order.
        generation: the generation of the catalog that was asked.
        made: ``static`` for an entry with a reference, ``dynamic`` for one that is data, ``built`` for one made for
            this prompt; None: no entry fits.
        cost: what asking models took.
        cached: whether the verdict was remembered from the same prompt.
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
        """Keep the verdict; candidates are put into order when they are asked for."""
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
        """The name of the entry picked; None: no entry fits."""
        return None if self.entry is None else self.entry.name

    @property
    def key(self) -> str | None:
        """The key of the entry picked; None: no entry fits."""
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
        """The score from which a candidate is picked."""
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
        """Every entry considered: by score, the best first, then by key; at last the entries that were left out."""
        if self._candidates is None:
            self._candidates = tuple(self._pool.considered(self._verdict))
        return self._candidates

    def to_dict(self, *, candidates: int | None = 20, entry: bool = True) -> dict[str, Any]:
        """Return the decision as data for JSON.

        Args:
            candidates: the most candidates that are listed, the best first; None: all.
            entry: whether the whole record of the entry picked is included.
        """
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
            "candidates": [candidate.to_dict() for candidate in shown],
        }

    def __reduce__(self) -> tuple[Any, ...]:
        pool = self._pool
        # Without the catalog, which can't be copied: a decision asks nothing of it.
        alone = Pool(pool.entries, pool.filtered, pool.generation, None, pool.filters)  # type: ignore[arg-type]
        state = {"strategy": self.strategy, "latency_ms": self.latency_ms, "entry": self.entry, "cached": self.cached}
        return _decision, (self._verdict, alone, state)

    def _repr_html_(self) -> str:
        rows = [
            (candidate.key, "" if candidate.score is None else f"{candidate.score:.4g}", candidate.filtered or "")
            for candidate in self._pool.considered(self._verdict, 10)
        ]
        head = title(self.key or "no entry fits", self.strategy, f"{self.latency_ms:.1f} ms")
        steps = [(step.strategy, step.outcome, f"{step.latency_ms:.1f} ms", step.reason) for step in self.steps]
        shown = table(("step", "outcome", "time", "reason"), steps) if len(steps) > 1 else ""
        return framed(
            head, f"<p>{escaped(self.reason)}</p>", shown, table(("key", "score", "left out"), rows, chosen=self.key)
        )

    def __repr__(self) -> str:
        score = "" if self.score is None else f", score={self.score:.4g}"
        return f"Decision({self.key!r}, strategy={self.strategy!r}{score})"


def _decision(verdict: Verdict, pool: Pool, state: dict[str, Any]) -> Decision:
    """Return the decision that was pickled."""
    return Decision(verdict, pool, **state)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of running the entry that was picked.

    Attributes:
        value: what the entry returned; None if the router abstained.
        decision: which entry it was and why.
    """

    value: Any
    decision: Decision

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as data for JSON, beside the value as it is."""
        return {"value": self.value, "decision": self.decision.to_dict()}
