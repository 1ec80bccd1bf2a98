"""A catalog on a server as what is copied from, and as what is copied to.

A copy to a server may take long, and be interrupted. It goes table by table in the order of keys, and every few
thousand rows are committed; a note says of which state of which catalog they are. The same command goes on from there,
or begins again where the first catalog has changed. As long as the note is there nobody can open the copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa

from catalog.errors import StoreError
from catalog.store import tables
from catalog.store.carry import Copied, Progress, Reading, Row, Source, Steps, in_order, sum_of
from catalog.store.postgres import name_index, schema
from catalog.store.postgres.connecting import Connection, connect
from catalog.store.postgres.errors import store_error, translated
from catalog.store.schema import HEAD
from catalog.store.vectors import MARK

if TYPE_CHECKING:
    from catalog.store.postgres.address import Address

NOTE = schema.COPYING
BATCH = 5_000
"""Rows that are committed together; what an interruption can lose."""


class OnServer:
    """The tables of a catalog on a server; all that is read is of one moment where a transaction is open."""

    def __init__(self, connection: psycopg.Connection[Any], path: str) -> None:
        self._connection = connection
        self.path = path

    def count(self, table: sa.Table) -> int:
        """Return how many rows *table* has."""
        with translated(self.path):
            row = self._connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()
            return int(row[0]) if row else 0

    def rows(self, table: sa.Table, after: Row | None = None) -> Iterator[list[Row]]:
        """Yield the rows of *table* in batches, by their keys, those behind the key *after*."""
        with translated(self.path), Connection(self._connection).stream(in_order(table, after), after or ()) as cursor:
            while batch := cursor.fetchmany(1_000):
                yield batch

    def mark(self) -> str:
        """Return what tells this state of this catalog from all others."""
        with translated(self.path):
            return repr(Connection(self._connection).execute(MARK).fetchone())

    def last(self, table: sa.Table) -> Row | None:
        """Return the last key of *table*; None where it has no rows."""
        key = ", ".join(column.name for column in table.primary_key)
        back = ", ".join(f"{column.name} DESC" for column in table.primary_key)
        with translated(self.path):
            sql = f"SELECT {key} FROM {table.name} ORDER BY {back} LIMIT 1"
            row: Row | None = self._connection.execute(sql).fetchone()
            return row

    def fill(self, table: sa.Table, rows: list[Row]) -> None:
        """Store *rows* at once."""
        listed = ", ".join(f'"{column.name}"' for column in table.c)
        try:
            with self._connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise StoreError(
                f"a row of the table '{table.name}' can't be kept on a server ({str(error).splitlines()[0]}); what is "
                "copied stays, and the same command goes on from there when the row is put right",
                table=table.name,
            ) from error
        except psycopg.Error as error:
            raise store_error(error, self.path) from error


@contextmanager
def reading(address: Address) -> Iterator[tuple[str, Source, list[str]]]:
    """Yield the schema of a catalog on a server, itself as it is at this moment, and no foreign tables."""
    schema.ensure(address)
    with translated(address.shown), connect(address) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT 1 FROM catalog_state")
        yield HEAD, OnServer(connection, address.shown), []
        connection.execute("ROLLBACK")


def into_server(read: Reading, address: Address, *, progress: Progress | None = None) -> Copied:
    """Copy what *read* gives to the server at *address*: into a catalog in which nothing is, or that is made now.

    Raises:
        StoreError: something is there, or the copy and what it was made of do not agree.
    """
    found_there = schema.current(address)
    if found_there is None:
        schema.upgrade(address)
    elif said := schema.advice(address, found_there):
        raise StoreError(f"{said}; then it can be copied to", url=address.shown)
    with TemporaryDirectory(prefix="catalog-copy-") as folder, read(folder) as (found, source, left):
        with translated(address.shown), connect(address, writes=True) as connection:
            connection.execute("SELECT pg_advisory_lock(1129595202, 'catalog_state'::regclass::oid::integer)")
            sums = _filled(connection, source, OnServer(connection, address.shown), progress)
        schema.upgrade(address)  # makes what is derived, as the index of words
        with translated(address.shown), connect(address, writes=True) as connection:
            connection.execute(f"DROP TABLE {NOTE}")
            connection.execute("UPDATE catalog_state SET generation = generation")  # tells whoever listens already
            connection.execute("ANALYZE")
    return Copied(sums, found, left, False)


def _filled(
    connection: psycopg.Connection[Any], source: Source, target: OnServer, progress: Progress | None
) -> dict[str, Any]:
    every = tables.metadata.sorted_tables
    mark = f"{source.path} {_mark_of(source)}"
    noted = connection.execute("SELECT to_regclass(%s)", (NOTE,)).fetchone()
    if noted is None or noted[0] is None:
        kept = [table.name for table in (tables.entry, tables.revision, tables.vector) if target.count(table)]
        if kept:
            raise StoreError(
                f"{target.path} holds a catalog already; name another database, or another schema with ?schema=NAME",
                url=target.path,
            )
        connection.execute(f"CREATE TABLE {NOTE} (mark text NOT NULL)")
    row = connection.execute(f"SELECT mark FROM {NOTE}").fetchone()
    if row is None or row[0] != mark:
        with connection.transaction():
            connection.execute(
                f"TRUNCATE {', '.join(table.name for table in every)}, search_word, search_total CASCADE"
            )
            connection.execute(f"DELETE FROM {NOTE}")
            connection.execute(f"INSERT INTO {NOTE} VALUES (%s)", (mark,))
            connection.execute("ALTER TABLE search_doc DISABLE TRIGGER catalog_words_in")
            connection.execute("DROP INDEX IF EXISTS ix_search_doc_words")
            connection.execute(name_index.REMOVE)
    steps = Steps(3 * sum(map(source.count, every)), progress)
    for table in every:
        done = target.count(table)
        steps.add(done)
        batches = source.rows(table, target.last(table) if done else None)
        for first in batches:
            many = list(chain(first, *islice(batches, BATCH // 1_000 - 1)))
            target.fill(table, many)
            steps.add(len(many))
    for table in every:  # numbers that the database itself gives go on behind those that came
        if "id" in table.c:
            number = f"greatest((SELECT max(id) FROM {table.name}), 1)"
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {number})")
    with connection.transaction():
        sums = {table.name: sum_of(table, source, steps) for table in every}
        wrong = [table.name for table in every if sum_of(table, target, steps) != sums[table.name]]
    if wrong:
        connection.execute(f"UPDATE {NOTE} SET mark = ''")
        raise StoreError(
            f"{source.path} was not copied: the table '{wrong[0]}' has other rows there; the same command begins again",
            url=target.path,
        )
    return sums


def _mark_of(source: Source) -> str:
    if isinstance(source, OnServer):
        return source.mark()
    rows = [row for batch in source.rows(tables.state) for row in batch]
    marks = [row for batch in source.rows(tables.history_mark) for row in batch]
    return repr((rows, marks[-1:]))
