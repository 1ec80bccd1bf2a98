"""``PostgresStore``: a catalog on a server, behind the same calls as one in a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, StoreError
from catalog.store import audit, forks
from catalog.store.forms import is_number
from catalog.store.postgres import fulltext, name_search, row_search, schema
from catalog.store.postgres.address import address_of
from catalog.store.postgres.errors import translated
from catalog.store.postgres.reader import PostgresReader
from catalog.store.queries import STATE
from catalog.store.store import Store

if TYPE_CHECKING:
    from catalog.store.postgres.writer import PostgresWriter
    from catalog.store.writer import Transaction


class PostgresStore(Store):
    """One catalog on a server, with connections for reading from the beginning and one for writing when it is needed.

    Attributes:
        path: what the database is called in messages, without a login.
    """

    is_server = True

    def __init__(self, url: str) -> None:
        """Open the catalog at *url*; it must have the newest schema.

        Raises:
            SchemaOutdatedError: it has not; the message names the command that upgrades it.
            StoreError: the server can't be reached, or refuses.
        """
        address = self.address = address_of(url)
        self.path = address.shown
        self.url = address.shown  # for errors: the URL as it was given holds the login
        self.frozen = ""
        self._server_writer: PostgresWriter | None = None
        self._locks()
        schema.ensure(address)
        fulltext.join()
        row_search.join()
        name_search.join()
        self.reader = self._reader = PostgresReader(address)
        forks.watch(self)

    @property
    def is_to_come(self) -> bool:
        """A database on a server is there."""
        return False

    def state(self) -> tuple[int, tuple[int, int]]:
        """Return the generation, then the versions of the words in the index and of the embedded texts.

        Raises:
            SchemaOutdatedError: the database was taken away or changed meanwhile.
        """
        row = self.reader.one(STATE) or (None, None, None)
        generation, words, texts = (value if is_number(value) else -1 for value in row)
        return generation, (words, texts)

    @contextmanager
    def writing(self, *, actor: str, reason: str | None = None) -> Iterator[Transaction]:
        """Begin a transaction, which is committed at the end, or rolled back as a whole after an error.

        Raises:
            StoreBusyError: another process held the lock too long, or the server does not answer.
            ReadOnlyError: the server, or this role, can only read.
        """
        me = threading.get_ident()
        if self._writing_thread == me:
            raise StoreError("this thread is in the middle of a change already; finish that first", url=self.url)
        self.refuse_if_frozen()
        with self._turnstile:
            pass
        with self._lock:
            if self._server_writer is None:
                from catalog.store.postgres.writer import PostgresWriter  # with SQLAlchemy, which reading needs not

                self._server_writer = PostgresWriter(self.address)
            self._writing_thread = me
            try:
                with self._server_writer.transaction(actor=actor, reason=reason) as transaction:
                    yield transaction
            finally:
                self._writing_thread = None
                self._reader.heard(None)  # what this process has changed it sees at once

    def close(self) -> None:
        """Close every connection."""
        with forks.opening:
            if self._server_writer is not None:
                self._server_writer.close()
            self.reader.close()

    # -- fork: see catalog.store.forks -------------------------------------------------------------------------------

    def after_fork_in_child(self) -> None:
        """Forget the inherited connections, and replace the locks: a thread that held one does not exist here."""
        self.reader.after_fork_in_child()
        if self._server_writer is not None:
            self._server_writer.forget()
            self._server_writer = None
        self._locks()

    # -- what is of a file -------------------------------------------------------------------------------------------

    def backup(self, target: str) -> None:
        """Refuse: a server has tools of its own, and a copy into a file is another database.

        Raises:
            StoreError: always.
        """
        raise StoreError(
            f"{self.path} is on a server: `pg_dump` backs it up, and `catalog db copy {self.path} sqlite:///{target}` "
            "writes a copy into a file",
            url=self.path,
        )

    def vacuum(self) -> int:
        """Let the server use again what was deleted; return 0, as its files stay as large as they are."""
        from catalog.store.postgres.connecting import connect

        with translated(self.path), connect(self.address, writes=True) as own:
            for table in ("entry", "revision", "search_doc", "vector"):
                own.execute(f"VACUUM {table}")
        return 0

    def check(self) -> list[str]:
        """Return what is wrong with the rows, as texts; an empty list means that all is well."""
        from catalog.store.postgres.checking import faults

        return faults(self.reader)


@audit.add.register
def _(store: PostgresStore, line: Sequence[str | None]) -> bool:
    if store.read_only:
        return False
    try:
        with store.reader.connection() as lent:
            lent.execute("BEGIN READ WRITE")
            lent.execute(f"SET LOCAL lock_timeout = {int(audit.PATIENCE * 1_000)}")
            lent.execute(audit.ADD, tuple(line))
            lent.execute(audit.DROP, (audit.MOST,))
            lent.execute("COMMIT")
    except (CatalogError, UnicodeError):
        return False
    return True
