"""What a call cost, in the words of one framework or another, as one table of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "requests": ("requests", "successful_requests"),
    "input_tokens": ("input_tokens", "prompt_tokens", "inputTokens", "prompt_token_count", "input_token_count"),
    "output_tokens": (
        "output_tokens",
        "completion_tokens",
        "outputTokens",
        "candidates_token_count",
        "output_token_count",
    ),
    "cost": ("cost", "total_cost_usd"),
}
"""Our words, and those of frameworks for the same: the first that there is counts."""
_DEEPEST = 3


def usage_of(said: Any) -> dict[str, float]:
    """Return what *said* counts: ``requests``, ``input_tokens``, ``output_tokens``, and ``cost`` in US dollars.

    What nobody counted is left out, so what a framework says nothing about is empty.

    Args:
        said: an object or a mapping of some framework, several of them, or a mapping of models to such.
    """
    return _counted(said, 0)


def _counted(said: Any, depth: int) -> dict[str, float]:
    if said is None or depth > _DEEPEST or isinstance(said, (str, bytes)):
        return {}
    if isinstance(said, (list, tuple)):
        return _sum([_counted(part, depth + 1) for part in said])
    found = {}
    for word, theirs in _WORDS.items():
        number = next((number for name in theirs if (number := _number(said, name)) is not None), None)
        if number:
            found[word] = number
    thoughts = _number(said, "thoughts_token_count")  # Google counts them apart
    if thoughts:
        found["output_tokens"] = found.get("output_tokens", 0) + thoughts
    if not found and isinstance(said, Mapping):
        return _sum([_counted(part, depth + 1) for part in said.values()])
    return found


def _number(said: Any, name: str) -> float | None:
    number = said.get(name) if isinstance(said, Mapping) else getattr(said, name, None)
    if number is None or isinstance(number, bool):
        return None
    try:  # a Decimal, too
        return int(number) if int(number) == number else float(number)
    except (TypeError, ValueError, OverflowError):
        return None


def _sum(parts: list[dict[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in parts:
        for word, number in part.items():
            found[word] = found.get(word, 0) + number
    return found
