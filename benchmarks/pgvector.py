"""Search on a PostgreSQL server with pgvector, beside SQL written by hand: processor time, recall, disk, cold starts.

    python -m benchmarks pgvector                  # 20,000 made-up entries; a server of its own, from binaries found
    python -m benchmarks pgvector --size 100000
    python -m benchmarks pgvector --texts          # real texts: the evaluation data, with the default embedder

Each search is timed in processor time of this process and of the server together, and by the clock; use the first
where others work on the machine. SQL by hand asks the same tables for the same ten rows: `ts_rank` over the same words
joined by OR, HNSW with the same `ef_search`, both fused by the reciprocals of their ranks.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from benchmarks.corpus import entries
from benchmarks.data import read_lines, sets
from benchmarks.measure import one_core, versions
from benchmarks.options import Parser
from benchmarks.processes import ROOT, environment

COLD = """
import json, sys, time, resource
begin = time.perf_counter()
from catalog import Catalog, Settings
cat = Catalog(sys.argv[1], embedder=sys.argv[3], settings=Settings())
hits = cat.search(sys.argv[2], limit=10)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(hits)]))
"""
COLUMNS = "e.kind, e.name, e.ref, e.spec, e.description, e.tags, e.examples, e.metadata, e.source, e.updated_at"
WORDS = (
    "SELECT d.entry_id, row_number() OVER (ORDER BY ts_rank(d.words, %(w)s::tsquery) DESC) AS place "
    "FROM search_doc AS d WHERE d.words @@ %(w)s::tsquery ORDER BY place LIMIT 200"
)
NEAR = (
    "SELECT n.entry_id, row_number() OVER () AS place FROM (SELECT r.entry_id FROM vector_row AS r WHERE "
    "r.embedder_id = 1 ORDER BY r.row::halfvec({width}) <=> %(v)s::halfvec({width}) LIMIT 100) AS n"
)
BY_HAND = {
    "lexical": f"SELECT {COLUMNS} FROM ({WORDS}) AS f JOIN entry AS e ON e.id = f.entry_id ORDER BY f.place LIMIT 10",
    "semantic": f"SELECT {COLUMNS} FROM ({NEAR}) AS f JOIN entry AS e ON e.id = f.entry_id ORDER BY f.place LIMIT 10",
    "hybrid": (
        f"WITH w AS ({WORDS}), n AS ({NEAR}) SELECT {COLUMNS} FROM w FULL JOIN n USING (entry_id) "
        "JOIN entry AS e ON e.id = entry_id "
        "ORDER BY coalesce(1.0 / (60 + w.place), 0) + coalesce(1.0 / (60 + n.place), 0) DESC LIMIT 10"
    ),
}


def used(server: Any) -> float:
    """Return the seconds of processor time that this process and the server's have used."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == server.pid:
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def timed(server: Any, call: Callable[[str], object], over: list[str], rounds: int) -> tuple[float, float]:
    """Return the milliseconds of processor time and of the clock that *call* takes for one of *over*."""
    for one in over:
        call(one)
    begin, clock = used(server), time.perf_counter()
    for _ in range(rounds):
        for one in over:
            call(one)
    count = rounds * len(over) / 1e3
    return (used(server) - begin) / count, (time.perf_counter() - clock) / count


