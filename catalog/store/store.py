"""``Store``: the persistent tier of one catalog; reads cheaply, connects for writing when it first writes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from catalog.errors import StoreError
from catalog.store import forks, schema
from catalog.store.mapping import JSON_COLUMNS
from catalog.store.queries import STATE
from catalog.store.reader import BUSY_MS, Reader, store_error

if TYPE_CHECKING:
    from catalog.store.writer import Transaction, Writer


class Store:
    """One database: a reader always, a writer once it is needed."""

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        """Open the database of *url*; a SQLite file is created or upgraded first.

        ``sqlite://`` without a path gives a private catalog in a temporary file that goes when it is closed: a
        database in memory can be shared neither by threads nor by the two drivers.

        Args:
            url: database URL.
            busy_ms: how long to wait for another process's lock, in milliseconds.

        Raises:
            StoreError: and what derives from it, where the database can't be used.
        """
        path = schema.sqlite_path(url)
        self._remove: Callable[[], Any] = lambda: None
        if path is None:
            folder = tempfile.mkdtemp(prefix="catalog-")
            path = os.path.join(folder, "catalog.db")
            self._remove = weakref.finalize(self, _remove, folder, os.getpid())  # also where nobody closes it
        self.path = path
        self.url = url
        self._busy_ms = busy_ms
        self._locks()
        self._writer: Writer | None = None
        try:
            with forks.opening:
                schema.ensure(self.path)
                self._file = _identity(self.path)
                self.reader = Reader(self.path, busy_ms=busy_ms)
        except OSError as error:
            raise StoreError(f"{self.path} can't be used: {error.strerror or error}", url=url) from error
        forks.watch(self)

    def _locks(self) -> None:
        self._lock = threading.Lock()
        self._turnstile = threading.Lock()  # passed on the way to the other, so that a fork need not queue for long
        self._writing_thread: int | None = None

    def state(self) -> tuple[int, tuple[int, int]]:
        """Return the generation, and the versions of the words in the full-text index and of the texts to embed."""
        row = self.reader.one(STATE)
        if row is None:
            raise StoreError(f"{self.path} has lost its state; restore a backup", url=self.url)
        return row[0], (row[1], row[2])

    @contextmanager
    def writing(self, *, actor: str) -> Iterator[Transaction]:
        """Begin a transaction; committed at the end, or rolled back whole.

        Raises:
            StoreBusyError: another process held the write lock for longer than the busy timeout.
            StoreError: the file was removed or replaced; what was written to the old one would be lost.
        """
        me = threading.get_ident()
        if self._writing_thread == me:
            raise StoreError("this thread is in the middle of a change already; finish that first", url=self.url)
        with self._turnstile:
            pass
        with self._lock:  # threads of one process need not find out from SQLite that they must wait
            if _identity(self.path) != self._file:
                raise StoreError(
                    f"{self.path} was removed or replaced; close this catalog and open it again", url=self.url
                )
            if self._writer is None:
                from catalog.store.writer import Writer

                self._writer = Writer(self.path, busy_ms=self._busy_ms)
            self._writing_thread = me
            try:
                with self._writer.transaction(actor=actor) as transaction:
                    yield transaction
            finally:
                self._writing_thread = None

    def close(self) -> None:
        """Close every connection, and remove a temporary database."""
        with forks.opening:
            if self._writer is not None:
                self._writer.close()
            self.reader.close()
        self._remove()

    # -- fork: see catalog.store.forks -------------------------------------------------------------------------------

    def before_fork(self, deadline: float) -> None:
        """Wait until no other thread writes or reads."""
        mine = self._writing_thread == threading.get_ident()
        self._taken = [
            lock
            for lock in (() if mine else (self._turnstile, self._lock))
            if lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
        ]
        self.reader.before_fork(deadline)

    def after_fork_in_parent(self) -> None:
        """Let other threads go on."""
        self.reader.after_fork_in_parent()
        for lock in self._taken:
            lock.release()

    def after_fork_in_child(self) -> None:
        """Close the connections of the parent process, and have locks of one's own."""
        self.reader.after_fork_in_child()
        if self._writer is not None:
            self._writer.close()
        self._locks()

    def backup(self, target: str) -> None:
        """Copy the database, as it is at one moment, to the new file *target*.

        Raises:
            StoreError: *target* exists or can't be written.
        """
        if os.path.exists(target):
            raise StoreError(f"{target} exists; name a new file", target=target)
        try:
            copy = sqlite3.connect(target)
            try:
                with self.reader.connection() as connection:
                    connection.backup(copy)
            finally:
                copy.close()
        except sqlite3.Error as error:
            raise store_error(error, target) from error

    def check(self) -> list[str]:
        """Return what is wrong with the database, in words; nothing if all is well.

        Looked at: the pages, foreign keys, the JSON of entries, the full-text index against its text, tags against
        entries.
        """
        from catalog.store import fulltext

        faults: list[str] = []
        with self.reader.connection() as connection:
            pages = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            faults += [f"pages: {text}" for text in pages if text != "ok"]
            faults += [f"keys: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
            sound = " AND ".join(f"json_valid(coalesce(e.{name}, '[]'))" for name in JSON_COLUMNS)
            faults += [
                f"entries: the row of {kind}:{name} is damaged; `catalog restore {kind}:{name}` brings back a good one"
                for kind, name in connection.execute(f"SELECT e.kind, e.name FROM entry AS e WHERE NOT ({sound})")
            ]
            missing = connection.execute(
                "SELECT count(*) FROM entry AS e LEFT JOIN search_doc AS d ON d.entry_id = e.id "
                "WHERE d.entry_id IS NULL"
            ).fetchone()[0]
            if missing:
                faults.append(f"search: {missing} entries have no words; `catalog db check --fix` makes them again")
            unhashed = connection.execute(
                "SELECT count(*) FROM entry AS e LEFT JOIN entry_text AS t ON t.entry_id = e.id AND t.part = 0 "
                "WHERE t.entry_id IS NULL"
            ).fetchone()[0]
            if unhashed:
                faults.append(
                    f"meaning: {unhashed} entries have no hash of their text; `catalog db check --fix` makes them again"
                )
            strays = connection.execute(
                "SELECT count(*) FROM (SELECT e.id, j.value FROM entry AS e, "
                "json_each(iif(json_valid(e.tags), e.tags, '[]')) AS j "
                "EXCEPT SELECT entry_id, tag FROM entry_tag)"
            ).fetchone()[0]
            if strays:
                faults.append(f"tags: {strays} are missing from their index")
        with forks.opening:
            own = sqlite3.connect(self.path, isolation_level=None, timeout=10)
            try:  # FTS5 takes its check as a write, though it changes nothing
                own.execute(fulltext.CHECK)
            except sqlite3.DatabaseError as error:
                faults.append(f"search: index and words differ ({error}); `catalog db check --fix` rebuilds it")
            finally:
                own.close()
        return faults


def _identity(path: str) -> tuple[int, int] | None:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return None
    return there.st_dev, there.st_ino


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a child process has the catalog, but not the say
        shutil.rmtree(folder, ignore_errors=True)
