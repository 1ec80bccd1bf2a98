"""Search by meaning against the bare sum of its parts, and against others over the same vectors.

    python -m benchmarks meaning                       # everything: some ten minutes
    python -m benchmarks meaning a b --size 10000      # some figures, at one size
    python -m benchmarks meaning --json figures.json

(a) warm hybrid search, its request embedded too, against encoding, a product of matrix and vector with a partial sort,
    and the full-text query; against other indexes over the same vectors; against ratel-ai's BM25
(b) a cold `catalog search` against a script that loads embedder and vectors and answers once
(c) embedding descriptions against the embedder's own package; and registering them, vectors included
(d) one registration with its vector against one without, and the search after it
(e) memory for each entry
(f) a million vectors: recall and time of the index against the bare product

Every ratio is of calls in turn, in one run, on one core. No request is asked twice, so no cache of answers can help.
Texts are real ones put together anew (:mod:`benchmarks.tools`).
"""

from __future__ import annotations

import gc
import itertools
import json
import logging
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.corpus import entries
from benchmarks.measure import one_core, timed, versions
from benchmarks.options import Parser
from benchmarks.processes import process
from benchmarks.search.made import FIGURES, folder, made, reuse
from benchmarks.tools import FORMS, mixed, requests, source, take, tools
from catalog import Catalog
from catalog.embedders.wordllama import WordLlamaEmbedder
from catalog.entry.embedding_text import texts_of
from catalog.entry.entry import make_entry
from catalog.search.vector_index import VectorIndex
from catalog.search.vector_rows import Piece, state_of
from catalog.store.vectors import Mark

PACKAGES = (
    *("numpy", "wordllama", "tokenizers"),
    *("semantic-router", "lancedb", "sqlite-vec", "apsw", "chromadb", "ratel-ai"),
)
SIZES = (1_000, 10_000, 100_000)
COLD = """
import sqlite3, sys
import numpy as np
from catalog.embedders.wordllama import WordLlamaEmbedder
path, vectors, ids, text = sys.argv[1:]
matrix = np.load(vectors, mmap_mode="r")
products = matrix @ WordLlamaEmbedder().encode([text])[0]
best = np.argpartition(-products, 10)[:10]
best = np.load(ids, mmap_mode="r")[best[np.argsort(-products[best])]].tolist()
rows = sqlite3.connect(path).execute(
    f"SELECT id, kind, name, description, tags FROM entry WHERE id IN ({', '.join('?' * len(best))})", best)
for row in rows:
    print(*row)
"""


def turns(texts: Iterable[str]) -> tuple[Iterator[str], Iterator[str]]:
    """Return the same requests twice, for both sides."""
    first, second = itertools.tee(texts)
    return first, second


def warm(count: int) -> None:
    """(a) against the parts."""
    ours = made(count)
    with Catalog(ours.url) as cat:
        for text in take(200, mixed(ours.fields)):
            cat.search(text), ours.sum_of_parts(text)
        for form in (*FORMS, "all forms"):
            texts = mixed(ours.fields) if form == "all forms" else requests(form, ours.fields)
            mine, theirs = turns(itertools.islice(texts, 250, None))
            FIGURES.ratio(
                f"(a) hybrid search, {form}, {count:,} / its parts",
                partial(lambda mine: cat.search(next(mine)), mine),
                partial(lambda theirs: ours.sum_of_parts(next(theirs)), theirs),
                1.5,
                repeat=20,
                rounds=9,
            )
        latency(cat, count)


def latency(cat: Catalog, count: int) -> None:
    """The times of single searches: what the slowest of many costs, and how much of it is this process's own."""
    ours = made(count)
    walls, own = [], []
    gc.collect()
    gc.freeze()  # the tools are the benchmark's own: that the collector goes through them is no cost of a search
    for text in itertools.islice(mixed(ours.fields), 5_000, 5_500):
        begin, cpu = time.perf_counter(), time.thread_time()
        cat.search(text)
        walls.append(time.perf_counter() - begin)
        own.append(time.thread_time() - cpu)
    goal = "<= 10" if count == 100_000 else "-"
    FIGURES.value(f"(a) hybrid search, median of 500, {count:,}", 1e3 * statistics.median(walls), "ms", goal)
    FIGURES.value(f"(a) hybrid search, slowest of 500, {count:,}", 1e3 * max(walls), "ms", goal)
    FIGURES.value(f"(a) hybrid search, slowest of 500 in processor time, {count:,}", 1e3 * max(own), "ms", goal)


