"""A strategy that says what a test tells it to, and prompts about three things an embedder tells apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from factories import tool

from catalog import Entry, StrategyError, Verdict
from catalog.routing.pool import Pool
from catalog.routing.verdict import Cost


class Say(NamedTuple):
    """What is said of one prompt: the name picked, the scores by name, the best one's, and how sure it is."""

    picked: str | None = None
    scores: Mapping[str, float] = {}
    confidence: float | None = None
    cost: Cost = Cost()

    def verdict(self, pool: Pool) -> Verdict:
        """Return it as a strategy would."""
        return Verdict(
            None if self.picked is None else pool.find(self.picked),
            f"it was told {self.picked}",
            score=max(self.scores.values(), default=None),
            confidence=self.confidence,
            scores=[self.scores.get(entry.name) for entry in pool.entries],
            cost=self.cost,
        )


class Told:
    """A strategy that looks each prompt up; one it was told nothing of makes it fail."""

    def __init__(self, name: str, said: Mapping[str, Say]) -> None:
        """Take what it is called and what it says of which prompt."""
        self.name = name
        self._said = said

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return what was told."""
        if prompt not in self._said:
            raise StrategyError(f"{self.name} was told nothing of it", strategy=self.name)
        return self._said[prompt].verdict(pool)


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
    return [tool(name, description=f"All about {name}", examples=said) for name, said in ABOUT.items()]
