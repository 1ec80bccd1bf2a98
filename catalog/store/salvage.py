"""Writing what can be read of a damaged file into a new, good database.

SQLite itself reads what it can reach; the leaves of the file are read for the rest. All of it goes into an empty
database of this version, is mended there as ``db check --fix`` mends, and what only the history knows comes back.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.entry.key import format_key
from catalog.errors import StoreError
from catalog.store import fulltext, schema, tables
from catalog.store.damage import DERIVED, form_check
from catalog.store.derived import quoted
from catalog.store.foreign import harden
from catalog.store.forms import is_number, text_or_bytes
from catalog.store.mend import mend
from catalog.store.pages import Cell, cells, with_header, with_log
from catalog.store.placing import refuse_log
from catalog.store.writer import Writer

_WANTED = tuple(
    table
    for table in tables.metadata.sorted_tables
    if table.name not in (*DERIVED, "source_part", "entry_change", "history_mark", "catalog_state")
)
"""The tables whose rows are in no other place; what a scan has left for the next is in the code itself."""

Rows = dict[Any, tuple[Any, ...]]
"""Rows by rowid; where there is none, by themselves."""


class Salvaged(NamedTuple):
    """What came of a damaged file.

    Attributes:
        rows: how many rows are in the new database, by table; tables without rows are left out.
        lost: what could not be brought over, or may be missing, in words.
    """

    rows: dict[str, int]
    lost: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {"rows": self.rows, "lost": self.lost}


def salvage(path: str, target: str, *, actor: str) -> Salvaged:
    """Write what can be read of the database file *path* into the new file *target*; *path* stays as it is.

    Args:
        path: a damaged file; what was committed to the log beside it counts.
        target: a new file; it is there only when all is written.
        actor: who, for the history of what is mended.

    Raises:
        StoreError: *target* exists, *path* can't be read, or it holds nothing of a catalog.
    """
    if os.path.exists(target):
        raise StoreError(f"{target} exists; name a new file", target=target)
    refuse_log(target)
    try:
        folder = tempfile.mkdtemp(prefix=".catalog-salvage-", dir=os.path.dirname(os.path.abspath(target)))
        try:
            return _salvage(path, target, folder, actor)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}", url=path, target=target) from error


def _salvage(path: str, target: str, folder: str, actor: str) -> Salvaged:
    data = bytearray(Path(path).read_bytes())
    with suppress(FileNotFoundError):
        with_log(data, Path(f"{path}-wal").read_bytes())
    found, unreachable = _read(data, os.path.join(folder, "damaged.db"))
    if not any(found[name] for name in ("entry", "revision")):
        raise StoreError(f"{path} holds no entry that can be read; nothing was written", url=path, target=target)
    made = os.path.join(folder, "new.db")
    schema.upgrade(made)
    lost = _fill(made, found)
    writer = Writer(made)
    try:
        with writer.transaction(actor=actor) as transaction:
            lost += mend(transaction)
            lost += [f"{format_key(*key)}: its row; it is as its history has it" for key in transaction.bring_back()]
    finally:
        writer.close()
    lost += [f"what stood on damaged pages of the table '{name}', if anything did" for name in unreachable]
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        names = [table.name for table in _WANTED]
        count = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    os.chmod(made, os.stat(made).st_mode & os.stat(path).st_mode | 0o200)  # no more open to others than what it is of
    os.link(made, target)  # not a rename: that would write over a file that was made meanwhile
    return Salvaged({name: rows for name, rows in count.items() if rows}, lost)


# -- reading ---------------------------------------------------------------------------------------------------------


def _read(data: bytearray, copy: str) -> tuple[dict[str, Rows], list[str]]:
    """Return the rows of the wanted tables, and the tables that could not be read to their end."""
    for anew in (False, True):
        with_header(data, anew=anew)
        Path(copy).write_bytes(data)
        try:
            found, unreachable = _by_sqlite(copy)
        except sqlite3.DatabaseError:
            continue
        break
    else:
        found, unreachable = {table.name: {} for table in _WANTED}, [table.name for table in _WANTED]
    if unreachable:
        _from_leaves(data, found, unreachable)
    return found, unreachable


def _by_sqlite(copy: str) -> tuple[dict[str, Rows], list[str]]:
    found: dict[str, Rows] = {}
    unreachable = []
    with closing(harden(sqlite3.connect(copy))) as connection:
        connection.text_factory = text_or_bytes
        there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "catalog_state" not in there and "entry" not in there:
            raise sqlite3.DatabaseError("no table of a catalog")
        for table in _WANTED:
            rows = found[table.name] = {}
            if table.name not in there:  # an older schema
                continue
            known = [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")]
            listed = [quoted(column.name) if column.name in known else "NULL" for column in table.c]
            mark = "rowid" if _has_rowid(table) else "NULL"
            try:
                for mark_of, *values in connection.execute(f"SELECT {mark}, {', '.join(listed)} FROM {table.name}"):
                    rows[tuple(values) if mark_of is None else mark_of] = tuple(values)
            except sqlite3.DatabaseError:
                unreachable.append(table.name)
    return found, unreachable


def _has_rowid(table: sa.Table) -> bool:
    return table.dialect_options["sqlite"]["with_rowid"] is not False


def _from_leaves(data: bytearray, found: dict[str, Rows], names: Sequence[str]) -> None:
    """Add to *found* what the leaves hold of the tables with these *names*: rows all of whose values are in form."""
    wanted = [table for table in _WANTED if table.name in names]
    forms = {table.name: [form_check(column) for column in table.c] for table in wanted}
    for cell in cells(data):
        for table in wanted:
            values = _values(table, cell)
            if values is not None and all(
                check(value) is None for check, value in zip(forms[table.name], values, strict=True)
            ):
                found[table.name].setdefault(cell.rowid if _has_rowid(table) else values, values)
                break


_ADDED: dict[str, tuple[Any, ...]] = {"vector": (0,), "revision": (None, None)}
"""What rows lack at their end that were written by an older schema: a migration that adds a column changes no row."""


def _values(table: sa.Table, cell: Cell) -> tuple[Any, ...] | None:
    """Return the columns of a record as a row of *table*, None if it can't be one."""
    if (cell.rowid is not None) is not _has_rowid(table):
        return None
    columns = list(table.c)
    values = list(cell.values)
    added = _ADDED.get(table.name, ())
    if added and len(values) == len(columns) - len(added):
        values += added
    if len(values) != len(columns):
        return None
    if columns[0].primary_key and len(table.primary_key) == 1 and isinstance(columns[0].type, sa.Integer):
        if values[0] is not None:  # the rowid itself is this column, so nothing is stored for it
            return None
        values[0] = cell.rowid
    return tuple(values)


