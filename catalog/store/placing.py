"""Putting a finished database file into its place: never over another, or only over one that nobody uses."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

from catalog.errors import StoreBusyError, StoreError
from catalog.store.access import access_to
from catalog.store.reader import store_error, translated

_NOTED = ("alembic_version", "catalog_state", "source", "source_part", "history_mark", "entry_change")
"""Tables that may have rows in a catalog in which nobody has stored anything."""


def refuse_log(path: str) -> None:
    """Raise if the log of a file that is gone lies where that of a new file *path* would: it would be read with it.

    Raises:
        StoreError: there is one.
    """
    for end in ("-wal", "-journal"):
        if os.path.lexists(path + end):
            raise StoreError(
                f"{path}{end} was left by a database that was there before, and would be taken for part of the new "
                "one; delete it, or name another file",
                target=path,
            )


@contextmanager
def place_new(target: str, *, replace: bool) -> Iterator[Callable[[str], bool]]:
    """Look at what is at *target*, and yield a function that moves a finished file there.

    The function returns whether a catalog was there with something in it.

    Args:
        target: the path of a database, with links resolved: a catalog, or an empty file, or none yet.
        replace: whether a catalog that is there, and is not empty, may be replaced.

    Raises:
        StoreError: something is there that may not be replaced, or a process uses it.
    """
    was_there = os.path.lexists(target)
    if was_there:
        access = access_to(target)
        if access.why:
            raise StoreError(f"{target} can't be replaced: {access.why}", target=target)
        _refuse_other(target, replace=replace)
    else:
        refuse_log(target)

    def place(made: str) -> bool:
        _flush(made)
        if was_there:
            replaced = _exchange(made, target, replace=replace)
        else:
            replaced = False
            try:
                os.link(made, target)  # not a rename: that would write over a file that was made meanwhile
            except FileExistsError as error:
                raise StoreError(f"{target} was made meanwhile; nothing was changed", target=target) from error
            except OSError as error:
                raise StoreError(f"{target} can't be written: {error.strerror or error}", target=target) from error
        with suppress(OSError):  # not every file system can do it for a folder
            _flush(os.path.dirname(target))
        return replaced

    yield place


def _flush(path: str) -> None:
    """Make sure that what was written lies on the disk, as a crash of the machine may follow."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _refuse_other(target: str, *, replace: bool) -> None:
    """Raise if the file *target*, which is empty or a catalog, holds something and may not be replaced."""
    with translated(target), closing(sqlite3.connect(target, timeout=10)) as connection:
        _holds(connection, target, replace=replace)


def _holds(connection: sqlite3.Connection, target: str, *, replace: bool) -> bool:
    """Return whether somebody has stored anything in a catalog.

    Raises:
        StoreError: somebody has, and it may not be replaced.
    """
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    names = [row[0] for row in rows.fetchall() if row[0] not in _NOTED]
    filled = [name for name in names if connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]
    if filled and not replace:
        raise StoreError(
            f"{target} holds a catalog already; name a new file, or replace it (--replace, in Python replace=True)",
            target=target,
        )
    return bool(filled)


def _exchange(made: str, target: str, *, replace: bool) -> bool:
    """Move *made* over the database *target* while nobody can use that; return whether something was in it.

    A process that has the old file open goes on writing to a log that lies where the log of the new file will: only
    when the old one needs no log, and nobody else can open it, can it go.
    """
    with closing(sqlite3.connect(target, isolation_level=None, timeout=5)) as old:
        try:
            old.execute("PRAGMA journal_mode=DELETE")  # refused as long as anybody else has it open
            old.execute("BEGIN EXCLUSIVE")
            held = _holds(old, target, replace=replace)
            os.replace(made, target)
        except (OSError, StoreError, sqlite3.Error) as error:
            with suppress(sqlite3.Error):  # as it was
                if old.in_transaction:
                    old.execute("ROLLBACK")
                old.execute("PRAGMA journal_mode=WAL")
            if isinstance(error, sqlite3.Error):
                raise _in_use(error, target) from error
            raise
        return held


def _in_use(error: sqlite3.Error, target: str) -> Exception:
    found = store_error(error, target)
    if not isinstance(found, StoreBusyError):
        return found
    return StoreBusyError(
        f"{target} is in use by another process, and was left as it is; end that, and try again", target=target
    )
