"""Made-up catalogs of any size whose words are spread as in real texts (the n-th most common one n times as rare)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

_SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu"]
COMMON = ["get", "data", "file", "user", "list", "create", "search", "read"]


def vocabulary() -> list[str]:
    """Return 50,000 words, the most common first."""
    made = ["".join(parts) for parts in itertools.product(_SYLLABLES, repeat=4)]
    random.Random(7).shuffle(made)
    return COMMON + made[:49_992]


def entries(count: int) -> Iterator[dict[str, Any]]:
    """Yield the fields of *count* tools: two words in the name, twenty in the description, two or three tags."""
    words, chance = vocabulary(), random.Random(11)
    cumulative = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(words))))
    for i in range(count):
        picked = chance.choices(words, cum_weights=cumulative, k=22)
        yield {
            "kind": "tool",
            "name": f"{picked[0]}_{picked[1]}_{i}",
            "ref": f"bench.module{i % 100}:function{i}",
            "description": " ".join(picked[2:]),
            "tags": [f"tag{i % 10}", f"topic{i % 1000}", *(["plot"] if i % 100 == 0 else [])],
        }


def rare_words() -> list[str]:
    """Return words that few entries of even a large catalog have."""
    return vocabulary()[20_000:20_040]