# -- writing ---------------------------------------------------------------------------------------------------------


def _fill(made: str, found: dict[str, Rows]) -> list[str]:
    """Put the rows into the empty database *made*; return what it did not take, in words."""
    lost = []
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("BEGIN")
        for statement in fulltext.REMOVE:
            connection.execute(statement)
        for table in _WANTED:
            names = [column.name for column in table.c]
            marks = ", ".join("?" * len(names))
            into = f"INSERT OR IGNORE INTO {table.name} ({', '.join(map(quoted, names))}) VALUES ({marks})"
            refused = 0
            for values in _newest_first(table, list(found[table.name].values())):
                row = [
                    _default(column) if value is None else value for column, value in zip(table.c, values, strict=True)
                ]
                refused += connection.execute(into, row).rowcount == 0
            if refused:
                lost.append(f"{refused} rows of the table '{table.name}' that stood there twice, or were no rows")
        generations = [
            value
            for name, column in (("vector", "stamp"), ("decision_log", "generation"), ("embedder", "since"))
            for value in _column(name, column, found[name])
        ]
        last = max([len(found["revision"]), *generations])
        connection.execute("UPDATE catalog_state SET generation = ?, words_version = 0, text_version = 0", (last,))
        connection.execute("COMMIT")
    return lost


def _column(table: str, column: str, rows: Rows) -> list[int]:
    place = [one.name for one in tables.metadata.tables[table].c].index(column)
    return [row[place] for row in rows.values() if is_number(row[place])]


def _newest_first(table: sa.Table, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows of entries so that of two with one key the newer comes first; others as they are."""
    if table.name != "entry":
        return rows
    place = [column.name for column in table.c].index("revision")
    return sorted(rows, key=lambda row: row[place] if is_number(row[place]) else 0, reverse=True)


def _default(column: sa.Column[Any]) -> Any:
    """Return what stands for a value that is not there in a column that needs one, so that mending sees the row."""
    if column.nullable or column.primary_key:
        return None
    return 0 if column.server_default is not None else b""
