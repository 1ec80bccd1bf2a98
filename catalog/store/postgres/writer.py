"""Writing a catalog on a server: one transaction at a time, as on SQLite, each of them whole or not at all."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from catalog.errors import StoreError
from catalog.store.derived import LATER
from catalog.store.forms import MOST, is_number
from catalog.store.postgres import dialect, row_index
from catalog.store.postgres.connecting import connect
from catalog.store.postgres.errors import is_lost, store_error, unknown_commit
from catalog.store.postgres.pipelines import tell, waiting_on
from catalog.store.writer import Transaction, Writer

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.key import Key
    from catalog.store.postgres.address import Address

LOCK = "SELECT pg_advisory_xact_lock(1129595201, 'catalog_state'::regclass::oid::integer)"
"""Held by whoever writes: generations come in the order of commits, as with SQLite's write lock."""

_FACTS = (
    f"SELECT {row_index.KEPT}, s.generation, coalesce(s.words_version, -1), coalesce(s.text_version, -1), "
    f"NOT EXISTS (SELECT 1 FROM revision), (SELECT coalesce(max(e.id), 0) FROM entry AS e WHERE e.id < {MOST}), "
    "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"') "
    "FROM (SELECT 1) AS x LEFT JOIN catalog_state AS s ON TRUE"
)


class _Facts(NamedTuple):
    """What every transaction asks first, with the lock held."""

    keeps_rows: bool
    generation: int | None
    words: int
    texts: int
    is_empty: bool
    last_id: int
    now: str


_INSERT = re.compile(r"INSERT INTO (\w+) \(([^()]*)\) VALUES \((?:%s(?:, )?)+\)")
_MANY = 50
"""Rows from which on an INSERT is a COPY."""

_PAUSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)