def against_indexes(count: int) -> None:
    """(a) against others over the same vectors."""
    ours = made(count)
    asked = itertools.islice(mixed(ours.fields), 6_000, None)
    with Catalog(ours.url) as cat:
        cat.search("draw a chart")
        index = next(iter(cat.workspace.embedding.indexes.values()))
        generation = cat.generation
        for name in peers.PEERS:
            if name == "Chroma" and count > 10_000:
                continue
            where = folder() / f"{name}-{count}"
            where.mkdir()
            search = peers.build(name, ours.matrix, where)
            if search is None:
                continue
            goal = 1.0 if name == "Chroma" else 0.2
            texts = take(250, asked)  # no peer is asked what another one was asked
            vectors = ours.embedder.encode(take(250, asked))
            mine, theirs = itertools.cycle(vectors), itertools.cycle(vectors)
            FIGURES.ratio(
                f"(a) ten nearest of {count:,} / {name}",
                partial(lambda mine: index.search(next(mine), 10, generation=generation), mine),
                partial(lambda theirs, search: search(next(theirs)), theirs, search),
                goal,
                repeat=20,
            )
            first, second = itertools.cycle(texts), itertools.cycle(texts)
            FIGURES.ratio(
                f"(a) search by meaning, embedding included, {count:,} / {name}",
                partial(lambda first: cat.search(next(first), mode="semantic"), first),
                partial(lambda second, search: search(ours.vector(next(second))), second, search),
                goal,
                repeat=20,
            )
            if name == "Chroma":
                ours.numpy.save(where / "vector.npy", vectors[0])
                (where / "cold.py").write_text(peers.CHROMA_COLD)
                FIGURES.ratio(
                    f"(a) cold: catalog search, {count:,} / Chroma's first answer",
                    process("-m", "catalog_cli", "--url", ours.url, "search", texts[0]),
                    process(str(where / "cold.py"), str(where / "chroma"), str(where / "vector.npy")),
                    1.0,
                    rounds=5,
                )


def against_ratel(count: int) -> None:
    ours = made(count)
    search = peers.ratel((tool["name"], " ".join([tool["description"], *tool["tags"]]), {}) for tool in ours.fields)
    if search is None:
        return
    with Catalog(ours.url) as cat:
        for text in take(200, mixed(ours.fields)):
            cat.search(text)
        for mode in ("hybrid", "lexical"):
            mine, theirs = turns(itertools.islice(mixed(ours.fields), 250 if mode == "hybrid" else 500, None))
            FIGURES.ratio(
                f"(a) {mode} search, {count:,} / ratel-ai BM25",
                partial(lambda mode, mine: cat.search(next(mine), mode=mode), mode, mine),
                partial(lambda theirs: search(next(theirs)), theirs),
                0.333,
                repeat=20,
            )


def cold(count: int) -> None:
    """(b): a new process that answers once."""
    ours = made(count)
    script, vectors, ids = (folder() / name for name in ("cold.py", "vectors.npy", "ids.npy"))
    script.write_text(COLD)
    ours.numpy.save(vectors, ours.matrix)
    ours.numpy.save(ids, ours.ids)
    text = "draw a picture from a table"
    for mode in ("auto", "semantic"):
        FIGURES.ratio(
            f"(b) catalog search --mode {mode}, {count:,} / bare script",
            process("-m", "catalog_cli", "--url", ours.url, "search", text, "--mode", mode),
            process(str(script), str(ours.path), str(vectors), str(ids), text),
            1.5,
            rounds=15,
        )


