"""Reading a SQLite catalog through plain ``sqlite3``: importing SQLAlchemy would cost more than most answers."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from catalog.errors import CatalogError, NotACatalogError, StoreBusyError, StoreError

Row = tuple[Any, ...]
Params = Mapping[str, Any] | Sequence[Any]

_BUSY = 10_000
_kept_for_ever: list[sqlite3.Connection] = []  # connections of a parent process: closing them here would harm it


class Reader:
    """A pool of read-only connections to one file, and the question whether anything has changed.

    Safe in threads (each statement takes a connection for itself) and after a fork (a child opens its own).
    """

    def __init__(self, path: str) -> None:
        """Open *path*, which must be a SQLite database in WAL mode; keep one connection for as long as this lives."""
        self.path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._all: list[sqlite3.Connection] = []
        self._closed = False
        self._watching = threading.Lock()
        self._keep_one()
        if hasattr(os, "register_at_fork"):
            ref = weakref.ref(self)

            def forget() -> None:
                living = ref()
                if living is not None:
                    living._after_fork()

            os.register_at_fork(after_in_child=forget)

    def _keep_one(self) -> None:
        from catalog.store import walindex

        self._held = self._connect()  # never lent: it keeps the wal-index alive and answers `changed`
        with translated(self.path):
            self._held.execute("SELECT 1 FROM catalog_state").fetchone()
        self.changes: Callable[[], Any] = walindex.watch(self.path) or self._data_version
        """Returns a value that differs from the last one if any process has committed in between."""

    def _data_version(self) -> Any:
        with self._watching:
            return self._held.execute("PRAGMA data_version").fetchone()

    def _after_fork(self) -> None:
        _kept_for_ever.extend(self._all)
        self._idle.clear()
        self._all.clear()
        self._watching = threading.Lock()
        if not self._closed:
            self._keep_one()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError("this catalog is closed; open it again", url=self.path)
        with translated(self.path):
            # The path may hold '?' or '%'; mode=rw because a missing file must not be created by reading it.
            from urllib.parse import quote

            connection = sqlite3.connect(
                f"file:{quote(self.path)}?mode=rw",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=_BUSY / 1000,
            )
            connection.execute("PRAGMA query_only=ON")
        self._all.append(connection)
        return connection

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; statements on it see the newest commit unless a transaction is begun."""
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

    # These two do without the context manager above: it would be a third of a lookup.

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        """Return every row of a statement."""
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = self._connect()
        try:
            return lent.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        finally:
            self._idle.append(lent)

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row of a statement, or None."""
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = self._connect()
        try:
            row: Row | None = lent.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        finally:
            self._idle.append(lent)
        return row

    def close(self) -> None:
        """Close every connection that is not lent at the moment."""
        if self._closed:
            return
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        self._held.close()


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn errors of the driver into the catalog's."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error


def store_error(error: BaseException, path: str) -> CatalogError:
    """Return the catalog's error for a *error* of the SQLite driver, told apart by its name, never by its text."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusyError(
            f"{path} is busy: another process has been writing for {_BUSY // 1000} seconds; try again",
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
