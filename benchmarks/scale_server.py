"""The half of ``benchmarks.scale`` about a server: loading, disk, searches, recall, writers, and SQL by hand beside it.

A catalog comes there as one does that has outgrown its file: by ``copy_catalog``, which makes the index of vectors when
all rows are there. Searches ask that index (``vectors=server``). Beside the clock stands processor time of this process
and of the server, where it is on this machine: compare that where others work on it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.kept_peers import recall
from benchmarks.pgvector import BY_HAND
from benchmarks.scale import RECALL, WIDTH, Table, catalog_figures, load_figures, nearest, quantiles

AT_ONCE = 200_000
"""Rows up to which an index is made for its own sake: minutes beyond."""


class Postmaster:
    """The processes of a server, where they are on this machine."""

    def __init__(self, connection: Any) -> None:
        """Find the parent of the process that answers on *connection*."""
        self._pid = 0
        try:
            (answering,) = connection.execute("SELECT pg_backend_pid()").fetchone()
            status = Path(f"/proc/{answering}/stat").read_text()
            self._pid = int(status.rpartition(")")[2].split()[1]) if "(postgres" in status else 0
        except OSError:
            print("the server is on another machine: processor time is that of this process alone")

    def spent(self) -> float:
        """Return the seconds of processor time that this process and the server's have used."""
        total = time.process_time()
        for name in filter(str.isdigit, os.listdir("/proc")) if self._pid else ():
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
                if int(name) == self._pid:  # those that have ended, as helpers that make an index do
                    total += sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
                elif int(fields[1]) == self._pid:
                    total += int(Path(f"/proc/{name}/schedstat").read_text().split()[0]) / 1e9
            except OSError:
                continue
        return total


def with_option(url: str, option: str) -> str:
    """Return *url* with one more option."""
    return f"{url}{'&' if '?' in url else '?'}{option}"


def server_figures(
    table: Table, server: str, file: str, asked: list[str], vectors: tuple[Any, Any, Any], seconds: float
) -> None:
    """Measure a catalog on a server.

    Args:
        table: for the figures.
        server: the URL of a database; the catalog is in a schema of its own, and stays for the next run.
        file: the URL of the same catalog in a file.
        asked: requests.
        vectors: the ids of the catalog's rows, the rows, and the vectors of the requests.
        seconds: how long writers write.
    """
    import psycopg

    schema = f"bench{table.size}"
    url = with_option(server, f"schema={schema}")
    path = f"options=-csearch_path%3D{schema},public%20-chnsw.ef_search%3D400"
    with psycopg.connect(with_option(server, path), autocommit=True) as connection:
        master = Postmaster(connection)
        _load(table, server, url, file, connection, master)
        _sizes(table, connection)
        there = with_option(url, "vectors=server")
        _recall(table, there, asked, *vectors)
        _by_hand(table, connection, master, asked, vectors[2])
        catalog_figures(table, "server", there, asked, seconds, spent=master.spent)


def _load(table: Table, server: str, url: str, file: str, connection: Any, master: Postmaster) -> None:
    from catalog import copy_catalog, upgrade_database

    def empty(what: str) -> str:
        connection.execute(f"DROP SCHEMA IF EXISTS share_{what} CASCADE")
        made = with_option(server, f"schema=share_{what}")
        upgrade_database(made)
        return made

    with TemporaryDirectory(prefix="catalog-scale-") as place:
        load_figures(table, "server", empty, Path(place), master.spent)
    for what in ("register_many", "import"):
        connection.execute(f"DROP SCHEMA share_{what} CASCADE")
    if connection.execute("SELECT to_regclass('entry')").fetchone()[0] is None:
        begin, busy = time.perf_counter(), time.process_time()
        copy_catalog(file, url)
        busy = time.process_time() - busy
        took = time.perf_counter() - begin
        table.add("server", "copied from the file, indexes included", took, "s", cpu_here=busy)
    if table.size <= AT_ONCE:
        connection.execute("DROP INDEX ix_vector_row_1")
        begin, busy = time.perf_counter(), master.spent()
        connection.execute("SELECT catalog_index_vectors(1)")
        took = time.perf_counter() - begin
        table.add("server", "HNSW index made", took, "s", cpu=master.spent() - busy)
    connection.execute("VACUUM ANALYZE")


