"""From ten thousand entries to a million, in a file and on PostgreSQL, beside what a user would pick instead.

    python -m benchmarks scale                                     # 10,000 and 100,000 entries in a file
    python -m benchmarks scale --server postgresql://owner@/bench  # ... and on a server: an empty database
    python -m benchmarks scale --size 1000000 --keep DIR           # a million: 12 GB of disk, kept for the next run

Tools, requests and their words are made up, but read as tools do (``benchmarks.tool_texts``); the default embedder
makes vectors of 256 numbers. Loading a million takes long, and so does building other people's indexes of as many rows:
with ``--keep`` both are taken from DIR where they are there, and loading is measured by a share. "Cold" is a process of
its own, from the import to the answer; the file of vectors is there. "new" is the median of requests that were not made
before. Beside each figure, in the same run: SQL as it would be written by hand (FTS5's bm25; tsvector with ts_rank;
pgvector with an HNSW index), a product by numpy, and those peers that are installed, each with the least effort that
finds as large a share of the nearest.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.kept_peers import PEERS, prepared, recall, searching
from benchmarks.measure import one_core, versions
from benchmarks.options import Parser
from benchmarks.processes import environment, start
from benchmarks.tool_texts import requests, tools

WIDTH = 256
SHARE = 20_000  # entries by which loading is measured
RECALL = 0.99
OPEN = """
import json, sys, time
begin = time.perf_counter()
from catalog import Catalog, Settings
cat = Catalog(sys.argv[1], settings=Settings())
"""
COLD = (
    OPEN
    + """
hits = cat.search(sys.argv[2], limit=10)
took = time.perf_counter() - begin
for text in sys.argv[3:]:
    cat.search(text, limit=10)
try:
    own = sum(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("Anonymous:"))
except OSError:
    own = 0
print(json.dumps([took, own / 1e3]))
"""
)
WRITE = (
    OPEN
    + """
cat.register("model", f"w{sys.argv[3]}", "bench:written", description="the first has to load what embeds")
print("ready", flush=True)
sys.stdin.readline()
end, done = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    cat.register("model", f"w{sys.argv[3]}-{done % 50}", "bench:written", description=f"written {done}")
    done += 1
print(done, flush=True)
"""
)
FTS = (
    "SELECT rowid FROM entry_fts WHERE entry_fts MATCH ? "
    "ORDER BY bm25(entry_fts, 4.0, 1.0, 0.5, 1.0, 0.5, 0.0) LIMIT 10"
)


def quantiles(call: Callable[[Any], object], over: Sequence[Any]) -> tuple[float, float]:
    """Return the median and the 99th percentile of the milliseconds that *call* takes, after a first round."""
    for one in over:
        call(one)
    took = []
    for one in over:
        begin = time.perf_counter()
        call(one)
        took.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(took), sorted(took)[min(len(took) - 1, round(0.99 * len(took)))]


class Table:
    """Rows of figures for one size, printed as they come."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: list[dict[str, Any]] = []

    def add(self, where: str, what: str, value: float, unit: str, **more: Any) -> None:
        self.rows.append(
            {"size": self.size, "where": where, "what": what, "value": round(value, 4), "unit": unit, **more}
        )
        beside = "".join(f"   {name} {number:.3f}" for name, number in more.items())
        print(f"{self.size:>9,} {where:<12} {what:<34} {value:>12,.3f} {unit}{beside}", flush=True)


def load_figures(
    table: Table,
    where: str,
    empty: Callable[[str], str],
    folder: Path,
    spent: Callable[[], float] = time.process_time,
) -> None:
    """Measure how fast a share of the entries is loaded by the two ways in; *empty* gives an empty catalog for each.

    The index of vectors on a server is made when the first share is there; the second finds it.
    """
    from catalog import Catalog, Settings

    source = tools(2 * SHARE)
    shares = [list(islice(source, SHARE)) for _ in range(2)]
    lines = folder / "share.jsonl"
    for what in ("register_many", "import"):
        with Catalog(empty(what), settings=Settings()) as cat:
            cat.search("what embeds is loaded")
            for share, how in zip(shares, ("", ", a second time"), strict=True):
                lines.write_text("".join(json.dumps(one) + "\n" for one in share), encoding="utf-8")
                begin, busy = time.perf_counter(), spent()
                if what == "import":
                    cat.import_jsonl(lines)
                else:
                    cat.register_many(share)
                took, busy = time.perf_counter() - begin, (spent() - busy) * 1e3 / len(share)
                table.add(where, f"{what}{how}, with vectors", len(share) / took, "entries/s", cpu=busy)


