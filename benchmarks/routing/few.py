"""Fitting a router on a few prompts beside not fitting it: what is gained, and how often the fit is refused.

    python -m benchmarks few                          # every set, 3 draws: some minutes
    python -m benchmarks few --draws 10 --set clinc150 --encoder minilm

Routes are drawn from each set of routes, each with so many examples; a router is asked about unseen prompts of these
routes (right: answered with the right route) and about prompts that belong nowhere, to none of the drawn routes
(refused), before it is fitted and after. It is fitted on one further prompt a route and on so many prompts that belong
nowhere. The floor is the rule without fitting, in the same run: a figure of 0.0 is no difference, in points; worse:
the share of draws in which the sum of both shares fell by more than two standard errors; refused fits: the share that
was not stored, being no better.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.data import read_lines, sets
from benchmarks.encoders import installed
from benchmarks.measure import versions
from benchmarks.options import Parser
from catalog import AutoCouncil, Catalog, Settings, StrategyError

ROUTES = (2, 5, 10, 20, 50)
EXAMPLES = (1, 3, 10)
NULLS = (0, 1, 2, 4, 8, 16, 32)
CANDIDATES = (10, 200, 800, 2_500)
ASKED = 150
"""Unseen prompts of each side that a router is asked about."""


class Draw(NamedTuple):
    """What one draw gave, before and after fitting; shares."""

    right: float
    refused: float
    right_fitted: float
    refused_fitted: float
    stored: bool
    seconds: float

    @property
    def is_worse(self) -> bool:
        """Whether the sum of both shares fell by more than two standard errors."""
        change = self.right_fitted + self.refused_fitted - self.right - self.refused
        spread = [share * (1 - share) / ASKED for share in (self.right, self.refused)]
        return change < -2 * float(np.sqrt(max(sum(spread), 1 / ASKED**2)))


def drawn(routes: Sequence[Any], prompts: Sequence[Any], count: int, examples: int, nulls: int, encoder: str,
          chance: random.Random) -> Draw | None:  # fmt: skip
    """Return what one draw of routes gives, or None where the set has too few."""
    chosen = chance.sample(list(routes), count)
    names = {route["name"] for route in chosen}
    entries, labelled = [], []
    for route in chosen:
        texts = chance.sample(route["utterances"], min(examples + 1, len(route["utterances"])))
        if len(texts) < 2:
            return None
        entries.append({"kind": "agent", "name": route["name"], "ref": "nowhere:agent", "examples": texts[:examples],
                        "description": route.get("description", "")})  # fmt: skip
        labelled.append((texts[-1], route["name"]))
    inside = [
        (line["text"], line["gold"][0]) for line in prompts if len(line["gold"]) == 1 and line["gold"][0] in names
    ]
    outside = [line["text"] for line in prompts if not names.intersection(line["gold"])]
    if len(inside) < 20 or len(outside) < nulls + 20:
        return None
    chance.shuffle(outside)
    asked_in = chance.sample(inside, min(ASKED, len(inside)))
    asked_out = outside[nulls : nulls + ASKED]
    with Catalog("sqlite://", embedder=encoder, settings=Settings()) as cat:
        cat.register_many(entries)
        router = AutoCouncil(cat, "embedding", kind="agent", on_no_match="abstain", cache=0)
        before = shares(router, asked_in, asked_out)
        begin = time.perf_counter()
        try:
            stored = router.fit([*labelled, *((text, None) for text in outside[:nulls])]).stored
        except StrategyError:
            stored = False
        seconds = time.perf_counter() - begin
        after = shares(router, asked_in, asked_out) if stored else before
    return Draw(*before, *after, stored, seconds)


def shares(router: AutoCouncil, inside: Sequence[tuple[str, str]], outside: Sequence[str]) -> tuple[float, float]:
    """Return the share of prompts that are answered right, and of those outside that are refused."""
    answers = router.resolve_many([text for text, _ in inside])
    right = [answer.name == name for answer, (_, name) in zip(answers, inside, strict=True)]
    refused = [answer.name is None for answer in router.resolve_many(outside)]
    return float(np.mean(right)), float(np.mean(refused))


def many(encoder: str, most: int) -> None:
    """Print how long fitting 40 prompts takes as candidates grow."""
    print(f"\n{encoder}: fitting 40 prompts, seconds; goal: 2,500 candidates in 5")
    chance = random.Random(0)
    words = [f"w{number}" for number in range(4_000)]
    for count in (number for number in CANDIDATES if number <= most):
        with Catalog("sqlite://", embedder=encoder, settings=Settings()) as cat:
            cat.register_many(
                {"kind": "agent", "name": f"agent {number}", "ref": "nowhere:agent",
                 "description": " ".join(chance.choices(words, k=12))}
                for number in range(count)
            )  # fmt: skip
            router = AutoCouncil(cat, "embedding", kind="agent", on_no_match="abstain")
            router.resolve("warm")
            prompts: list[tuple[str, str | None]] = [
                (" ".join(chance.choices(words, k=8)), f"agent {number % min(count, 30)}") for number in range(30)
            ]
            prompts += [(" ".join(chance.choices(words, k=8)), None) for _ in range(10)]
            begin = time.perf_counter()
            router.fit(prompts)
            print(f"{count:>8,} candidates {time.perf_counter() - begin:8.2f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each number of routes, examples and prompts that belong nowhere."""
    parser = Parser("few", __doc__)
    parser.add_argument("--set", action="append", help="only this one")
    parser.add_argument("--encoder", action="append", help="wordllama, minilm")
    parser.add_argument("--draws", type=int, default=3, help="of routes, for each line and set")
    parser.add_argument("--routes", type=int, action="append", help=f"so many routes a draw {ROUTES}")
    parser.add_argument("--examples", type=int, action="append", help=f"so many examples a route {EXAMPLES}")
    parser.add_argument("--candidates", type=int, default=max(CANDIDATES), help="the most for which a fit is timed")
    options = parser.options(arguments)
    folders = sets("routes.jsonl", "queries.dev.jsonl", only=options.set)
    loaded = {
        folder.name: (read_lines(folder / "routes.jsonl"), read_lines(folder / "queries.dev.jsonl"))
        for folder in folders
    }
    print(versions("numpy", "wordllama"))
    for name, _ in installed(options.encoder or ("wordllama",)):
        many(name, options.candidates)
        measure(name, loaded, options)