def _sizes(table: Table, connection: Any) -> None:
    every = (
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c WHERE c.relkind = 'r' "
        "AND c.relnamespace = current_schema()::regnamespace"
    )
    for what, size in (
        ("disk", every),
        ("of that rows for pgvector", "SELECT pg_table_size('vector_row')"),
        ("of that their HNSW index", "SELECT pg_relation_size('ix_vector_row_1')"),
    ):
        table.add("server", what, float(connection.execute(size).fetchone()[0]) / 1e6, "MB")


def _recall(table: Table, url: str, asked: list[str], ids: Any, rows: Any, vectors: Any) -> None:
    """Add the share of the ten nearest that searches by meaning find."""
    from catalog import Catalog, Settings
    from catalog.store.queries import by_ids

    share = []
    with Catalog(url, settings=Settings()) as cat:
        for text, places in zip(asked, nearest(rows, vectors), strict=True):
            best = by_ids(cat.workspace.store.reader, [int(ids[place]) for place in places])
            wanted = {(row[0], row[1]) for row in best.values()}
            found = {(hit.kind, hit.name) for hit in cat.search(text, mode="semantic", limit=10)}
            share.append(len(found & wanted) / len(wanted))
    table.add("server", "semantic, share of the exact ten", sum(share) / len(share), "")


def _by_hand(table: Table, connection: Any, master: Postmaster, asked: Sequence[str], vectors: Any) -> None:
    """Measure SQL over the same tables, as somebody would write it who has the vector of the request."""
    from catalog.search.keyword import request_words
    from catalog.store.postgres.row_index import literal

    given = [
        {"w": " | ".join(f"'{word}'" for word in request_words(text)), "v": literal(vector)}
        for text, vector in zip(asked, vectors, strict=True)
    ]
    for mode, sql in BY_HAND.items():
        statement = sql.replace("{width}", str(WIDTH))

        def call(one: dict[str, str], statement: str = statement) -> Any:
            return connection.execute(statement, one).fetchall()

        middle, late = quantiles(call, given)
        table.add("SQL by hand", mode, middle, "ms", p99=late, cpu=cpu(call, given, master.spent))


def cpu(call: Callable[[Any], object], over: Sequence[Any], spent: Callable[[], float]) -> float:
    """Return the milliseconds of processor time that *call* takes for one of *over*."""
    begin = spent()
    for one in over:
        call(one)
    return (spent() - begin) * 1e3 / len(over)


def own_table(table: Table, server: str, rows: Any, vectors: Any) -> None:
    """Measure a table that has vectors only, and an index of whole numbers: loaded by COPY, kept for the next run."""
    import psycopg

    from catalog.store.postgres.row_index import literal

    with psycopg.connect(with_option(server, "options=-cmaintenance_work_mem%3D2GB"), autocommit=True) as connection:
        master, name = Postmaster(connection), f"bench_vector_{table.size}"
        if connection.execute("SELECT to_regclass(%s)", (f"{name}_e",)).fetchone() == (None,):
            _fill(table, connection, name, rows)
        size = connection.execute("SELECT pg_total_relation_size(%s::regclass)", (name,)).fetchone()
        table.add("pgvector", "disk", float(size[0] if size else 0) / 1e6, "MB")
        texts = [literal(vector) for vector in vectors]
        sql = f"SELECT id FROM {name} ORDER BY e OPERATOR(public.<=>) %s::public.vector LIMIT 10"

        def search(text: str) -> list[Any]:
            return [row[0] for row in connection.execute(sql, (text,))]

        exact = nearest(rows, vectors)
        for effort in (40, 100, 200, 400, 1_000):
            connection.execute(f"SET hnsw.ef_search = {effort}")
            share = recall(search, texts, exact)
            if share >= RECALL:
                break
        middle, late = quantiles(search, texts)
        busy = cpu(search, texts, master.spent)
        table.add("pgvector", f"10 best, HNSW, effort {effort}", middle, "ms", p99=late, recall=share, cpu=busy)


def _fill(table: Table, connection: Any, name: str, rows: Any) -> None:
    from catalog.store.postgres.row_index import literal

    connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    connection.execute(f"DROP TABLE IF EXISTS {name}")
    connection.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, e public.vector({WIDTH}))")
    begin = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
        for place, row in enumerate(rows):
            copy.write_row((place, literal(row)))
    table.add("pgvector", "COPY of rows as text", time.perf_counter() - begin, "s")
    begin = time.perf_counter()
    connection.execute(f"CREATE INDEX {name}_e ON {name} USING hnsw (e public.vector_cosine_ops)")
    table.add("pgvector", "HNSW index made", time.perf_counter() - begin, "s")