def embedding(count: int = 100_000) -> None:
    """(c), with words that are met again and with words that are not."""
    from wordllama import WordLlama

    package = Path(sys.modules["wordllama"].__file__ or "").parent
    logging.getLogger("alembic").setLevel(logging.WARNING)  # wordllama sets all loggers to their most verbose level
    bare = WordLlama.load(cache_dir=package, disable_download=True)
    for what, source_of in (("real words", tools), ("made-up words", entries)):
        fields = list(source_of(count))
        texts = [texts_of(make_entry(entry))[0] for entry in fields]
        FIGURES.ratio(
            f"(c) embedding {count:,} texts, {what} / wordllama",
            partial(lambda texts: _batches(WordLlamaEmbedder(), texts), texts),
            partial(lambda texts: bare.embed(texts, norm=True), texts),
            1.3,
            rounds=3,
        )
        updated(fields, what, partial(lambda texts: bare.embed(texts, norm=True), texts))


def _batches(embedder: WordLlamaEmbedder, texts: list[str]) -> None:
    for start in range(0, len(texts), 1_000):
        embedder.encode(texts[start : start + 1_000])


def updated(fields: list[dict[str, Any]], what: str, bare: Callable[[], object]) -> None:
    """What registering with vectors adds, and `embed update` of entries without, against the bare embedding alone."""
    numbers = itertools.count()

    def write(embedder: str) -> Path:
        path = folder() / f"w{next(numbers)}.db"
        with Catalog(f"sqlite:///{path}", embedder=embedder) as cat:
            times[embedder].append(timed(lambda: cat.register_many(fields), 1))
        return path

    times: dict[str, list[float]] = {"wordllama": [], "none": [], "update": [], "bare": []}
    for _ in range(3):
        write("wordllama").unlink()
        path = write("none")
        with Catalog(f"sqlite:///{path}") as cat:
            times["update"].append(timed(cat.embed_update, 1))
        path.unlink()
        times["bare"].append(timed(bare, 1))
    for mine, theirs, goal, about in (
        ("wordllama", "none", None, "register_many of {}, with vectors, {} / without"),
        ("update", "bare", 1.3, "embed update of {}, stored, {} / wordllama"),
    ):
        number = statistics.median(a / b for a, b in zip(times[mine], times[theirs], strict=True))
        name = f"(c) {about.format(f'{len(fields):,}', what)}"
        shown = f"{statistics.median(times[mine]):>8.2f} s {statistics.median(times[theirs]):>8.2f} s"
        print(f"{name:<62} {shown}  ratio {number:8.3f}   goal {goal or '-'}", flush=True)
        FIGURES.keep(name, number, goal)


def one_more(count: int = 100_000) -> None:
    """(d) and the search after it."""
    ours = made(count)
    copy = folder() / "without.db"
    shutil.copy(ours.path, copy)
    with Catalog(ours.url) as cat, Catalog(f"sqlite:///{copy}", embedder="none") as without:
        mine, theirs = (iter(list(tools(2_000))) for _ in range(2))
        asked = mixed(ours.fields)

        def register(catalog: Catalog, more: Iterator[dict[str, Any]]) -> None:
            tool = next(more)
            catalog.register("tool", f"new {tool['name']}", tool["ref"], description=tool["description"])

        FIGURES.ratio(
            f"(d) one registration with its vector, {count:,} / without",
            lambda: register(cat, mine),
            lambda: register(without, theirs),
            3.0,
            repeat=20,
        )

        def brought_up() -> None:
            register(cat, mine)
            refreshed.append(timed(lambda: cat.search(next(asked)), 1))

        refreshed: list[float] = []
        cat.search(next(asked))
        again: list[float] = []
        for _ in range(40):
            brought_up()
            again.append(timed(lambda: cat.search(next(asked)), 1))
        number = statistics.median(refreshed) / statistics.median(again)
        name = f"(d) search after a registration, {count:,} / the one after it"
        print(
            f"{name:<62} {1e3 * statistics.median(refreshed):>7.2f} ms {1e3 * statistics.median(again):>7.2f} ms  "
            f"ratio {number:8.3f}   goal -"
        )
        FIGURES.keep(name, number, None)
    copy.unlink()


MEMORY = """
import sys
from catalog import Catalog
def resident():
    with open("/proc/self/smaps_rollup") as file:
        kept = {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\\n")}
    return kept["Private_Clean"] + kept["Private_Dirty"], kept["Rss"]
with Catalog(sys.argv[1]) as cat:
    cat.search(tags=["none"])
    cat.search("draw", mode="lexical")
    before = resident()
    for text in sys.argv[2:]:
        cat.search(text)
    after = resident()
    index = next(iter(cat.workspace.embedding.indexes.values()))
    print(index.nbytes, *(1024 * (a - b) for a, b in zip(after, before)))
"""


