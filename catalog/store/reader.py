"""Reading a SQLite catalog through plain ``sqlite3``: importing SQLAlchemy would take longer than most answers."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from catalog.errors import CatalogError, NotACatalogError, StoreBusyError, StoreError
from catalog.store.access import IMMUTABLE, Access, access_to, connect, is_left_behind
from catalog.store.filewatch import FileWatch, identity_of

Row = tuple[Any, ...]
Params = Mapping[str, Any] | Sequence[Any]

BUSY_MS = 10_000
"""How long a connection waits for a lock of another connection before it gives up, in milliseconds."""

_never_closed: list[sqlite3.Connection] = []
"""Connections that a thread of the parent was using at a fork. Referenced for ever: closing one might deadlock."""


class _ClosedPool(deque[sqlite3.Connection]):
    """A pool that takes connections back but lends none."""

    def pop(self) -> sqlite3.Connection:  # type: ignore[override]
        raise IndexError


class Reader:
    """A pool of read-only connections to one file; it also says whether anything has been committed.

    Safe with threads, because each statement has a connection to itself, and after a fork, because a child opens
    connections of its own.

    Attributes:
        changes: a function; its result differs from the previous one if any process has committed in between, or if
            another file has been moved to the path.
        access: how the file can be opened by this user.
        look: what `changes` asks of the file that is open: its wal-index, where that can be mapped.
        epoch: grows when another file was opened in place of the first.
        stand_in: what is read as long as there is no file at the path, or None.
    """

    def __init__(
        self,
        path: str,
        *,
        busy_ms: int = BUSY_MS,
        ensure: Callable[[str, Access], object] | None = None,
        read_only: str = "",
        stand_in: str | None = None,
    ) -> None:
        """Open *path*, which must be a SQLite database in WAL mode, and hold one connection until closed.

        Args:
            path: the file.
            busy_ms: how long to wait for a lock of another connection.
            ensure: makes another file that was moved to the path a file that can be read, or raises.
            read_only: why it is to be read only though it might be written to, in words.
            stand_in: the database to read as long as there is no file at *path*.
        """
        self.path = path
        self.stand_in = stand_in
        self._read_only = read_only
        self.access = access_to(stand_in or path, read_only)
        self.epoch = 0
        self._ensure = ensure or (lambda path, access: None)
        self._before_reopen: Callable[[], object] = lambda: None
        self._log: tuple[int, int] | None = None
        self._busy = busy_ms / 1000
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed_pool = _ClosedPool()
        self._all: list[sqlite3.Connection] = []
        self._old: set[sqlite3.Connection] = set()  # to a file that is no longer at the path
        self._closed = False
        self._locks()
        self._keep_one()

    def _locks(self) -> None:
        self._watching = threading.Lock()
        self._connecting = threading.Lock()

    def _keep_one(self) -> None:
        from catalog.store import walindex

        held = self._connect()  # never lent: as long as it is open, SQLite does not delete the wal-index
        try:
            with translated(self.path):
                held.execute("SELECT 1 FROM catalog_state").fetchone()
        except CatalogError:
            held.close()
            raise
        self._held: sqlite3.Connection | None = held
        self._file = FileWatch(self.path)
        opened = self.stand_in or self.path
        self._log = identity_of(f"{opened}-wal")
        self.look: Callable[[], Any] = self._unchanged
        if self.access.mode != IMMUTABLE:
            self.look = walindex.watch(opened) or self.data_version
        if self.epoch:  # another file may look the same
            self.look = partial(_with_epoch, self.epoch, self.look)
        self.changes: Callable[[], Any] = self._changes

    def before_reopen(self, call: Callable[[], object]) -> None:
        """Have *call* called before another file is opened: it closes what else has the first file open."""
        self._before_reopen = call

    def _changes(self) -> Any:
        if self._file.news(0) and self._file.has_moved():
            self.reopen()
        return self.look()

    def _unchanged(self) -> Any:
        """Return what tells one state of a file that only others write to: its size, its time, and its log."""
        state = _written(self.path), _written(os.path.realpath(self.path) + "-wal")
        if self._seen not in (None, state):  # its owner has written: what SQLite took for unchanging has changed
            self._seen = state
            self.reopen()
        self._seen = state
        return state, self.epoch

    _seen: object = None

    def reopen(self) -> None:
        """Close the connections, and open the file that the path leads to now.

        The old connections are closed first, and the log of the old file goes: the new file must not be read with it.

        Raises:
            StoreError: there is no file, or it is no catalog of this version.
        """
        with self._watching:
            if self._seen is None and not self._file.has_moved():
                return  # another thread has done it
            if identity_of(self.path) is None:
                raise StoreError(f"{self.path} was moved or deleted while it was open; put it back", url=self.path)
            self._before_reopen()
            idle = self._drain()
            # Those that are lent just now are closed when they come back; the others are closed already.
            self._old = {lent for lent in self._all if lent is not self._held and lent not in idle}
            if self._held is not None:
                self._held.close()
                self._held = None
            self._all.clear()
            access = access_to(self.path, self._read_only)
            if not access.why and is_left_behind(self.path, self._log):
                access = Access(IMMUTABLE, "another process still has the file open that was here before, and its log")
            self._ensure(self.path, access)
            self.access = access
            self.stand_in = None
            self.epoch += 1
            self._keep_one()

    def data_version(self) -> Any:
        """Return SQLite's own answer to :attr:`changes`, for where the wal-index can't be mapped; None if closed."""
        with self._watching:
            return self._held.execute("PRAGMA data_version").fetchone() if self._held else None

    # -- fork: see catalog.store.forks -------------------------------------------------------------------------------

    def before_fork(self, deadline: float) -> None:
        """Stop lending connections, and wait until all are back, or until *deadline*."""
        self._taken = [
            lock
            for lock in (self._watching, self._connecting)  # in the order in which reopening takes them
            if lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
        ]
        # It stops lending first: threads that read without a pause would leave the pool empty whenever we look.
        self._lending, self._idle = self._idle, self._closed_pool
        self._back: list[sqlite3.Connection] = []
        while True:
            for pool in (self._lending, self._closed_pool):
                with suppress(IndexError):
                    while True:
                        self._back.append(pool.popleft())
            if len(self._back) >= len(self._all) - 1 or self._closed or time.monotonic() > deadline:
                return
            time.sleep(0.0005)

    def after_fork_in_parent(self) -> None:
        """Lend connections again."""
        self._lending.extend(self._back)
        self._idle = self._lending
        for lock in self._taken:
            lock.release()

    def after_fork_in_child(self) -> None:
        """Close the inherited connections; this process opens its own when it first reads."""
        for connection in self._all:
            if connection is self._held or connection in self._back:
                connection.close()
            else:
                _never_closed.append(connection)
        self._idle = self._lending
        self._all.clear()
        self._back.clear()
        self._held = None
        self._locks()
        self.changes = self._changes_in_child

    def _changes_in_child(self) -> Any:
        if self._held is None:
            with self._watching:
                if self._held is None:
                    self._keep_one()
        return self.changes()

    def _connect(self) -> sqlite3.Connection:
        with self._connecting:  # held during a fork, so that no connection is opened in the middle of it
            if self._closed:
                raise StoreError("this catalog is closed; open it again", url=self.path)
            with suppress(IndexError):  # a connection may have come back while this thread waited
                return self._idle.pop()
            with translated(self.path):
                opened = self.stand_in or self.path
                connection = connect(opened, self.access.mode, timeout=self._busy)  # never creates a missing file
                connection.execute("PRAGMA query_only=ON")
            self._all.append(connection)
            return connection

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection. Each statement sees the newest commit, unless a transaction is begun."""
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = self._connect()
        try:
            with translated(self.path):
                yield lent
        finally:
            self._take_back(lent)

    def _take_back(self, lent: sqlite3.Connection) -> None:
        """Keep a connection for the next who reads, unless it is to another file, or the reader is closed."""
        self._idle.append(lent)
        if self._closed or self._old:
            self._sort_out()

    def _sort_out(self) -> None:
        """Close idle connections: those to a file that is no longer at the path, or all if the reader is closed."""
        good = []
        with suppress(IndexError):
            while True:
                idle = self._idle.pop()
                if self._closed or idle in self._old:
                    self._old.discard(idle)
                    idle.close()
                else:
                    good.append(idle)
        self._idle.extend(good)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection in a read transaction: all its statements see one state of the database."""
        with self.connection() as lent:
            lent.execute("BEGIN")
            try:
                lent.execute("SELECT 1 FROM catalog_state").fetchone()
                yield lent
            finally:
                lent.execute("ROLLBACK")

    # `all` and `one` repeat what `connection` does: a context manager would take a third of a lookup.

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        """Return all rows of a statement."""
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = self._connect()
        try:
            return lent.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        except UnicodeEncodeError:  # half a surrogate pair, as terminals can send it: no row contains it
            return []
        finally:
            self._idle.append(lent)
            if self._closed or self._old:
                self._sort_out()

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row of a statement, or None if there is no row."""
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = self._connect()
        try:
            row: Row | None = lent.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        except UnicodeEncodeError:
            return None
        finally:
            self._idle.append(lent)
            if self._closed or self._old:
                self._sort_out()
        return row

    def stream(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Yield the rows of a statement as they are read; all are of one state of the database.

        A connection is lent for as long as the rows are read, so whoever begins must go on soon.
        """
        with self.connection() as lent:
            cursor = lent.execute(sql, params)
            while rows := cursor.fetchmany(500):
                yield from rows

    def close(self) -> None:
        """Close every connection; a lent connection is closed when it comes back."""
        if self._closed:
            return
        self._closed = True
        self.changes = self.look = lambda: None  # drops the reference to the mapped memory
        self._drain()
        if self._held is not None:
            self._held.close()

    def _drain(self) -> set[sqlite3.Connection]:
        """Close the connections that nobody uses, and return them."""
        idle: set[sqlite3.Connection] = set()
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                connection.close()
                idle.add(connection)
        return idle


def _written(path: str) -> tuple[int, int] | None:
    """Return size and time of a file, or None where there is none or it is empty."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if status.st_size else None


def _with_epoch(epoch: int, look: Callable[[], Any]) -> Any:
    return epoch, look()


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn errors of the SQLite driver into errors of the catalog."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error


def store_error(error: BaseException, path: str) -> CatalogError:
    """Return the catalog's error for an *error* of the SQLite driver, chosen by its name, never by its text."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusyError(
            f"{path} is busy: another process has been writing for longer than the busy timeout; try again",
            url=path,
        )
    if name == "SQLITE_NOTADB":
        return NotACatalogError(f"{path} is not a SQLite database; name another file with --url", url=path)
    if name.startswith("SQLITE_CORRUPT"):
        return StoreError(f"{path} is damaged; `catalog db check` says how, a backup helps", url=path)
    if name.startswith("SQLITE_FULL"):
        return StoreError(f"the disk is full; {path} could not be written", url=path)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreError(f"{path} can't be opened for writing: {error}; check folder and permissions", url=path)
    return StoreError(f"{path}: {error} ({name or type(error).__name__})", url=path)