def fill(table: Table, where: str, url: str) -> Any:
    """Return a catalog of so many tools; what it lacks is loaded."""
    from catalog import Catalog, Settings
    from catalog.store.queries import COUNT

    cat = Catalog(url, settings=Settings())
    row = cat.workspace.store.reader.one(COUNT)
    if row is None or row[0] < table.size:
        begin, source = time.perf_counter(), tools(table.size)
        while batch := list(islice(source, 10_000)):
            cat.register_many(batch)
        table.add(where, "loading all of it", time.perf_counter() - begin, "s")
    return cat


def catalog_figures(
    table: Table,
    where: str,
    url: str,
    asked: list[str],
    seconds: float,
    spent: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Measure a catalog that is filled; return the medians of its searches. *spent* gives seconds of processor time."""
    cat = fill(table, where, url)
    begin = time.perf_counter()
    cat.search(asked[0])
    table.add(where, "first search of this process", time.perf_counter() - begin, "s")
    medians = {}
    modes: dict[str, dict[str, Any]] = {
        "lexical": {"mode": "lexical"},
        "semantic": {"mode": "semantic"},
        "hybrid": {},
        "hybrid, a tag of 10 %": {"tags": ["tag3"]},
        "hybrid, a tag of 0.1 %": {"tags": ["topic7"]},
    }
    for name, options in modes.items():
        new = []
        for text in asked:
            begin = time.perf_counter()
            cat.search(text, limit=10, **options)
            new.append((time.perf_counter() - begin) * 1e3)
        search = partial(cat.search, limit=10, **options)
        middle, late = quantiles(search, asked)
        begin = spent()
        for text in asked:
            search(text)
        busy = (spent() - begin) * 1e3 / len(asked)
        table.add(where, f"search, {name}", middle, "ms", p99=late, new=statistics.median(new), cpu=busy)
        medians[name] = middle
    names = [hit.name for text in asked for hit in cat.search(text, limit=10)]
    for name in names:
        cat.entry("tool", name)
    remembered = quantiles(lambda name: cat.entry("tool", name), names)[0]
    table.add(where, "lookups, remembered", 1e3 / remembered, "lookups/s")
    reader = cat.workspace.store.reader
    from catalog.store.queries import ENTRY

    looked = quantiles(lambda name: reader.one(ENTRY, ("tool", name)), names)[0]
    table.add(where, "lookups, not remembered", 1e3 / looked, "lookups/s")
    cat.close()
    colds = []
    for number in range(3):
        process = start(COLD, url, asked[number], *asked)
        out, err = process.communicate()
        if process.returncode:
            raise RuntimeError(err)
        colds.append(json.loads(out))
    table.add(where, "cold first search, vectors mapped", min(cold for cold, _ in colds), "s")
    table.add(where, "memory of its own after 50 searches", max(own for _, own in colds), "MB")
    for writers in (1, 4, 8):
        table.add(where, f"{writers} writers", _written(url, writers, seconds), "registrations/s")
    return medians


def vectors_of(table: Table, url: str, asked: list[str], folder: Path) -> tuple[Any, Any, Any]:
    """Return ids and rows of the catalog's own index, and the vectors of the requests; add what its search finds."""
    import numpy as np

    from catalog import Catalog, Settings

    with Catalog(url, settings=Settings()) as cat:
        cat.search(asked[0])
        embedding = cat.workspace.embedding
        index = embedding.indexes[embedding.embedder().name]
        vectors = np.ascontiguousarray(embedding.embedder().encode(asked))
        assert index.state is not None
        piece = index.state.pieces[0]
        ids, rows = np.array(piece.ids), np.array(piece.rows)
        exact = nearest(rows, vectors)

        def own(vector: Any) -> list[int]:
            found = index.search(vector, 10)
            best = np.argsort(-found.similarities[0], kind="stable")[:10]
            return list(np.searchsorted(piece.ids, found.ids[best]))

        middle, late = quantiles(own, list(vectors))
        table.add("catalog", "vectors, 10 best", middle, "ms", p99=late, recall=recall(own, vectors, exact))
    return ids, rows, vectors


def nearest(rows: Any, vectors: Any) -> list[set[int]]:
    """Return the places of the ten rows nearest to each vector."""
    import numpy as np

    return [set(np.argpartition(-(rows @ vector), 10)[:10].tolist()) for vector in vectors]


def _written(url: str, writers: int, seconds: float) -> float:
    processes = []
    for number in range(writers):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE, url, str(seconds), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        processes.append(process)
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in processes) / seconds