def texts() -> tuple[list[dict[str, Any]], list[str]]:
    """Return tools and requests of the evaluation data as entries, and a hundred other requests."""
    rows = [row for place in sets("tools.jsonl") for row in read_lines(place / "tools.jsonl")]
    asked = sorted(
        {row["text"] for place in sets("queries.dev.jsonl") for row in read_lines(place / "queries.dev.jsonl")}
    )
    every = [row.get("description") or row["name"] for row in rows] + asked[: -len(asked) // 200]
    held = asked[:: len(asked) // 100][:100]
    kept = set(held)
    made = [
        {"kind": "tool", "name": f"t{n}", "ref": f"bench.m{n % 100}:f{n}", "description": text[:2_000]}
        for n, text in enumerate(every)
        if text not in kept
    ]
    return made, held


def figures(server: Any, options: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and figures."""
    import psycopg

    from catalog import Catalog, Settings, upgrade_database, vector_search
    from catalog.embedders.choose import choose
    from catalog.search.request_parts import parts
    from catalog.store.postgres.row_index import literal

    encoder = "wordllama" if options.texts else "hash:256"
    embedder = choose(encoder)
    if options.texts:
        made, asked = texts()
    else:
        made = list(entries(options.size))
        asked = [" ".join(one["description"].split()[3:6]) for one in made[:: max(1, len(made) // 50)]][:50]
    server.run("CREATE DATABASE bench")
    url = server.url("bench")
    upgrade_database(url)
    there = Catalog(f"{url}&vectors=server", embedder=encoder, settings=Settings())
    begin, source = used(server), iter(made)
    while batch := list(islice(source, 20_000)):
        there.register_many(batch)
    yield "entries", len(made)
    yield "loading, ms of processor time an entry", 1e3 * (used(server) - begin) / len(made)
    server.run("VACUUM ANALYZE", "bench")
    for name in ("vector", "vector_row"):
        yield f"{name}, MB", int(str(server.run(f"SELECT pg_table_size('{name}')", "bench")[0][0])) / 1e6
    yield "HNSW, MB", int(str(server.run("SELECT pg_relation_size('ix_vector_row_1')", "bench")[0][0])) / 1e6
    server.run("DROP INDEX ix_vector_row_1", "bench")
    begin = used(server)
    upgrade_database(url)
    yield "HNSW made again by `db upgrade`, s of processor time", used(server) - begin
    with tempfile.TemporaryDirectory() as cache:
        for way in ("server", "exact", "exact"):
            done = subprocess.run(
                [sys.executable, "-c", COLD, f"{url}&vectors={way}", asked[0], encoder], check=True, text=True,
                capture_output=True, env={**environment(), "XDG_CACHE_HOME": cache},
            )  # fmt: skip
            clock, cpu, memory, _ = json.loads(done.stdout)
            yield f"cold first search, {way}: s of the clock, of processor time, MB", [clock, cpu, memory]
    here = Catalog(f"{url}&vectors=exact", embedder=encoder, settings=Settings())
    raw = psycopg.connect(url, autocommit=True, options="-c search_path=catalog,public -c hnsw.ef_search=400")
    yield "way", vector_search(there)
    for mode in ("semantic", "hybrid"):
        share = []
        for text in asked:
            one, other = ({hit.key for hit in cat.search(text, mode=mode, limit=10)} for cat in (there, here))
            share.append(len(one & other) / max(1, len(other)))
        yield f"{mode}, share of the exact ten", float(np.mean(share))
    width = embedder.width

    def by_hand(mode: str, text: str) -> list[Any]:
        words = " | ".join(sorted({f"'{word}'" for word in text.lower().replace("'", "").split()}))
        vector = literal(embedder.encode([text])[0]) if mode != "lexical" else ""
        return raw.execute(BY_HAND[mode].replace("{width}", str(width)), {"w": words, "v": vector}).fetchall()

    alone = [text for text in asked if not parts(text)]  # by hand nobody looks for each part of a request, too
    for mode in BY_HAND:
        for name, call in (
            ("by hand", lambda text, mode=mode: by_hand(mode, text)),
            ("there", lambda text, mode=mode: [hit.entry for hit in there.search(text, mode=mode, limit=10)]),
            ("here", lambda text, mode=mode: [hit.entry for hit in here.search(text, mode=mode, limit=10)]),
        ):
            yield f"{mode}, {name}: ms of processor time, of the clock", timed(server, call, asked, options.rounds)
            if mode == "semantic" and len(alone) < len(asked):
                yield f"{mode}, {name}, requests of one part", timed(server, call, alone, options.rounds)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every figure as it comes."""
    parser = Parser("pgvector", __doc__)
    parser.add_argument("--size", type=int, default=20_000, help="made-up entries")
    parser.add_argument("--texts", action="store_true", help="real texts in their place, and the default embedder")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the searches")
    options = parser.options(arguments)
    one_core()
    print(versions("psycopg", "numpy"))
    sys.path.insert(0, str(ROOT / "tests"))
    postgres = importlib.import_module("postgres_server")
    if why := postgres.why_not():
        raise SystemExit(why)
    with postgres.running("shared_buffers=1GB", "maintenance_work_mem=512MB") as server:
        for name, figure in figures(server, options):
            shown = figure if isinstance(figure, str) else " ".join(f"{one:,.3f}" for one in np.atleast_1d(figure))
            print(f"{name:<64} {shown}", flush=True)


if __name__ == "__main__":
    main()