def make_engine(address: Address) -> sa.Engine:
    """Return an engine whose connections take the statements of the store."""
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connection(address),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=4,
        use_native_hstore=False,
    )

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _translate(
        connection: Any, cursor: Any, statement: str, given: Any, context: Any, executemany: bool
    ) -> tuple[str, Any]:
        if context is not None and context.compiled is not None:  # its parameters are marked, and its % doubled
            return dialect.functions(statement), given
        text = dialect.translated(statement)
        return text, given if executemany else dialect.parameters(text, given)

    @event.listens_for(engine, "do_execute")
    def _one(cursor: Any, statement: str, given: Any, context: Any) -> bool:
        waiting = waiting_on(context.root_connection)
        if context.execution_options.get("later"):
            waiting.append((statement, given, False))
            return True
        return bool(waiting) and bool(tell(cursor.connection, waiting, statement, given, False, cursor=cursor))

    @event.listens_for(engine, "do_execute_no_params")
    def _bare(cursor: Any, statement: str, context: Any) -> bool:
        waiting = waiting_on(context.root_connection)
        return bool(waiting) and bool(tell(cursor.connection, waiting, statement, None, False, cursor=cursor))

    @event.listens_for(engine, "do_executemany")
    def _many(cursor: Any, statement: str, rows: Any, context: Any) -> bool:
        waiting = waiting_on(context.root_connection)
        found = _INSERT.fullmatch(statement)
        if found is None or len(rows) < _MANY:
            if context.execution_options.get("later"):
                waiting.append((statement, rows, True))
                return True
            return bool(waiting) and bool(tell(cursor.connection, waiting, statement, rows, True, cursor=cursor))
        tell(cursor.connection, waiting)
        with cursor.copy(f"COPY {found[1]} ({found[2]}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return True

    return engine


def _connection(address: Address) -> Any:
    made = connect(address, writes=True)
    made.autocommit = False
    return made


def _cause(error: sa.exc.DBAPIError | psycopg.Error) -> BaseException:
    """Return the error of the driver."""
    return (error.orig or error) if isinstance(error, sa.exc.DBAPIError) else error


class ServerTransaction(Transaction):
    """Changes on a server, where the rows of the index of vectors change with the vectors."""

    def __init__(self, connection: sa.Connection, facts: _Facts, actor: str, reason: str | None = None) -> None:
        """Write on *connection*, of which the *facts* are known, in the name of *actor*."""
        super().__init__(connection, actor, reason)
        self._touched: set[int] = set()
        self._known: dict[Key, tuple[int, Entry] | None] = {}
        self._facts: _Facts | None = facts
        self.now = facts.now  # by the clock of the server: those of the machines that write may differ
        self._keeps_rows = facts.keeps_rows
        self._versions = (facts.words, facts.texts)
        if is_number(facts.generation):
            self._next = 1 + (facts.generation or 0)

    def _note_changes(self, ids: Iterable[int]) -> None:
        noted = list(ids)
        self._touched.update(noted)
        super()._note_changes(noted)

    def versions(self) -> tuple[int, int]:
        """Return the versions of the words in the full-text index and of the texts to embed."""
        return self._versions

    def put_vectors(
        self,
        embedder: str,
        width: int,
        rows: Iterable[tuple[int, int, str, bytes]],
        *,
        given: str | None = None,
        counted: bool = True,
    ) -> int:
        """Store vectors; see :meth:`catalog.store.writer.Transaction.put_vectors`."""
        rows = list(rows)
        self._touched.update(row[0] for row in rows)
        return super().put_vectors(embedder, width, rows, given=given, counted=counted)

    def existing(self, keys: Iterable[Key]) -> dict[Key, tuple[int, Entry]]:
        """Return what is stored of *keys*; what was asked for before in this transaction is remembered."""
        every = list(keys)
        if new := [key for key in every if key not in self._known]:
            self._known |= dict.fromkeys(new) | super().existing(new)
        return {key: found for key in every if (found := self._known[key]) is not None}

    def _beginning(self) -> tuple[bool, int]:
        return (self._facts.is_empty, self._facts.last_id) if self._facts else super()._beginning()

    def _write(self, inserts: list[Any], updates: list[Any], action: str) -> None:
        self._known.clear()
        self._facts = None
        super()._write(inserts, updates, action)

    def remove(self, keys: Iterable[Key], action: str) -> list[Key]:
        """Remove entries; see :meth:`catalog.store.writer.Transaction.remove`."""
        removed = super().remove(keys, action)
        self._known.clear()
        return removed

    def rename(self, key: Key, new: str) -> None:
        """Give an entry another name; see :meth:`catalog.store.writer.Transaction.rename`."""
        self._known.clear()
        super().rename(key, new)

    def finish(self) -> None:
        """Bring the index of vectors with it, and raise the generation, if anything has changed."""
        raw: Any = self.connection.connection.dbapi_connection
        waiting = waiting_on(self.connection)
        if self.changed and self._keeps_rows:
            row_index.Keeper(raw).follow(self._touched, self.generation(), waiting)
        super().finish()
        tell(raw, waiting)


class PostgresWriter(Writer):
    """The engine that writes to a server, and its transactions: one at a time among all processes."""

    def __init__(self, address: Address) -> None:
        """Connect when the first transaction begins."""
        self.address = address
        self.path = address.shown
        self._engine = make_engine(address).execution_options()

    @contextmanager
    def transaction(self, *, actor: str, reason: str | None = None) -> Iterator[Transaction]:
        """Begin a transaction when nobody else is in one; commit at the end, or roll back whole on an error.

        Nothing is written before the lock is held, so until then a lost connection is replaced. After that it is an
        error, and the change was not made; where it is lost in the commit, the error says that nobody knows.

        Raises:
            StoreBusyError: another process held the lock longer than the patience, or the server does not answer.
            ReadOnlyError: the server or this role can only read.
        """
        connection, facts = self._begun()
        waiting, committing = waiting_on(connection), False
        try:
            transaction = ServerTransaction(connection, facts, actor, reason)
            yield transaction
            transaction.finish()
            committing = True
            connection.commit()
        except (sa.exc.DBAPIError, psycopg.Error) as error:
            self._roll_back(connection)
            cause = _cause(error)
            if is_lost(cause):
                connection.invalidate()
            if committing and is_lost(cause):
                raise unknown_commit(self.path, cause) from error
            raise store_error(cause, self.path) from error
        except UnicodeEncodeError as error:
            self._roll_back(connection)
            raise StoreError(
                f"{error.object[:200]!r} is not Unicode text and can't be kept; nothing was changed. Is it, or is it "
                "in, a path that is not in UTF-8? Rename that",
                url=self.path,
            ) from error
        except BaseException:
            self._roll_back(connection)
            raise
        finally:
            waiting.clear()
            connection.close()

    def _begun(self) -> tuple[sa.Connection, _Facts]:
        deadline, failures = time.monotonic() + self.address.patience, 0
        while True:
            connection = None
            try:
                connection = self._engine.connect()
                waiting_on(connection).clear()
                connection.exec_driver_sql(LOCK, execution_options=LATER)
                return connection, _Facts(*connection.exec_driver_sql(_FACTS).one())
            except (sa.exc.DBAPIError, psycopg.Error) as error:
                cause = _cause(error)
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                if not is_lost(cause) or time.monotonic() > deadline:
                    raise store_error(cause, self.path) from error
                self._engine.dispose()
                time.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    def _roll_back(self, connection: sa.Connection) -> None:
        try:
            connection.rollback()
        except sa.exc.DBAPIError:  # it is gone, and what it did with it
            connection.invalidate()

    def forget(self) -> None:
        """Leave the connections to the parent of a fork."""
        self._engine.dispose(close=False)


def copy_rows(connection: sa.Connection, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert *rows* with the columns *names* into *table* at once."""
    cursor = connection.connection.cursor()
    try:
        listed = ", ".join(f'"{name}"' for name in names)
        with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    finally:
        cursor.close()
