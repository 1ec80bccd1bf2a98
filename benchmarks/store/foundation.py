"""Start-up, lookup, writing and full-text search against bare floors.

    python -m benchmarks foundation              # 10,000 and 100,000 entries
    python -m benchmarks foundation --million    # 1,000,000 as well: a few minutes to build, 2 GB of disk
    python -m benchmarks foundation --only b     # some figures

(a) a cold `catalog search --tag plot` against a bare click + sqlite3 script
(b) `import catalog` against `python -c pass`
(c) taking a loaded object, freshness across processes included, against one sqlite3 lookup by indexed name
(d) the record of a cold entry against the same lookup
(e) register_many of 100,000 entries, without vectors, against raw executemany into the same tables and triggers
(f) full-text search and tag filters against the bare SQL
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.corpus import entries, rare_words
from benchmarks.measure import compare, one_core, timed, versions
from benchmarks.options import Parser
from benchmarks.processes import process
from catalog import Catalog
from catalog.search.keyword import request_words

BARE_SCRIPT = """
import sqlite3, sys, click
@click.command()
@click.option("--tag")
@click.argument("path")
def main(tag, path):
    db = sqlite3.connect(path)
    rows = db.execute(
        "SELECT e.kind, e.name, e.description, e.tags FROM entry_tag t JOIN entry e ON e.id = t.entry_id "
        "WHERE t.tag = ? ORDER BY t.kind, t.name LIMIT 10", (tag,))
    for row in rows:
        click.echo("  ".join(row))
