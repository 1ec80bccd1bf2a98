"""Copies of a database: whole, of one moment, and never over another file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress

from catalog.errors import StoreError
from catalog.store.access import access_to, connect
from catalog.store.placing import refuse_log
from catalog.store.private import mode_of_copy
from catalog.store.reader import store_error, translated


def copy_file(path: str, target: str) -> None:
    """Copy the database file *path*, of whatever schema, to the new file *target*, without upgrading it.

    Raises:
        StoreError: *target* exists or can't be written, *path* can't be read, or there is not enough room.
    """
    if not os.path.exists(path):
        raise StoreError(f"there is no database at {path}", url=path)
    with translated(path), closing(connect(path, access_to(path).mode, timeout=10)) as connection:
        copy_database(connection, path, target)


def copy_database(
    connection: sqlite3.Connection,
    path: str,
    target: str,
    *,
    check: Callable[[sqlite3.Connection], None] | None = None,
) -> None:
    """Copy what *connection* reads of *path* to the new file *target*; nothing is left there if that fails.

    Args:
        connection: if it is in a transaction, the copy is of what that sees.
        path: the file that it reads.
        target: a path where nothing is. The copy is no more open to others than the file at *path*.
        check: called with the finished copy before that has its name; if it raises, there is no copy.

    Raises:
        StoreError: *target* exists or can't be written; the disk is full. The text names the file that is at fault.
    """
    if os.path.lexists(target):
        raise StoreError(f"{target} exists; name a new file", target=target)
    refuse_log(target)
    folder = os.path.dirname(os.path.abspath(target))
    if not os.path.isdir(folder):
        raise StoreError(f"there is no folder {folder} to write {os.path.basename(target)} to", target=target)
    with translated(path):
        pages, size = (connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # unreadable: the fault is of the source
    with suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < pages * size:
            raise StoreError(
                f"{folder} has room for {free >> 20} MB, and a copy of {path} needs {pages * size >> 20} MB",
                target=target,
            )
    beside = f"{target}.{os.getpid()}.tmp"
    try:
        # By the operating system first: SQLite says of every fault that it can't open the file.
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode_of_copy(path, target)))
        with closing(sqlite3.connect(beside)) as copy:
            connection.backup(copy)
            if check is not None:
                check(copy)
        os.link(beside, target)  # not a rename: that would write over a file that was made meanwhile
    except FileExistsError as error:
        raise StoreError(f"{target} exists; name a new file", target=target) from error
    except OSError as error:
        raise StoreError(f"{target} can't be written: {error.strerror or error}", target=target) from error
    except sqlite3.Error as error:
        raise store_error(error, target) from error
    finally:
        for left in (beside, f"{beside}-journal", f"{beside}-wal", f"{beside}-shm"):
            with suppress(OSError):
                os.unlink(left)
