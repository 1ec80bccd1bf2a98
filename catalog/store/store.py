"""``Store``: the persistent tier of one catalog; reads cheaply, connects for writing when it first writes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from catalog.errors import StoreError
from catalog.store import schema
from catalog.store.queries import STATE
from catalog.store.reader import Reader, store_error

if TYPE_CHECKING:
    from catalog.store.writer import Transaction, Writer


class Store:
    """One database: a reader always, a writer once it is needed."""

    def __init__(self, url: str) -> None:
        """Open the database of *url*; a SQLite file is created or upgraded first.

        ``sqlite://`` without a path gives a private catalog in a temporary file that goes when it is closed: a
        database in memory can be shared neither by threads nor by the two drivers.

        Raises:
            StoreError: and what derives from it, where the database can't be used.
        """
        path = schema.sqlite_path(url)
        self._temporary = tempfile.mkdtemp(prefix="catalog-") if path is None else None
        self.path = os.path.join(self._temporary, "catalog.db") if self._temporary else str(path)
        self.url = url
        self._lock = threading.Lock()
        self._writer: Writer | None = None
        try:
            schema.ensure(self.path)
            self.reader = Reader(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} can't be used: {error.strerror or error}", url=url) from error
        if hasattr(os, "register_at_fork"):
            import weakref

            ref = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: _renew(ref()))

    def state(self) -> tuple[int, int]:
        """Return the generation and the version of the words in the full-text index."""
        row = self.reader.one(STATE)
        if row is None:
            raise StoreError(f"{self.path} has lost its state; restore a backup", url=self.url)
        return row[0], row[1]

    @contextmanager
    def writing(self, *, actor: str) -> Iterator[Transaction]:
        """Begin a transaction; committed at the end, or rolled back whole.

        Raises:
            StoreBusyError: another process held the write lock for longer than the busy timeout.
        """
        with self._lock:  # threads of one process need not find out from SQLite that they must wait
            if self._writer is None:
                from catalog.store.writer import Writer

                self._writer = Writer(self.path)
            with self._writer.transaction(actor=actor) as transaction:
                yield transaction

    def close(self) -> None:
        """Close every connection, and remove a temporary database."""
        if self._writer is not None:
            self._writer.close()
        self.reader.close()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

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

        Looked at: the pages, foreign keys, the full-text index against its text, tags against entries.
        """
        from catalog.store import fts

        faults: list[str] = []
        with self.reader.connection() as connection:
            pages = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            faults += [f"pages: {text}" for text in pages if text != "ok"]
            faults += [f"keys: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
            missing = connection.execute(
                "SELECT count(*) FROM entry AS e LEFT JOIN search_doc AS d ON d.entry_id = e.id "
                "WHERE d.entry_id IS NULL"
            ).fetchone()[0]
            if missing:
                faults.append(f"search: {missing} entries have no words; `catalog db check --fix` makes them again")
            strays = connection.execute(
                "SELECT count(*) FROM (SELECT e.id, j.value FROM entry AS e, json_each(e.tags) AS j "
                "EXCEPT SELECT entry_id, tag FROM entry_tag)"
            ).fetchone()[0]
            if strays:
                faults.append(f"tags: {strays} are missing from their index")
        own = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        try:  # FTS5 takes its check as a write, though it changes nothing
            own.execute(fts.CHECK)
        except sqlite3.DatabaseError as error:
            faults.append(f"search: index and words differ ({error}); `catalog db check --fix` rebuilds it")
        finally:
            own.close()
        return faults


def _renew(store: Any) -> None:
    if store is not None:
        store._lock = threading.Lock()