def memory(count: int) -> None:
    """(e), after fifty searches."""
    ours = made(count)
    if not os.path.exists("/proc/self/smaps_rollup"):
        print("(e) memory: this system has no /proc/self/smaps_rollup; skipped")
        return
    out = process("-c", MEMORY, ours.url, *take(50, mixed(ours.fields)))()
    rows, private, resident = map(int, out.split())
    FIGURES.value(
        f"(e) rows of the index, mapped from its file, {count:,}", rows / count, "bytes/entry", "1,032: 256 float32"
    )
    FIGURES.value(f"(e) resident after 50 searches, mapped rows included, {count:,}", resident / count, "bytes/entry")
    FIGURES.value(f"(e) of which this process alone has, {count:,}", private / count, "bytes/entry")
    FIGURES.value(
        f"(e) database and vectors on disk, {count:,}",
        sum(path.stat().st_size for path in ours.path.parent.glob(f"{ours.path.name}*")) / count,
        "bytes/entry",
    )


def million(count: int = 1_000_000) -> None:
    """(f): vectors of tools, each ten times with noise, put into an index without a database."""
    ours = made(100_000)
    np, chance = ours.numpy, ours.numpy.random.default_rng(5)
    rows = np.empty((count, ours.matrix.shape[1]), np.float32)
    for start in range(0, count, len(ours.matrix)):
        part = ours.matrix + 0.03 * chance.standard_normal(ours.matrix.shape, np.float32)
        rows[start : start + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    with Catalog(ours.url) as cat:
        index = VectorIndex(cat.workspace.store.reader, "a million", file=False)
    index.state = state_of(Mark(1, None, 1), [Piece(np.arange(1, count + 1), rows, np.empty(0, np.int64))])
    vectors = ours.embedder.encode(take(100, mixed(ours.fields)))
    recalls = []
    for vector in vectors[:50]:
        true = np.argsort(-(rows @ vector))[:10] + 1
        near = index.search(vector, 10, generation=1)
        recalls.append(np.isin(true, near.ids).mean())
    FIGURES.value(f"(f) recall@10, {count:,}", float(np.mean(recalls)), "", ">= 0.99")
    mine, theirs = itertools.cycle(vectors), itertools.cycle(vectors)
    FIGURES.ratio(
        f"(f) ten nearest of {count:,} / bare product and partial sort",
        lambda: index.search(next(mine), 10, generation=1),
        lambda: np.argpartition(-(rows @ next(theirs)), 10)[:10],
        1.5,
        repeat=5,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("meaning", __doc__)
    parser.add_argument("part", nargs="*", default=list("abcdef"), help="letters of the figures to measure")
    parser.add_argument("--size", type=int, action="append", help="entries, of (a), (b) and (e); may be repeated")
    parser.add_argument("--rounds", type=int, default=1_000, help="of each ratio at most")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--keep", type=Path, help="a folder to make catalogs in, and to find them in the next time")
    options = parser.options(arguments)
    one_core()
    about = versions(*PACKAGES)
    print(about, source(), sep="\n")
    print(f"{'':<62} {'ours':>10} {'peer':>10}")
    sizes = options.size or SIZES
    FIGURES.most_rounds = options.rounds
    try:
        if options.keep:
            reuse(options.keep)
        for count in sizes:
            if "a" in options.part:
                warm(count)
                if count >= 10_000:
                    against_indexes(count)
            if "e" in options.part:
                memory(count)
        if "a" in options.part:
            for count in options.size or (4_000, 40_000):
                against_ratel(count)
        if "b" in options.part:
            cold(min(options.size or [10_000]))
        if "c" in options.part:
            embedding()
        if "d" in options.part:
            one_more()
        if "f" in options.part:
            million()
    finally:
        if options.json:
            options.json.write_text(
                json.dumps({"versions": about, "source": source(), "figures": FIGURES.rows}, indent=1)
            )
        shutil.rmtree(folder())


if __name__ == "__main__":
    main()
