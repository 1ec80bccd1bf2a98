"""Reading a catalog on a server, through psycopg."""

from __future__ import annotations

import math
import os
import select
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg

from catalog.errors import CatalogWarning, StoreError
from catalog.store.access import READ, WRITE, Access
from catalog.store.postgres.connecting import Connection, connect
from catalog.store.postgres.errors import is_lost, store_error, translated
from catalog.store.postgres.identity import identity
from catalog.store.postgres.listening import GENERATION, Listener
from catalog.store.reader import Params, Reader, Row

if TYPE_CHECKING:
    from catalog.store.postgres.address import Address

_OFTEN = 20
"""Looks after which a thread listens: a command that runs once asks instead, and needs no second connection."""

_PAUSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)

_RIGHTS = (
    "SELECT pg_is_in_recovery(), has_table_privilege('catalog_state', 'UPDATE'), "
    "current_setting('transaction_read_only') = 'on'"
)

_inherited: list[object] = []
"""Connections of the parent of a fork: closing one would end the parent's session on the server."""

T = TypeVar("T")


class PostgresReader(Reader):
    """A pool of connections to a server, each of which runs a statement at a time.

    A statement that a lost connection has interrupted is asked again on another, as it only reads, until the patience
    of the address is over: a server that was restarted is back without anybody's doing.
    """

    def __init__(self, address: Address) -> None:
        """Connect to the database at *address*, which has the newest schema."""
        self.address = address
        self.path = address.cache()
        self.place_for_files()
        self.shown = address.shown
        self.stand_in = None
        self.epoch = 0
        self._closed = False
        self._pool: deque[psycopg.Connection[Any]] = deque()
        self._listener: Listener | None = None
        self._looks = 0
        self._turn = 0
        self._set: WeakKeyDictionary[psycopg.Connection[Any], Mapping[str, str]] = WeakKeyDictionary()
        self._last: Any = None
        self._count = threading.Lock()
        self._replica = _Replica(self) if address.replica else None
        with translated(self.shown):
            own = connect(address, writes=True)  # else it would say of itself that it is read only
            try:
                standby, may, only = own.execute(_RIGHTS).fetchone() or (False, True, False)
            finally:
                own.close()
        why = "it is a standby" if standby else "it is set read only" if only else ""
        self.access = Access(WRITE, "") if may and not why else Access(READ, why or "this role may only read it")
        self.changes: Callable[[], Any] = self._changes
        self.look = self.changes

    # -- has anything changed? ---------------------------------------------------------------------------------------

    def _changes(self) -> Any:
        listener = self._listener
        if listener is not None and listener.is_alive:
            return self._turn
        return self._ask_for_changes()

    def _ask_for_changes(self) -> Any:
        self._looks += 1
        if self._listener is not None:
            self._listener.end_silence()
        if self._looks > _OFTEN and self._listener is None and hasattr(select, "poll"):
            with self._count:
                if self._listener is None and not self._closed:
                    self._listener = Listener(self.address, self.heard)
        self.heard(self.primary_one(GENERATION))
        return self._turn

    def heard(self, state: Any) -> None:
        """Note what the server said of its state, or that it is unknown (None)."""
        with self._count:
            if state is None or state != self._last:
                self._last = state
                self._turn += 1

    @property
    def is_listening(self) -> bool:
        """Whether changes are told, so that no look asks the server."""
        return self._listener is not None and self._listener.is_alive

    # -- connections -------------------------------------------------------------------------------------------------

    def _lend(self) -> psycopg.Connection[Any]:
        if self._closed:
            raise StoreError("this catalog is closed; open it again", url=self.shown)
        with suppress(IndexError):
            return self._pool.pop()
        return connect(self.address)

    def _give_back(self, lent: psycopg.Connection[Any]) -> None:
        is_idle = not lent.closed and lent.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if not is_idle or self._closed or len(self._pool) >= self.address.pool:
            lent.close()  # one in a transaction that failed would be of no use to the next
        else:
            self._pool.append(lent)

    def _drain(self, pool: Any = None) -> None:
        with suppress(IndexError):
            while True:
                self._pool.pop().close()

    def patiently(self, ask: Callable[[], T]) -> T:
        """Return what *ask* gives, asked again while there is no connection, until the patience is over.

        Raises:
            StoreBusyError: the server did not answer.
        """
        deadline, failures = time.monotonic() + self.address.patience, 0
        while True:
            try:
                return ask()
            except psycopg.Error as error:
                if not is_lost(error):
                    raise store_error(error, self.shown) from error
                self._drain()  # they are of the same server
                if time.monotonic() > deadline or self._closed:
                    raise store_error(error, self.shown) from error
                time.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    @contextmanager
    def _lent(self) -> Iterator[psycopg.Connection[Any]]:
        lent = self._lend()
        try:
            yield lent
        finally:
            self._give_back(lent)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Lend a connection. Each statement sees the newest commit, unless a transaction is begun."""
        lent = self.patiently(self._tried)
        try:
            with translated(self.shown):
                yield Connection(lent)
        finally:
            self._give_back(lent)

    def _tried(self) -> psycopg.Connection[Any]:
        """Return a connection that answers."""
        lent = self._lend()
        try:
            lent.execute("SELECT 1")
        except BaseException:
            lent.close()
            raise
        return lent

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        """Lend a connection in a read transaction: all its statements see one state of the database."""
        with self.connection() as lent:
            lent.raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield lent
            finally:
                if not lent.raw.closed:
                    with suppress(psycopg.Error):
                        lent.raw.execute("ROLLBACK")

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        """Return all rows of a statement."""
        return self._asked(sql, params, lambda cursor: cursor.fetchall()) or []

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row of a statement, or None if there is no row."""
        row: Row | None = self._asked(sql, params, lambda cursor: cursor.fetchone())
        return row

    def primary_one(self, sql: str) -> Row | None:
        """Return the first row of a statement asked of the server that is written to."""

        def ask() -> Row | None:
            with self._lent() as lent:
                found: Row | None = lent.execute(sql).fetchone()
                return found

        return self.patiently(ask)

    def _anywhere(self, ask: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Return what *ask* gives on a connection to the replica, where that can answer, or to the first server."""
        if self._replica is not None:
            with suppress(psycopg.Error):  # what fails there is asked here
                lent = self._replica.lend()
                if lent is not None:
                    try:
                        return ask(lent)
                    finally:
                        self._replica.give_back(lent)

        def here() -> T:
            with self._lent() as lent:
                return ask(lent)

        return self.patiently(here)

    def _asked(self, sql: str, params: Params, take: Callable[[Any], Any]) -> Any:
        try:
            return self._anywhere(lambda lent: take(Connection(lent).execute(sql, params)))
        except UnicodeEncodeError:  # half a surrogate pair, as terminals can send it: no row contains it
            return None
        except StoreError as error:
            cause = error.__cause__
            if isinstance(cause, psycopg.DataError) and (cause.sqlstate or "22P05") in _NO_TEXT:
                return None  # a character that no text of PostgreSQL contains
            raise

    def at_once(
        self, settings: Mapping[str, str], sql: str, params: Sequence[Any], *, planned: bool = False
    ) -> list[Row]:
        """Return the rows of a statement of the driver's own form, run under *settings* that other statements may have.

        One that is to be *planned* for these very parameters is not prepared: the server would plan it for any.

        A connection keeps them until it is told others. Behind a pooler, where it does not, they go to the server with
        the statement, on one way there and back.
        """
        told = "SELECT " + ", ".join(["set_config(%s, %s, %s)"] * len(settings))
        prepare = False if planned else None

        def ask(lent: psycopg.Connection[Any]) -> list[Row]:
            with lent.cursor(binary=True) as cursor:
                if self.address.prepares or not settings:
                    if settings and self._set.get(lent) != settings:
                        lent.execute(told, [part for pair in settings.items() for part in (*pair, False)])
                        self._set[lent] = settings
                    rows: list[Row] = cursor.execute(sql, params, prepare=prepare).fetchall()
                    return rows
                with lent.pipeline() if psycopg.Pipeline.is_supported() else nullcontext():
                    lent.execute("BEGIN READ ONLY")
                    lent.execute(told, [part for pair in settings.items() for part in (*pair, True)])
                    rows = cursor.execute(sql, params, prepare=prepare).fetchall()
                    lent.execute("COMMIT")
                    return rows

        return self._anywhere(ask)

    def stream(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Yield the rows of a statement as they are read; all are of one state of the database."""
        with self.snapshot() as lent, lent.stream(sql, params) as cursor:
            while rows := cursor.fetchmany(500):
                yield from rows

    def batches(self, lent: Any, sql: str, params: Params, size: int) -> Iterator[list[Row]]:
        """Yield the rows of a statement in a snapshot that is *lent*, *size* at a time, as they are read."""
        with lent.stream(sql, params) as cursor:
            while rows := cursor.fetchmany(size):
                yield rows

    def close(self) -> None:
        """Close every connection; a lent connection is closed when it comes back."""
        self._closed = True
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        self._drain()
        if self._replica is not None:
            self._replica.close()

    def place_for_files(self) -> None:
        """Make the empty file beside which files derived from this database lie, for this user alone."""
        if self.path.startswith("~"):  # a user without a home
            return
        with suppress(OSError):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))

    @property
    def is_waiting(self) -> bool:
        """A database on a server is never that of a file that was replaced."""
        return False

    # -- fork: see catalog.store.forks -------------------------------------------------------------------------------

    def before_fork(self, deadline: float) -> None:
        """Nothing: the child forgets all connections, whoever uses them."""

    def after_fork_in_parent(self) -> None:
        """Nothing was stopped."""

    def after_fork_in_child(self) -> None:
        """Forget the inherited connections; this process opens its own when it first reads."""
        _inherited.extend((self._pool, self._listener, self._replica))
        self._pool = deque()
        self._listener = None
        self._looks = 0
        self._count = threading.Lock()
        self._turn += 1
        self._replica = _Replica(self) if self.address.replica else None