def vector_peers(table: Table, rows: Any, vectors: Any, folder: Path) -> float:
    """Measure exact and approximate search over the same vectors by other means; return the fastest median."""
    import numpy as np

    def product(vector: Any) -> Any:
        scores = rows @ vector
        best = np.argpartition(-scores, 10)[:10]
        return best[np.argsort(-scores[best])]

    exact = nearest(rows, vectors)
    fastest, late = quantiles(product, list(vectors))
    table.add("numpy", "exact product, 10 best", fastest, "ms", p99=late)
    for name in PEERS:
        ready = prepared(name, rows, folder)
        if ready is None:
            continue
        peer, place, took = ready
        if took:
            table.add(name, "build", took, "s")
        begin = time.perf_counter()
        search, effort, share = searching(peer, place, vectors, exact, RECALL)
        some = vectors[: 10 if time.perf_counter() - begin > 10 else len(vectors)]
        middle, late = quantiles(search, list(some))
        table.add(name, "10 best" + (f", effort {effort}" if effort else ""), middle, "ms", p99=late, recall=share)
        size = sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
        table.add(name, "disk", size / 1e6, "MB")
        if share >= RECALL:
            fastest = min(fastest, middle)
    return fastest


def bare_file(table: Table, path: Path, asked: list[str]) -> float:
    """Measure FTS5 as a bare script would ask it; return the median."""
    from catalog.search.keyword import request_words

    connection = sqlite3.connect(path)
    matches = [" OR ".join(f'"{word}"' for word in request_words(text)) for text in asked]
    middle, late = quantiles(lambda match: connection.execute(FTS, (match,)).fetchall(), matches)
    table.add("bare FTS5", "bm25, 10 best", middle, "ms", p99=late)
    connection.close()
    table.add("file", "disk", sum(one.stat().st_size for one in path.parent.glob("catalog.db*")) / 1e6, "MB")
    return middle


def _measured(options: Any, size: int, folder: Path) -> Iterator[Table]:
    asked, table = requests(50), Table(size)
    path = folder / "catalog.db"
    url = f"sqlite:///{path}"
    ids: Any = None
    rows: Any = None
    vectors: Any = None
    mine, words = {"hybrid": 0.0}, 0.0
    if "file" in options.only:
        with tempfile.TemporaryDirectory(prefix="catalog-scale-") as place:
            load_figures(table, "file", lambda what: f"sqlite:///{place}/{what}.db", Path(place))
        mine = catalog_figures(table, "file", url, asked, options.seconds)
        words = bare_file(table, path, asked)
    if "peers" in options.only or options.server:
        fill(table, "file", url).close()
        ids, rows, vectors = vectors_of(table, url, asked, folder)
    if "server" in options.only and options.server:
        from benchmarks.scale_server import server_figures

        server_figures(table, options.server, url, asked, (ids, rows, vectors), options.seconds)
    if "peers" in options.only and options.server:
        from benchmarks.scale_server import own_table

        own_table(table, options.server, rows, vectors)
    if "peers" in options.only:
        fastest = vector_peers(table, rows, vectors, folder / "peers")
        if words:
            ratio = mine["hybrid"] / (words + fastest)
            table.add("file", "hybrid, by the sum of bare FTS5 and the fastest peer", ratio, "(goal 1.5 at most)")
    yield table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size asked for."""
    parser = Parser("scale", __doc__)
    parser.add_argument("--size", type=int, action="append", help="entries; may be repeated (10,000 and 100,000)")
    parser.add_argument(
        "--server", metavar="URL", help="a database on a PostgreSQL server, for schemas of this benchmark"
    )
    parser.add_argument(
        "--only", action="append", choices=("file", "server", "peers"), help="some parts; may be repeated"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="how long writers write")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what was made in DIR, and take it from there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.options(arguments)
    options.only = options.only or ["file", "server", "peers"]
    one_core()
    print(versions("numpy", "sqlalchemy", "psycopg", "faiss-cpu", "usearch", "sqlite-vec", "lancedb", "chromadb"))
    if "server" in options.only and not options.server:
        print("PostgreSQL: no --server URL; skipped")
    figures: list[dict[str, Any]] = []
    for size in options.size or [10_000, 100_000]:
        if options.keep is None:
            folder = Path(tempfile.mkdtemp(prefix="catalog-scale-"))
        else:
            folder = options.keep.resolve() / str(size)
            folder.mkdir(parents=True, exist_ok=True)
        try:
            for table in _measured(options, size, folder):
                figures += table.rows
        finally:
            if options.keep is None:
                shutil.rmtree(folder, ignore_errors=True)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
