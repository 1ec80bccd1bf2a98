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
from catalog.store.access import IMMUTABLE, Access, access_to, connect, is_left_behind, opened
from catalog.store.filewatch import Descriptor, FileWatch, held_open, identity_of
from catalog.store.forms import text_or_bytes

Row = tuple[Any, ...]
Params = Mapping[str, Any] | Sequence[Any]

BUSY_MS = 10_000
"""How long a connection waits for a lock of another connection before it gives up, in milliseconds."""

_PATIENCE = 1.0
"""Seconds to wait for other threads to let go of a file that is not at the path any more."""

_WAITING = "another process still has the file open that was here before, and its log"

_never_closed: list[sqlite3.Connection] = []
"""Connections that a thread of the parent was using at a fork. Referenced for ever: closing one might deadlock."""

SALVAGE = "`catalog db check --salvage OUT` writes what can be read into a new database"


class _Pool(deque[sqlite3.Connection]):
    """Connections to one file that nobody uses just now.

    Attributes:
        is_retired: whether nobody is to use them any more: what comes back is closed.
    """

    is_retired = False


class _ClosedPool(_Pool):
    """A pool that lends none."""

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
        self._log_held: Descriptor | None = None
        self._busy = busy_ms / 1000
        self._idle = _Pool()
        self._closed_pool = _ClosedPool()
        self._all: list[sqlite3.Connection] = []
        self._closed = False
        self._locks()
        self._file = FileWatch(path, self._ask)
        with self._connecting:
            opened(stand_in or path, read_only, self._keep_one)

    def _locks(self) -> None:
        self._watching = threading.Lock()
        self._connecting = threading.Lock()

    def _keep_one(self, access: Access) -> None:
        from catalog.store import walindex

        self.access = access
        self._file.remember()  # before it is opened: what is moved there meanwhile is another file
        held = self._open()  # never lent: as long as it is open, SQLite does not delete the wal-index
        try:
            with translated(self.path):
                held.execute("SELECT 1 FROM catalog_state").fetchone()
        except CatalogError:
            self._all.remove(held)
            held.close()
            raise
        self._held: sqlite3.Connection | None = held
        there = self.stand_in or self.path
        self._log = identity_of(f"{there}-wal")
        self._log_held = held_open(f"{there}-wal")
        self.look: Callable[[], Any] = self._unchanged
        if self.access.mode != IMMUTABLE:
            self.look = walindex.watch(there) or self.data_version
        if self.epoch:  # another file may look the same
            self.look = partial(_with_epoch, self.epoch, self.look)
        self.changes: Callable[[], Any] = self._changes

    def before_reopen(self, call: Callable[[], object]) -> None:
        """Have *call* called before another file is opened: it closes what else has the first file open."""
        self._before_reopen = call

    def _ask(self, news: Callable[[int], Any]) -> None:
        self._news = news

    def _changes(self) -> Any:
        if self._news(0) and self._file.has_moved():
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
        with self._watching, self._connecting:  # whoever finds no connection waits until the file is open
            if self._seen is None and not self._file.has_moved():
                return  # another thread has done it
            if identity_of(self.path) is None:
                raise StoreError(f"{self.path} was moved or deleted while it was open; put it back", url=self.path)
            self._before_reopen()
            self._retire()
            deadline = time.monotonic() + _PATIENCE
            while self._all and time.monotonic() < deadline:  # the log of the old file goes with the last of them
                time.sleep(0.001)

            def take_up(access: Access) -> None:
                if not access.why and is_left_behind(self.path, self._log):
                    access = Access(IMMUTABLE, _WAITING)
                self._ensure(self.path, access)
                self.stand_in, self.epoch = None, self.epoch + 1
                self._keep_one(access)

            opened(self.path, self._read_only, take_up)

    @property
    def is_waiting(self) -> bool:
        """Whether others keep this from being opened for writing: they have the file open that was here before."""
        return self.access.why == _WAITING

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
            with suppress(IndexError):
                while True:
                    self._back.append(self._lending.popleft())
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
            with self._watching, self._connecting:
                if self._held is None:
                    opened(self.stand_in or self.path, self._read_only, self._keep_one)
        return self.changes()

    def _connect(self) -> tuple[_Pool, sqlite3.Connection]:
        """Return a connection and the pool it goes back to."""
        while True:
            with self._connecting:  # held during a fork, so that no connection is opened in the middle of it
                if self._closed:
                    raise StoreError("this catalog is closed; open it again", url=self.path)
                with suppress(IndexError):  # a connection may have come back while this thread waited
                    return self._idle, self._idle.pop()
                connection = self._open()
                if identity_of(self.path) == self._file.identity:
                    return self._idle, connection
                self._all.remove(connection)  # to another file, and nothing of it has been read
                connection.close()
            self.reopen()

    def _open(self) -> sqlite3.Connection:
        with translated(self.path):
            opened = self.stand_in or self.path
            connection = connect(opened, self.access.mode, timeout=self._busy)  # never creates a missing file
            connection.execute("PRAGMA query_only=ON")
        self._all.append(connection)
        return connection

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection. Each statement sees the newest commit, unless a transaction is begun.

        A text that is not UTF-8 comes as bytes.
        """
        try:
            pool = self._idle
            lent = pool.pop()
        except IndexError:
            pool, lent = self._connect()
        try:
            lent.text_factory = text_or_bytes
            with translated(self.path):
                yield lent
        finally:
            lent.text_factory = str
            pool.append(lent)
            if pool.is_retired:
                self._drain(pool)

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
        """Return all rows of a statement; a text that is not UTF-8 comes as bytes."""
        try:
            pool = self._idle
            lent = pool.pop()
        except IndexError:
            pool, lent = self._connect()
        try:
            return lent.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            if _is_undecodable(error):
                return list(_bytes_where_damaged(lent, lambda: lent.execute(sql, params).fetchall()))
            raise store_error(error, self.path) from error
        except UnicodeEncodeError:  # half a surrogate pair, as terminals can send it: no row contains it
            return []
        finally:
            pool.append(lent)
            if pool.is_retired:
                self._drain(pool)

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row of a statement, or None if there is no row; a text that is not UTF-8 comes as bytes."""
        try:
            pool = self._idle
            lent = pool.pop()
        except IndexError:
            pool, lent = self._connect()
        try:
            row: Row | None = lent.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            if _is_undecodable(error):
                found: Row | None = _bytes_where_damaged(lent, lambda: lent.execute(sql, params).fetchone())
                return found
            raise store_error(error, self.path) from error
        except UnicodeEncodeError:
            return None
        finally:
            pool.append(lent)
            if pool.is_retired:
                self._drain(pool)
        return row

    def stream(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Yield the rows of a statement as they are read; all are of one state of the database.

        A connection is lent for as long as the rows are read, so whoever begins must go on soon.
        """
        with self.connection() as lent:
            cursor = lent.execute(sql, params)
            while rows := cursor.fetchmany(500):
                yield from rows

    def batches(self, lent: Any, sql: str, params: Params, size: int) -> Iterator[list[Row]]:
        """Yield the rows of a statement that runs on a *lent* connection, *size* at a time, as they are read."""
        cursor = lent.execute(sql, params)
        while rows := cursor.fetchmany(size):
            yield rows

    def close(self) -> None:
        """Close every connection; a lent connection is closed when it comes back."""
        if self._closed:
            return
        self._closed = True
        self.changes = self.look = lambda: None  # drops the reference to the mapped memory
        self._news = int
        self._file.close()
        self._retire()
        if identity_of(self.path) not in (None, self._file.identity) and not self.access.why:
            is_left_behind(self.path, self._log)  # SQLite leaves the log of a file that was replaced
        self._log_held = None

    def _retire(self) -> None:
        """Close the connections: those that nobody uses now, the others when they come back."""
        old, self._idle = self._idle, _Pool()
        old.is_retired = True
        self._drain(old)
        if self._held is not None:
            self._all.remove(self._held)
            self._held.close()
            self._held = None

    def _drain(self, pool: _Pool) -> None:
        with suppress(IndexError):
            while True:
                connection = pool.pop()
                connection.close()
                self._all.remove(connection)


def _written(path: str) -> tuple[int, int] | None:
    """Return size and time of a file, or None where there is none or it is empty."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if status.st_size else None


def _with_epoch(epoch: int, look: Callable[[], Any]) -> Any:
    return epoch, look()


def _is_undecodable(error: sqlite3.Error) -> bool:
    """Tell whether *error* is the driver's about a text that is not UTF-8: SQLite itself has no part in it."""
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", None) is None


def _bytes_where_damaged(lent: sqlite3.Connection, ask: Callable[[], Any]) -> Any:
    """Return what *ask* gives, asked again with texts that are not UTF-8 as bytes.

    Only then: a function for each text would make every statement slower.
    """
    lent.text_factory = text_or_bytes
    try:
        return ask()
    finally:
        lent.text_factory = str


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
        return NotACatalogError(
            f"{path} is not a SQLite database; name another file with --url. If it was a catalog, {SALVAGE}",
            url=path,
            damaged=True,
        )
    if name.startswith("SQLITE_CORRUPT"):
        return StoreError(
            f"{path} is damaged ({error}); `catalog db check` says where, {SALVAGE}", url=path, damaged=True
        )
    if name.startswith("SQLITE_FULL"):
        return StoreError(f"the disk is full; {path} could not be written", url=path)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreError(f"{path} can't be opened for writing: {error}; check folder and permissions", url=path)
    return StoreError(f"{path}: {error} ({name or type(error).__name__})", url=path)
