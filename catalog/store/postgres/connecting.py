"""Connections to the server, and what every one of them is told first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from catalog.errors import MissingExtraError
from catalog.store.postgres.dialect import parameters, translated

if TYPE_CHECKING:
    import psycopg

    from catalog.store.postgres.address import Address

_NEEDS = "a catalog on PostgreSQL needs psycopg 3: pip install 'magma-catalog[postgres]'"


def connect(address: Address, *, conninfo: str = "", writes: bool = False) -> psycopg.Connection[Any]:
    """Return a connection in which each statement is a transaction of its own unless one is begun.

    Args:
        address: of the database.
        conninfo: of another server with the same database; empty: the first.
        writes: whether anything may be changed on it. The statement timeout is for those that read: a scan or an import
            may take long, and waits for locks no longer than the patience says.

    Raises:
        psycopg.Error: there is no connection.
        MissingExtraError: there is no driver.
    """
    try:
        import psycopg
    except ImportError as error:
        raise MissingExtraError(_NEEDS, extra="postgres") from error

    made: psycopg.Connection[Any] = psycopg.connect(
        conninfo or address.conninfo,
        autocommit=True,
        connect_timeout=max(2, int(address.patience)),
        application_name=f"catalog {os.getpid()}",
        prepare_threshold=5 if address.prepares else None,
        # A machine that is gone says nothing: without these its connections would be waited for, for hours.
        keepalives=1,
        keepalives_idle=10,
        keepalives_interval=3,
        keepalives_count=3,
        tcp_user_timeout=15_000,
    )
    try:
        said = {
            "search_path": f"{address.quoted}, public",
            "statement_timeout": "0" if writes else f"{int(address.statement_timeout * 1_000)}",
            "lock_timeout": f"{int(address.patience * 1_000)}",
            "client_encoding": "UTF8",
            "idle_in_transaction_session_timeout": "0",  # a scan reads files for long while its transaction is open
        }
        if not writes:
            said["default_transaction_read_only"] = "on"
        made.execute(
            "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(said)),
            [part for pair in said.items() for part in pair],
        )
    except BaseException:
        made.close()
        raise
    return made


class Connection:
    """A connection that takes the statements of the store, as a connection of ``sqlite3`` does.

    Attributes:
        raw: the driver's.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, sql: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> Any:
        """Run a statement; return a cursor with its rows."""
        text = translated(sql)
        return self.raw.execute(text, parameters(text, params), binary=True)

    @contextmanager
    def stream(self, sql: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> Iterator[Any]:
        """Run a statement in a transaction that is open; lend a cursor that fetches its rows as they are read."""
        text = translated(sql)
        self.raw.execute(f"DECLARE catalog_rows CURSOR FOR {text}", parameters(text, params), prepare=False)
        try:
            yield _Stream(self.raw)
        finally:
            if self.raw.info.transaction_status.name == "INTRANS":  # else it has gone with its transaction
                self.raw.execute("CLOSE catalog_rows")


class _Stream:
    """A cursor of the server's; the driver's own warns where one that was left half way is collected as garbage."""

    __slots__ = ("_raw",)

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw

    def fetchmany(self, size: int) -> list[Any]:
        """Return the next rows; none at the end."""
        return self._raw.execute(f"FETCH {size:d} FROM catalog_rows", binary=True).fetchall()