_NO_TEXT = ("22P05", "22021", "22P02")


class _Replica:
    """Connections to a server that follows the first, for statements that read, where it is as new as is needed."""

    def __init__(self, reader: PostgresReader) -> None:
        self._reader = reader
        self._pool: deque[psycopg.Connection[Any]] = deque()
        self._level: Any = None  # up to which state of the first server this one was seen to be
        self._rests_until = 0.0
        self._pid = os.getpid()

    def lend(self) -> psycopg.Connection[Any] | None:
        """Return a connection, or None where the server is behind what this process has seen, or is not there."""
        needed = self._reader._last  # noqa: SLF001 - one class in two
        if needed is None or time.monotonic() < self._rests_until:
            return None
        try:
            lent = self._pool.pop()
        except IndexError:
            lent = None
        try:
            address = self._reader.address
            if lent is None:
                lent = connect(address, conninfo=address.replica)
                if not self._is_standby(lent):
                    lent.close()
                    return None
            if self._level != needed:
                state = lent.execute(GENERATION).fetchone()
                if state is None or (
                    state[0] <= needed[0] and state != needed
                ):  # a commit may leave the number as it is
                    self.give_back(lent)
                    return None
                self._level = needed
        except psycopg.Error:
            self._rests_until = time.monotonic() + 1.0
            if lent is not None:
                lent.close()
            raise
        return lent

    def _is_standby(self, lent: psycopg.Connection[Any]) -> bool:
        """Tell whether it follows the first server: one that does not has other entries, and is never asked again."""
        with self._reader._lent() as first:  # noqa: SLF001 - as above
            same = identity(first) == identity(lent)
        if not same:
            self._rests_until = math.inf
            warnings.warn(
                f"the replica that the URL names is no standby of {self._reader.shown}, and is not asked; look at "
                "?replica=",
                CatalogWarning,
                stacklevel=2,
            )
        return same

    def give_back(self, lent: psycopg.Connection[Any]) -> None:
        """Take a connection back."""
        if lent.closed or len(self._pool) >= self._reader.address.pool:
            lent.close()
        else:
            self._pool.append(lent)

    def close(self) -> None:
        """Close every connection."""
        with suppress(IndexError):
            while True:
                self._pool.pop().close()
