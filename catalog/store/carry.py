"""Carrying a whole catalog from one database to another, table by table, and proving that all of it arrived.

Rows travel as the tuples that SQLite stores, in the order in which tables refer to each other. A database of another
kind joins by a source that gives such tuples and a target that takes them; sums are the same for both, whatever order
rows come in.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from catalog.errors import NotACatalogError, SchemaOutdatedError, StoreError
from catalog.store import fulltext, schema, tables
from catalog.store.access import READ, Access, access_to, connect
from catalog.store.copying import copy_database
from catalog.store.derived import quoted
from catalog.store.forms import text_or_bytes
from catalog.store.placing import place_new
from catalog.store.reader import translated

_BATCH = 1_000
_MODULUS = 1 << 256
PREFIX = ".catalog-copy-"
"""How the folder begins that a copy is made in, beside its place."""

Row = tuple[Any, ...]
Progress = Callable[[int, int], None]


class Sum(NamedTuple):
    """The rows of a table: their number, and a checksum that does not depend on their order."""

    rows: int
    checksum: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return self._asdict()


class Copied(NamedTuple):
    """What was copied from one database to another, and found there again.

    Attributes:
        tables: rows and checksum by table; the two databases agree in all of them.
        found: the schema that the first database has; the copy has the newest.
        left: tables of the first database that are no part of a catalog, and stayed behind.
        replaced: whether the copy stands in the place of another catalog.
        source: what the first database is called: the path as it was given, or the address without a login.
        target: what the copy is called.
    """

    tables: dict[str, Sum]
    found: str
    left: list[str]
    replaced: bool
    source: str = ""
    target: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {**self._asdict(), "tables": {name: total.to_dict() for name, total in self.tables.items()}}


class Source(Protocol):
    """A database that is read in the state of one moment."""

    path: str

    def count(self, table: sa.Table) -> int:
        """Return how many rows *table* has."""
        ...

    def rows(self, table: sa.Table, after: Row | None = None) -> Iterator[list[Row]]:
        """Yield the rows of *table* in batches, by their keys, those behind the key *after*.

        Columns come in the order of the table, values as SQLite keeps them.
        """
        ...


class Target(Source, Protocol):
    """A new database, empty, whose tables can be filled."""

    def fill(self, table: sa.Table, rows: list[Row]) -> None:
        """Store *rows*; tables come in the order in which they refer to each other."""
        ...


def in_order(table: sa.Table, after: Row | None) -> str:
    """Return the statement for the rows of *table* by its key, those behind the key *after*, which are parameters."""
    listed = ", ".join(quoted(column.name) for column in table.c)
    key = ", ".join(column.name for column in table.primary_key)
    behind = "" if after is None else f" WHERE ({key}) > ({', '.join('?' * len(after))})"
    return f"SELECT {listed} FROM {table.name}{behind} ORDER BY {key}"


def carry(source: str, target: str, *, replace: bool = False, progress: Progress | None = None) -> Copied:
    """Copy the catalog in the file *source*, of any schema this program knows, to the file *target*.

    Args:
        source: the file of a catalog; it is only read, and not upgraded.
        target: a file that is not there, is empty, or holds an empty catalog. It changes when all has been compared.
        replace: whether *target* may hold a catalog already, which goes then.
        progress: called with the number of steps done and of all steps.

    Raises:
        StoreError: *target* holds something else, or is in use; *source* can't be read; the two did not agree.
    """
    if not os.path.exists(source):
        raise StoreError(f"there is no database at {source}", url=source)
    real = os.path.realpath(target)
    if os.path.exists(real) and os.path.samefile(source, real):
        raise StoreError(f"{source} and {target} are one file; name another place", url=source, target=target)
    return into_file(lambda folder: reading(source, folder), source, target, replace=replace, progress=progress)


Reading = Callable[[str], AbstractContextManager[tuple[str, "Source", list[str]]]]
"""Given a folder for what it needs meanwhile, gives the schema of a database, itself, and its foreign tables."""


def into_file(
    read: Reading, source: str, target: str, *, replace: bool = False, progress: Progress | None = None
) -> Copied:
    """Copy what *read* gives, which is called *source*, to the file *target*; see :func:`carry`."""
    real = os.path.realpath(target)
    if os.path.lexists(real):
        schema.current(real)  # raises for what is no catalog: that is never replaced
    with ExitStack() as stack:
        try:
            folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=os.path.dirname(real))
        except OSError as error:
            raise StoreError(f"{target} can't be written: {error.strerror or error}", target=target) from error
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        place = stack.enter_context(place_new(real, replace=replace))
        found, opened, left = stack.enter_context(read(folder))
        made = os.path.join(folder, "new.db")
        schema.upgrade(made)
        sums = _fill(made, target, opened, progress)
        # A file that was there keeps its rights; else the copy is as private as what it was made of.
        like = real if os.path.exists(real) else source
        allowed = os.stat(like).st_mode & 0o666 if os.path.exists(like) else 0o600
        os.chmod(made, allowed if os.path.exists(real) else allowed & os.stat(made).st_mode)
        replaced = place(made)
    return Copied(sums, found, left, replaced)


@contextmanager
def reading(source: str, folder: str) -> Iterator[tuple[str, Source, list[str]]]:
    """Yield the schema of the file *source*, itself or an upgraded copy as it was at one moment, and foreign tables."""
    found = schema.current(source, _access(source))
    if found is None:
        raise NotACatalogError(f"{source} is empty; there is nothing to copy", url=source)
    if found > schema.HEAD:
        raise SchemaOutdatedError(
            f"{source} was written by a newer catalog (schema {found}, this one knows {schema.HEAD}); upgrade "
            "magma-catalog",
            url=source,
            found=found,
            known=schema.HEAD,
        )
    path = source
    if found < schema.HEAD:
        path = os.path.join(folder, "upgraded.db")
        with _moment(source) as connection:
            copy_database(connection, source, path)
        schema.upgrade(path)
    with _moment(path) as connection:
        lacking = sorted(tables.metadata.tables.keys() - _tables(connection))
        if lacking:  # a view of that name is none: it may compute anything, without end
            raise NotACatalogError(f"{source} has no table '{lacking[0]}'; `catalog db check` says more", url=source)
        yield (
            found,
            File(connection, source),
            sorted(_tables(connection) - tables.metadata.tables.keys() - {"alembic_version"}),
        )


@contextmanager
def _moment(path: str) -> Iterator[sqlite3.Connection]:
    """Lend a connection that reads one state of the file *path* and changes nothing of it."""
    with translated(path), closing(connect(path, _access(path).mode, timeout=10)) as connection:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.text_factory = text_or_bytes
        connection.execute("BEGIN")
        yield connection


def _access(path: str) -> Access:
    """Return how to open the file *path* so that it, and the log beside it, stay as they are."""
    access = access_to(path)
    # A connection that may write puts the log into the file when it is the last to close. Where there is no log, one
    # that may only read would leave a log and an index of its own behind.
    log = os.path.realpath(path) + "-wal"
    if access.why or not os.path.exists(log) or not os.path.getsize(log):
        return access
    return Access(READ, access.why)


def _tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return {row[0] for row in rows}


class File:
    """A SQLite file as a source and as a target."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self.path = path

    def count(self, table: sa.Table) -> int:
        """Return how many rows *table* has."""
        with translated(self.path):
            return int(self._connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])

    def rows(self, table: sa.Table, after: Row | None = None) -> Iterator[list[Row]]:
        """Yield the rows of *table* in batches, by their keys, those behind the key *after*."""
        sql = in_order(table, after)
        with translated(self.path):
            cursor = self._connection.execute(sql, after or ())
            while batch := cursor.fetchmany(_BATCH):
                yield batch

    def fill(self, table: sa.Table, rows: list[Row]) -> None:
        """Store *rows*."""
        listed = ", ".join(quoted(column.name) for column in table.c)
        marks = ", ".join("?" * len(table.c))
        try:
            with translated(self.path):
                self._connection.executemany(f"INSERT INTO {table.name} ({listed}) VALUES ({marks})", rows)
        except StoreError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise StoreError(
                    f"a row of the table '{table.name}' is damaged and can't be copied ({error.__cause__}); "
                    "`catalog db check` says which, `catalog db check --fix` mends it",
                    table=table.name,
                ) from error
            raise