def measure(encoder: str, loaded: dict[str, Any], options: Any) -> None:
    """Print the lines of one encoder, and their mean."""
    print(f"\n{encoder}: {'routes':>6}{'examples':>9}{'nulls':>6}{'right':>8}{'fitted':>8}{'refused':>9}"
          f"{'fitted':>8}{'worse':>8}{'refused fits':>14}")  # fmt: skip
    everything: list[Draw] = []
    for count, examples, nulls in itertools.product(options.routes or ROUTES, options.examples or EXAMPLES, NULLS):
        draws = [
            draw
            for name, (routes, prompts) in loaded.items()
            for number in range(options.draws)
            if count <= len(routes)
            and (draw := drawn(routes, prompts, count, examples, nulls, encoder,
                               random.Random(f"{name} {count} {examples} {nulls} {number}")))
        ]  # fmt: skip
        everything += draws
        _show(f"{count:>{len(encoder) + 8}}{examples:>9}{nulls:>6}", draws)
    _show(f"{'all':>{len(encoder) + 8}}{'':>15}", everything)


def _show(label: str, draws: Sequence[Draw]) -> None:
    if not draws:
        return
    mean = 100 * np.mean([draw[:4] for draw in draws], axis=0)
    worse = 100 * np.mean([draw.is_worse for draw in draws])
    refused = 100 * np.mean([not draw.stored for draw in draws])
    print(f"{label}{mean[0]:8.1f}{mean[2]:8.1f}{mean[1]:9.1f}{mean[3]:8.1f}{worse:8.1f}{refused:14.1f}", flush=True)


if __name__ == "__main__":
    main()