main()
"""
BM25 = "bm25(entry_fts, 4.0, 1.0, 0.5, 1.0, 0.5, 0.0)"
RANKED = (
    f"SELECT e.kind, e.name, e.description, f.score FROM (SELECT rowid, {BM25} AS score FROM entry_fts "
    f"WHERE entry_fts MATCH ? ORDER BY {BM25} LIMIT 10) AS f JOIN entry AS e ON e.id = f.rowid"
)
RANKED_AND_TAGGED = RANKED.replace(
    "MATCH ?", "MATCH ? AND EXISTS (SELECT 1 FROM entry_tag AS x WHERE x.entry_id = rowid AND x.tag = 'plot')"
)
TAGGED = (
    "SELECT e.kind, e.name, e.description, e.tags FROM entry_tag AS t JOIN entry AS e ON e.id = t.entry_id "
    "WHERE t.tag = ? ORDER BY t.kind, t.name LIMIT 10"
)


def build(folder: Path, count: int) -> Path:
    """Write a catalog of *count* entries, a hundred thousand at a time."""
    path = folder / f"{count}.db"
    with Catalog(f"sqlite:///{path}", embedder="none") as cat:
        source = entries(count)
        while batch := list(itertools.islice(source, 100_000)):
            cat.register_many(batch)
    return path


def cold(path: Path, only: str, rounds: int) -> None:
    """(a) and (b): whole processes."""
    url = f"sqlite:///{path}"
    script = path.parent / "bare.py"
    script.write_text(BARE_SCRIPT)
    if "a" in only:
        compare(
            "(a) catalog search --tag plot, 10,000 entries / click + sqlite3",
            process("-m", "catalog_cli", "--url", url, "search", "--tag", "plot"),
            process(str(script), "--tag", "plot", str(path)),
            goal="<= 3",
            rounds=min(rounds, 15),
        )
    if "b" in only:
        bare = process("-c", "pass")
        compare("(b) import catalog / pass", process("-c", "import catalog"), bare, goal="<= 1.5", rounds=rounds)


def lookups(path: Path, only: str) -> None:
    """(c) and (d): one entry by its name."""
    bare = sqlite3.connect(path)
    sql = "SELECT * FROM entry WHERE kind = ? AND name = ?"
    # Every name once: a second time the entry would come from the cache.
    names = [row[0] for row in bare.execute("SELECT name FROM entry ORDER BY random()")]
    with Catalog(f"sqlite:///{path}", embedder="none") as cat:
        cat.register("tool", "dumps", "json:dumps")
        cat.get("tool", "dumps")
        if "c" in only:
            compare(
                "(c) get() of a loaded object / sqlite3 lookup by name",
                lambda: cat.get("tool", "dumps"),
                lambda: bare.execute(sql, ("tool", "dumps")).fetchone(),
                goal="<= 0.5",
                repeat=20_000,
            )
        if "d" in only:
            turn, other = itertools.cycle(names), itertools.cycle(names)
            compare(
                "(d) entry() of a cold entry / sqlite3 lookup by name",
                lambda: cat.entry("tool", next(turn)),
                lambda: bare.execute(sql, ("tool", next(other))).fetchone(),
                goal="<= 4",
                repeat=900,
            )
        cat.unregister("tool", "dumps")
    bare.close()


def writing(folder: Path, count: int) -> None:
    """(e): ours against the rows that ours wrote, put back with executemany into an empty catalog."""
    fields = list(entries(count))
    first = folder / "e0.db"
    with Catalog(f"sqlite:///{first}", embedder="none") as cat:
        cat.register_many(fields)
    with sqlite3.connect(first) as source:
        rows = {
            table: source.execute(f"SELECT * FROM {table}").fetchall()
            for table in ("entry", "entry_tag", "search_doc", "entry_text", "revision")
        }
    source.close()
    numbers = itertools.count(1)

    def ours() -> None:
        path = folder / f"e{next(numbers)}.db"
        with Catalog(f"sqlite:///{path}", embedder="none") as cat:
            times.append(timed(lambda: cat.register_many(fields), 1))
        path.unlink()

    def raw() -> None:
        path = folder / f"e{next(numbers)}.db"
        Catalog(f"sqlite:///{path}").close()
        target = sqlite3.connect(path, isolation_level=None)
        target.execute("PRAGMA synchronous=NORMAL")
        target.execute("PRAGMA foreign_keys=ON")

        def fill() -> None:
            target.execute("BEGIN IMMEDIATE")
            for table, values in rows.items():
                target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
            target.execute("COMMIT")

        raw_times.append(timed(fill, 1))
        target.close()
        path.unlink()

    times: list[float] = []
    raw_times: list[float] = []
    for _ in range(3):
        ours()
        raw()
    ratio = sorted(a / b for a, b in zip(times, raw_times, strict=True))[1]
    print(
        f"{f'(e) register_many of {count:,} / raw executemany':<62} {sorted(times)[1]:>8.2f} s "
        f"{sorted(raw_times)[1]:>8.2f} s  ratio {ratio:8.3f}   goal <= 2",
        flush=True,
    )


def full_text(path: Path, count: int) -> None:
    """(f): words, and a tag."""
    bare = sqlite3.connect(path)
    rare = itertools.cycle(rare_words()), itertools.cycle(rare_words())
    repeat = 100 if count <= 100_000 else 20
    with Catalog(f"sqlite:///{path}", embedder="none") as cat:
        for word in rare_words():
            cat.search(word)

        compare(
            f"(f) one rare word, {count:,} / bare SQL",
            lambda: cat.search(next(rare[0])),
            lambda: bare.execute(RANKED, (f'"{next(rare[1])}"',)).fetchall(),
            goal="<= 1.5",
            repeat=repeat,
        )
        two = itertools.cycle(_pairs()), itertools.cycle(_pairs())
        compare(
            f"(f) two rare words, {count:,} / bare SQL",
            lambda: cat.search(" ".join(next(two[0]))),
            lambda: bare.execute(RANKED, (" OR ".join(f'"{w}"' for w in next(two[1])),)).fetchall(),
            goal="<= 1.5",
            repeat=repeat,
        )
        compare(
            f"(f) tag filter, {count:,} / bare SQL",
            lambda: cat.search(tags=["plot"]),
            lambda: bare.execute(TAGGED, ("plot",)).fetchall(),
            goal="<= 1.5",
            repeat=repeat,
        )
        common_words(cat, bare, count)
    bare.close()


def common_words(cat: Catalog, bare: sqlite3.Connection, count: int) -> None:
    """(f): words that most entries have, which FTS5 would rank one by one."""
    for text in (f"get data {rare_words()[0]}", "get data file", "create user list"):
        compare(
            f"(f) {text!r}, {count:,} / FTS5 ranking all words",
            partial(lambda text: cat.search(text), text),
            partial(lambda text: bare.execute(RANKED, (_match(text),)).fetchall(), text),
            goal="<= 0.2",
            rounds=5,
        )
        compare(
            f"(f) {text!r} with tag plot, {count:,} / FTS5 and EXISTS",
            partial(lambda text: cat.search(text, tags=["plot"]), text),
            partial(lambda text: bare.execute(RANKED_AND_TAGGED, (_match(text),)).fetchall(), text),
            goal="<= 1",
            rounds=5,
        )


def _match(text: str) -> str:
    return " OR ".join(f'"{word}"' for word in request_words(text))


def _pairs() -> list[tuple[str, str]]:
    words = rare_words()
    return list(zip(words[::2], words[1::2], strict=True))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("foundation", __doc__)
    parser.add_argument("--million", action="store_true", help="also at 1,000,000 entries")
    parser.add_argument("--only", default="abcdef", metavar="LETTERS", help="the figures to measure")
    parser.add_argument("--size", type=int, action="append", help="entries, of (e) the most; may be repeated")
    parser.add_argument("--rounds", type=int, default=25, help="of whole processes at most")
    options = parser.options(arguments)
    one_core()
    print(versions("sqlalchemy", "pydantic", "click"))
    print(f"{'':<62} {'ours':>10} {'peer':>10}")
    sizes = options.size or (10_000, 100_000)
    folder = Path(tempfile.mkdtemp(prefix="catalog-bench-"))
    try:
        small = folder / "10000.db"
        if set("acdf") & set(options.only):
            build(folder, 10_000)
        if set("ab") & set(options.only):
            cold(small, options.only, options.rounds)
        if set("cd") & set(options.only):
            lookups(small, options.only)
        if "e" in options.only:
            writing(folder, max(sizes))
        if "f" in options.only:
            for count in (*sizes, *((1_000_000,) if options.million else ())):
                full_text(small if count == 10_000 else build(folder, count), count)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
