"""From ten thousand entries to a million, in a file and on PostgreSQL, beside what a user would pick instead.

    python -m benchmarks scale                                     # 10,000 and 100,000 entries in a file
    python -m benchmarks scale --server postgresql://owner@/bench  # ... and on a server: an empty database
    python -m benchmarks scale --size 1000000 --only file          # a million: half an hour and 8 GB of disk

Vectors have 256 dimensions (hashed words: no model takes part). "Cold" is a process of its own, from the import to the
answer; the file of vectors is there. Beside each figure, in the same run: SQL as it would be written by hand (FTS5's
bm25; tsvector with ts_rank; pgvector with an HNSW index), a product by numpy, and those peers that are installed.
"""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.corpus import entries
from benchmarks.measure import one_core, versions
from benchmarks.options import Parser
from benchmarks.processes import environment, start

WIDTH = 256
OPEN = """
import json, sys, time
begin = time.perf_counter()
from catalog import Catalog, Settings
from catalog.embedders.hashed import HashEmbedder
cat = Catalog(sys.argv[1], embedder=HashEmbedder(256), settings=Settings())
"""
COLD = (
    OPEN
    + """
hits = cat.search(sys.argv[2], limit=10)
print(json.dumps([time.perf_counter() - begin, len(hits)]))
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
RANK = "SELECT entry_id FROM search_doc WHERE words @@ %s::tsquery ORDER BY ts_rank(words, %s::tsquery) DESC LIMIT 10"


def requests(count: int) -> list[str]:
    """Return *count* requests of three words, taken from descriptions all over the catalog."""
    every = list(islice(entries(5_000), 0, 5_000, 5_000 // count))[:count]
    return [" ".join(one["description"].split()[3:6]) for one in every]


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


def catalog_figures(table: Table, where: str, url: str, asked: list[str], seconds: float) -> Any:
    """Fill a catalog and measure it; return its vectors as (ids, rows)."""
    from catalog import Catalog, Settings
    from catalog.embedders.hashed import HashEmbedder

    cat = Catalog(url, embedder=HashEmbedder(WIDTH), settings=Settings())
    if len(cat.list("tool")) != table.size:
        begin, source = time.perf_counter(), entries(table.size)
        while batch := list(islice(source, 10_000)):
            cat.register_many(batch)
        took = time.perf_counter() - begin
        table.add(where, "load, vectors included", table.size / took, "entries/s")
    cat.search(asked[0])
    for name, options in {
        "lexical": {"mode": "lexical"},
        "semantic": {"mode": "semantic"},
        "hybrid": {},
        "hybrid, a tag of 10 %": {"tags": ["tag3"]},
        "hybrid, a tag of 0.1 %": {"tags": ["topic7"]},
    }.items():
        middle, late = quantiles(lambda text, options=options: cat.search(text, limit=10, **options), asked)  # type: ignore[misc]  # mypy: no types for defaults of a lambda
        table.add(where, f"search, {name}", middle, "ms", p99=late)
    names = cat.list("tool")[:: max(1, table.size // 500)]
    for name in names:
        cat.entry("tool", name)
    table.add(where, "lookup, remembered", quantiles(lambda name: cat.entry("tool", name), names)[0] * 1e3, "us")
    reader = cat.workspace.store.reader
    from catalog.store.queries import ENTRY

    table.add(
        where, "lookup, not remembered", quantiles(lambda name: reader.one(ENTRY, ("tool", name)), names)[0] * 1e3, "us"
    )
    table.add(
        where, "memory of this process at its most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, "MB"
    )
    from catalog.store.vectors import fresh

    _, rows = fresh(reader, HashEmbedder(WIDTH).name)
    cat.close()
    colds = []
    for number in range(3):
        process = start(COLD, url, asked[number])
        out, err = process.communicate()
        if process.returncode:
            raise RuntimeError(err)
        colds.append(json.loads(out)[0])
    table.add(where, "cold first search, vectors mapped", min(colds), "s")
    for writers in (1, 4, 8):
        table.add(where, f"{writers} writers", _written(url, writers, seconds), "registrations/s")
    return rows


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


def vector_peers(table: Table, rows: Any, asked: list[str], folder: Path) -> None:
    """Measure exact and approximate search over the same vectors by other means."""
    from benchmarks.peers import PEERS, build
    from catalog.embedders.hashed import HashEmbedder

    matrix, vectors = rows.vectors, HashEmbedder(WIDTH).encode(asked)

    def product(vector: Any) -> Any:
        import numpy as np

        scores = matrix @ vector
        best = np.argpartition(-scores, 10)[:10]
        return best[np.argsort(-scores[best])]

    exact = [set(product(vector).tolist()) for vector in vectors]
    middle, late = quantiles(product, list(vectors))
    table.add("numpy", "exact product, 10 best", middle, "ms", p99=late)
    for name in ("sqlite-vec", "LanceDB", "Chroma"):
        if name not in PEERS:
            continue
        begin = time.perf_counter()
        search = build(name, matrix, folder)
        if search is None:
            continue
        table.add(name, "build", time.perf_counter() - begin, "s")
        middle, late = quantiles(search, list(vectors))
        found = [{int(one) for one in search(vector)} for vector in vectors]
        shared = [len(mine & theirs) / 10 for mine, theirs in zip(found, exact, strict=True)]
        table.add(name, "10 best", middle, "ms", p99=late, recall=statistics.mean(shared))


def bare_file(table: Table, path: Path, asked: list[str]) -> None:
    """Measure FTS5 as a bare script would ask it."""
    from catalog.search.keyword import request_words

    connection = sqlite3.connect(path)
    matches = [" OR ".join(f'"{word}"' for word in request_words(text)) for text in asked]
    middle, late = quantiles(lambda match: connection.execute(FTS, (match,)).fetchall(), matches)
    table.add("bare FTS5", "bm25, 10 best", middle, "ms", p99=late)
    connection.close()
    table.add("file", "disk", sum(one.stat().st_size for one in path.parent.iterdir() if one.is_file()) / 1e6, "MB")


def bare_server(table: Table, url: str, rows: Any, asked: list[str]) -> None:
    """Measure ts_rank and pgvector as a bare script would ask them."""
    import psycopg

    from catalog.embedders.hashed import HashEmbedder
    from catalog.search.keyword import request_words
    from catalog.store.postgres.dialect import tsquery

    with psycopg.connect(url, autocommit=True) as connection:
        matches = [tsquery(" OR ".join(f'"{word}"' for word in request_words(text))) for text in asked]
        middle, late = quantiles(lambda match: connection.execute(RANK, (match, match)).fetchall(), matches)
        table.add("bare SQL", "tsvector, ts_rank, 10 best", middle, "ms", p99=late)
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        table.add("server", "disk", (size or (0,))[0] / 1e6, "MB")
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
        except psycopg.Error as error:
            print(f"peer pgvector: {str(error).splitlines()[0]}; skipped", flush=True)
            return
        connection.execute("DROP TABLE IF EXISTS bench_vector")
        connection.execute(f"CREATE TABLE bench_vector (id int PRIMARY KEY, e public.vector({WIDTH}))")
        begin = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY bench_vector FROM STDIN") as copy:
            for place, row in enumerate(rows.vectors):
                copy.write_row((place, "[" + ",".join(map(str, row.tolist())) + "]"))
        connection.execute("CREATE INDEX ON bench_vector USING hnsw (e public.vector_cosine_ops)")
        table.add("pgvector", "load and HNSW index", time.perf_counter() - begin, "s")
        vectors = HashEmbedder(WIDTH).encode(asked)
        texts = ["[" + ",".join(map(str, vector.tolist())) + "]" for vector in vectors]
        sql = "SELECT id FROM bench_vector ORDER BY e OPERATOR(public.<=>) %s::public.vector LIMIT 10"
        found = [{row[0] for row in connection.execute(sql, (text,))} for text in texts]
        exact = [set((-(rows.vectors @ vector)).argsort()[:10].tolist()) for vector in vectors]
        middle, late = quantiles(lambda text: connection.execute(sql, (text,)).fetchall(), texts)
        recall = statistics.mean(len(mine & theirs) / 10 for mine, theirs in zip(found, exact, strict=True))
        table.add("pgvector", "10 best, HNSW", middle, "ms", p99=late, recall=recall)
        connection.execute("DROP TABLE bench_vector")


def _measured(options: Any, size: int, folder: Path) -> Iterator[Table]:
    asked, table = requests(50), Table(size)
    rows: Any = None
    if "file" in options.only:
        path = folder / "catalog.db"
        rows = catalog_figures(table, "file", f"sqlite:///{path}", asked, options.seconds)
        bare_file(table, path, asked)
    if "server" in options.only and options.server:
        from catalog import upgrade_database

        schema = f"{options.server}{'&' if '?' in options.server else '?'}schema=bench{size}"
        upgrade_database(schema)
        found = catalog_figures(table, "server", schema, asked, options.seconds)
        bare_server(
            table,
            f"{options.server}{'&' if '?' in options.server else '?'}options=-csearch_path%3Dbench{size},public",
            found,
            asked,
        )
        rows = rows or found
    if rows is not None and "peers" in options.only:
        vector_peers(table, rows, asked, folder)
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.options(arguments)
    options.only = options.only or ["file", "server", "peers"]
    one_core()
    print(versions("numpy", "psycopg", "sqlalchemy"))
    if "server" in options.only and not options.server:
        print("PostgreSQL: no --server URL; skipped")
    figures: list[dict[str, Any]] = []
    for size in options.size or [10_000, 100_000]:
        folder = Path(tempfile.mkdtemp(prefix="catalog-scale-"))
        try:
            for table in _measured(options, size, folder):
                figures += table.rows
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