def _fill(made: str, called: str, source: Source, progress: Progress | None) -> dict[str, Sum]:
    """Fill the empty catalog *made* from *source*, read it again, and return what both have.

    Args:
        made: the file.
        called: what to call it in errors.
        source: where the rows come from.
        progress: called with the number of steps done and of all steps.

    Raises:
        StoreError: they have not the same, or *made* could not be written.
    """
    every = tables.metadata.sorted_tables
    steps = Steps(2 * sum(map(source.count, every)), progress)
    with translated(called), closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("BEGIN IMMEDIATE")
        for statement in fulltext.REMOVE:  # its triggers would index row by row
            connection.execute(statement)
        target = File(connection, called)
        sums = {}
        for table in every:
            connection.execute(f"DELETE FROM {table.name}")
            sums[table.name] = sum_of(table, source, steps, target)
        for statement in (*fulltext.INSTALL, fulltext.REBUILD):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with translated(called), closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.text_factory = text_or_bytes
        target = File(connection, called)  # what is read now comes from the file
        arrived = {table.name: sum_of(table, target, steps) for table in every}
        sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    wrong = [name for name, total in sums.items() if arrived[name] != total]
    if wrong or sound != "ok":
        what = f"the table '{wrong[0]}' has other rows there" if wrong else f"the copy is damaged ({sound})"
        raise StoreError(f"{source.path} was not copied: {what}; nothing was changed", url=source.path)
    return sums


class Steps:
    """Counts rows, and tells how many there are to be."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._done = 0
        self._tell = progress

    def add(self, count: int) -> None:
        """Count *count* rows more."""
        self._done += count
        if self._tell is not None:
            self._tell(self._done, self._total)


def sum_of(table: sa.Table, source: Source, steps: Steps, target: Target | None = None) -> Sum:
    """Return the sum of the rows of *table* in *source*, putting them into *target* by the way."""
    rows = total = 0
    for batch in source.rows(table):
        if target is not None:
            target.fill(table, batch)
        # Added up, so that their order does not count: another database sorts texts otherwise.
        total += sum(int.from_bytes(sha256(repr(row).encode()).digest(), "big") for row in batch)
        rows += len(batch)
        steps.add(len(batch))
    return Sum(rows, f"{total % _MODULUS:064x}")
