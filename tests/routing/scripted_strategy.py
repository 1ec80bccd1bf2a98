"""A strategy whose verdicts a test writes down, and prompts about three things an embedder tells apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from factories import tool

from catalog import Entry, StrategyError, Verdict
from catalog.routing.pool import Pool
from catalog.routing.verdict import Cost


class Say(NamedTuple):
    """A verdict written down beforehand: the name picked, the scores by name, how sure the choice is, and its cost."""

    picked: str | None = None
    scores: Mapping[str, float] = {}
    confidence: float | None = None
    cost: Cost = Cost()

    def verdict(self, pool: Pool) -> Verdict:
        """Return the verdict on the candidates of *pool*; its score is the best of the scores."""
        return Verdict(
            None if self.picked is None else pool.find(self.picked),
            f"it was told {self.picked}",
            score=max(self.scores.values(), default=None),
            confidence=self.confidence,
            scores=[self.scores.get(entry.name) for entry in pool.entries],
            cost=self.cost,
        )


class ScriptedStrategy:
    """A strategy that looks each prompt up in a script; it fails for a prompt that is not in it."""

    def __init__(self, name: str, script: Mapping[str, Say]) -> None:
        """Take the name of the strategy, and its verdicts by prompt."""
        self.name = name
        self._script = script

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the verdict of the script."""
        if prompt not in self._script:
            raise StrategyError(f"{self.name} was told nothing of it", strategy=self.name)
        return self._script[prompt].verdict(pool)


ABOUT = {
    "weather": ["will it rain tomorrow", "what is the weather in berlin", "is it sunny in paris", "how cold is it"],
    "music": ["play some jazz", "put on a song by anna", "play music by queen", "i want to listen to a record"],
    "flight": ["book a flight to paris", "find me a plane to rome", "i need to fly to berlin", "cheap flights to oslo"],
}
ASKED: list[tuple[str, Any]] = [
    ("does it snow in oslo", "weather"),
    ("what will the weather be at noon", "weather"),
    ("play a song by the beatles", "music"),
    ("flights from rome to berlin", "flight"),
    ("book me a plane", "tool:flight"),
    ("who wrote hamlet", None),
    ("solve this equation for x", None),
    ("bake a bread with raisins", None),
]
"""Prompts with the name or key of the right entry, or None."""


def entries() -> list[Entry]:
    """Return a tool for each thing, with examples."""
    return [tool(name, description=f"All about {name}", examples=examples) for name, examples in ABOUT.items()]
