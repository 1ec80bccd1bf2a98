"""Reading a SQLite catalog through plain ``sqlite3``: importing SQLAlchemy would take longer than most answers."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from catalog.errors import CatalogError, NotACatalogError, StoreBusyError, StoreError

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
        changes: a function; its result differs from the previous one if any process has committed in between.
    """

    def __init__(self, path: str, *, busy_ms: int = BUSY_MS) -> None:
        """Open *path*, which must be a SQLite database in WAL mode, and hold one connection until closed."""
        self.path = path
        self._busy = busy_ms / 1000
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed_pool = _ClosedPool()
        self._all: list[sqlite3.Connection] = []
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
        self.changes: Callable[[], Any] = walindex.watch(self.path) or self.data_version

    def data_version(self) -> Any:
        """Return SQLite's own answer to :attr:`changes`, for where the wal-index can't be mapped; None if closed."""
        with self._watching:
            return self._held.execute("PRAGMA data_version").fetchone() if self._held else None

    # -- fork: see catalog.store.forks -------------------------------------------------------------------------------

    def before_fork(self, deadline: float) -> None:
        """Stop lending connections, and wait until all are back, or until *deadline*."""
        self._taken = [
            lock
            for lock in (self._connecting, self._watching)
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
                # Quoted because the path may contain '?' or '%'. Mode rw, as reading must not create a missing file.
                from urllib.parse import quote  # not at the top: only opening needs it, and it is slow to import

                connection = sqlite3.connect(
                    f"file:{quote(self.path)}?mode=rw",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                    timeout=self._busy,
                )
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
            if self._closed:
                lent.close()
            else:
                self._idle.append(lent)

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
            if self._closed:
                self._drain()

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
            if self._closed:
                self._drain()
        return row

    def close(self) -> None:
        """Close every connection; a lent connection is closed when it comes back."""
        if self._closed:
            return
        self._closed = True
        self.changes = lambda: None  # drops the reference to the mapped memory
        self._drain()
        if self._held is not None:
            self._held.close()

    def _drain(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return


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
