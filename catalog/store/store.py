"""``Store``: the database of one catalog. Opening it prepares for reading; a writer is connected at the first write."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogWarning, ReadOnlyError, StoreBusyError, StoreError
from catalog.store import forks, schema
from catalog.store.blank import put_blank
from catalog.store.foreign import ensure_ours, harden
from catalog.store.forms import is_number
from catalog.store.queries import STATE
from catalog.store.reader import BUSY_MS, Reader, store_error

if TYPE_CHECKING:
    from catalog.store.writer import Transaction, Writer


class Store:
    """One database, with a reader from the beginning and a writer from the first write on.

    Attributes:
        path: the database file.
        url: the URL it was opened with.
        frozen: why nothing is written any more, in words; empty where something may be.
        reader: runs every statement that only reads.
        is_server: whether others than its owner may write to it from elsewhere.
    """

    is_server = False

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        """Open the database at *url*; a SQLite file is created or upgraded first.

        ``sqlite://`` without a path opens a private database in a temporary file, which is deleted on closing. It can't
        be in memory: neither threads nor the two drivers used here could share it.

        Args:
            url: database URL.
            busy_ms: how long to wait for the lock of another process, in milliseconds.

        Raises:
            StoreError: the database can't be used; classes derived from it say why.
        """
        path = schema.sqlite_path(url)
        self._remove: Callable[[], Any] = lambda: None
        self.path = path or self._temporary()
        self.url = url
        self.frozen = ""
        self._busy_ms = busy_ms
        self._schema: tuple[int, int | None] = (0, None)  # of which file the schema was looked at, and its version
        self._locks()
        self._writer: Writer | None = None
        try:
            with forks.opening:
                read_only = schema.is_read_only(url)
                stand_in = self._temporary() if schema.is_to_come(self.path, read_only) else None
                if path is None or stand_in is not None:
                    put_blank(stand_in or self.path)
                else:
                    schema.ensure(self.path, read_only)
                self.reader = Reader(
                    self.path, busy_ms=busy_ms, ensure=schema.ensure_at, read_only=read_only, stand_in=stand_in
                )
                self.reader.before_reopen(self._close_writer)
        except OSError as error:
            raise StoreError(f"{self.path} can't be used: {error.strerror or error}", url=url) from error
        forks.watch(self)

    def _temporary(self) -> str:
        """Return a path for a database that goes when this is closed, or when nobody refers to it any more."""
        import shutil  # with tempfile 3 milliseconds, which whoever has a database of their own need not wait for
        import tempfile

        folder = tempfile.mkdtemp(prefix="catalog-")
        self._remove = weakref.finalize(self, _remove, shutil.rmtree, folder, os.getpid())
        return os.path.join(folder, "catalog.db")

    def _locks(self) -> None:
        self._lock = threading.Lock()
        # A thread that wants to write passes the turnstile, then takes the lock. A fork takes the turnstile first and
        # keeps it: then it waits for one writer at most, and not for all threads that queue for the lock.
        self._turnstile = threading.Lock()
        self._writing_thread: int | None = None

    @property
    def read_only(self) -> str:
        """Why the database can only be read here, in words; empty where it can be written to."""
        return self.frozen or self.reader.access.why

    def refuse_if_frozen(self) -> None:
        """Raise ReadOnlyError where nothing is written any more, whatever the file would allow."""
        if self.frozen:
            raise ReadOnlyError(f"{self.frozen}; nothing was changed", url=self.url)

    @property
    def is_to_come(self) -> bool:
        """Whether there is no file yet, nor the folder it is to be in: the first write makes both."""
        return self.reader.stand_in is not None

    def state(self) -> tuple[int, tuple[int, int]]:
        """Return the generation, then a pair: the versions of the full-text index's words and of the embedded texts.

        Asked whenever something was committed, it also looks whether the schema is still ours.

        Raises:
            StoreError: another program has put in what SQLite would run.
        """
        with self.reader.connection() as connection:
            epoch = self.reader.epoch
            known = self._schema[1] if self._schema[0] == epoch else None
            self._schema = epoch, ensure_ours(connection, self.path, known)
        # What can't be read is -1: the next change makes it again, from what counts generations beside it.
        row = self.reader.one(STATE) or (None, None, None)
        generation, words, texts = (value if is_number(value) else -1 for value in row)
        return generation, (words, texts)

    @contextmanager
    def writing(self, *, actor: str, reason: str | None = None) -> Iterator[Transaction]:
        """Begin a transaction, which is committed at the end, or rolled back as a whole after an error.

        Args:
            actor: who makes the changes, for the history.
            reason: why, in their words.

        Raises:
            StoreBusyError: another process held the write lock for longer than the busy timeout.
            StoreError: this thread is in a transaction already, or the file was removed or replaced: what is written to
                the old file would be lost.
        """
        me = threading.get_ident()
        if self._writing_thread == me:
            raise StoreError("this thread is in the middle of a change already; finish that first", url=self.url)
        self.refuse_if_frozen()
        with self._turnstile:
            pass
        with self._lock:  # threads of one process queue here: waiting for SQLite's lock means polling and sleeping
            if self.is_to_come:
                schema.ensure(self.path)
            self.reader.changes()  # notices another file at the path, or none
            if self.reader.is_waiting:
                self.reader.reopen()
            if self.read_only:
                advice = "copy it with `catalog db backup FILE`, and write to the copy with --url"
                if self.reader.is_waiting:
                    advice = "try again when it has noticed, or end it"
                raise ReadOnlyError(
                    f"{self.path} is read only here: {self.read_only}. Nothing was changed; {advice}", url=self.url
                )
            if self._writer is None:
                from catalog.store.writer import Writer  # SQLAlchemy is slow to import, and reading needs none of it

                self._writer = Writer(self.path, busy_ms=self._busy_ms)
            self._writing_thread = me
            try:
                with self._writer.transaction(actor=actor, reason=reason) as transaction:
                    yield transaction
            finally:
                self._writing_thread = None

    def _close_writer(self) -> None:
        """Close the writer's connections: they would write to a file that is not at the path any more."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def close(self) -> None:
        """Close every connection, and delete a temporary database."""
        with forks.opening:
            if self._writer is not None:
                self._writer.close()
            self.reader.close()
        self._remove()

    # -- fork: see catalog.store.forks -------------------------------------------------------------------------------

    def before_fork(self, deadline: float) -> None:
        """Stop other threads from writing and reading, and wait until none does, or until *deadline*."""
        mine = self._writing_thread == threading.get_ident()
        self._taken = [
            lock
            for lock in (() if mine else (self._turnstile, self._lock))
            if lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
        ]
        self.reader.before_fork(deadline)

    def after_fork_in_parent(self) -> None:
        """Let other threads write and read again."""
        self.reader.after_fork_in_parent()
        for lock in self._taken:
            lock.release()

    def after_fork_in_child(self) -> None:
        """Close the inherited connections, and replace the locks: a thread that held one does not exist here."""
        self.reader.after_fork_in_child()
        if self._writer is not None:
            self._writer.close()
        self._locks()

    def backup(self, target: str) -> None:
        """Copy the database to the new file *target*, in the state of one moment.

        Raises:
            StoreError: *target* exists or can't be written.
        """
        from catalog.store.copying import copy_database

        with self.reader.connection() as connection:
            copy_database(connection, self.path, target)

    def vacuum(self) -> int:
        """Give the room of what was deleted back to the file system; return how many bytes that was.

        Raises:
            StoreError: another process uses the database, or there is no room for a copy of it.
        """
        before = os.path.getsize(self.path)
        with (
            self._lock,
            closing(harden(sqlite3.connect(self.path, isolation_level=None, timeout=self._busy_ms / 1_000))) as own,
        ):
            try:
                own.execute("VACUUM")
                own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise store_error(error, self.path) from error
        return before - os.path.getsize(self.path)

    def check(self) -> list[str]:
        """Return what is wrong with the database, as texts; an empty list means that all is well.

        It checks the pages, foreign keys, every column of every row, words and hashes of every entry, tags against
        entries, and the full-text index against the words. Where the last can't be done, as in a file one may only
        read, a warning says so.

        Raises:
            StoreBusyError: another process writes, so the full-text index can't be compared; all else is sound.
        """
        import tempfile  # checks and copies are rare

        from catalog.store.damage import faults_of

        with self.reader.connection() as connection:
            faults = faults_of(connection)
        with forks.opening, ExitStack() as left:
            path = self.path
            if self.read_only:  # FTS5 counts its check as a write, though it changes nothing: ask a copy
                path = os.path.join(left.enter_context(tempfile.TemporaryDirectory(prefix="catalog-")), "copy.db")
                self.backup(path)
            try:
                return faults + _index_faults(path, self._busy_ms / 1_000)
            except StoreBusyError as error:
                if not faults:
                    raise
                warnings.warn(f"the index of words was not checked: {error}", CatalogWarning, stacklevel=4)
        return faults


def _index_faults(path: str, patience: float) -> list[str]:
    """Return whether the full-text index and the words it was made of differ, as texts.

    Raises:
        StoreBusyError: another process has been writing for *patience*, in seconds.
    """
    from catalog.store.fulltext import CHECK

    # On a connection of its own, which may write: FTS5 counts its check as a write.
    with closing(harden(sqlite3.connect(path, isolation_level=None, timeout=patience))) as own:
        try:
            own.execute(CHECK)
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", None) or ""
            if name.startswith("SQLITE_CORRUPT"):
                return [f"search: index and words differ ({error}); `catalog db check --fix` makes the index again"]
            if name == "SQLITE_ERROR":
                return [f"search: the index of words is gone ({error}); `catalog db check --fix` makes it again"]
            raise store_error(error, path) from error  # busy, say: that is no fault
    return []


def _remove(rmtree: Callable[..., object], folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child has the object too, but the parent still needs the file
        rmtree(folder, ignore_errors=True)
