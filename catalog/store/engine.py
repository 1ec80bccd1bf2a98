"""How SQLAlchemy connects: the settings of every connection, and when a transaction begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from catalog.store.reader import BUSY_MS


def make_engine(url: str | sa.URL, *, busy_ms: int = BUSY_MS) -> sa.Engine:
    """Return an engine whose SQLite connections enforce foreign keys, wait for locks and begin transactions explicitly.

    A transaction that may write needs the execution option ``sqlite_begin="IMMEDIATE"``.

    Args:
        url: database URL, as SQLAlchemy writes it.
        busy_ms: how long to wait for a write lock, in milliseconds.
    """
    target = sa.make_url(url)
    if target.get_backend_name() != "sqlite":
        return sa.create_engine(target, pool_pre_ping=True)
    engine = sa.create_engine(target, connect_args={"timeout": busy_ms / 1000})

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, record: Any) -> None:
        # By default sqlite3 begins transactions on its own, but not before DDL: a failed migration would leave half a
        # schema. With None it begins none, and `_begin` below begins every one.
        dbapi.isolation_level = None
        for pragma in ("foreign_keys=ON", f"busy_timeout={busy_ms:d}", "synchronous=NORMAL", "cell_size_check=ON"):
            dbapi.execute(f"PRAGMA {pragma}")
        record.info["pid"] = os.getpid()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # IMMEDIATE takes the write lock now. A DEFERRED transaction that reads first and writes later fails at once,
        # whatever the timeout, if another process has written in between: its snapshot is outdated, waiting can't help.
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    @event.listens_for(engine, "checkout")
    def _checkout(dbapi: Any, record: Any, proxy: Any) -> None:
        if record.info["pid"] != os.getpid():  # inherited by fork; using or closing it would harm the parent's
            record.dbapi_connection = proxy.dbapi_connection = None
            raise sa.exc.DisconnectionError("connection of another process")
        dbapi.isolation_level = None  # SQLAlchemy sets it to "" after any isolation_level= option

    return engine


@contextmanager
def keys_off(connection: sa.Connection) -> Iterator[None]:
    """Turn foreign keys off on a SQLite *connection*, and on again at the end, also after an error.

    The connection must not be in a transaction: SQLite ignores the setting inside one.
    """
    # A migration rebuilds a table by dropping the old one. With keys on, that silently deletes the rows of every table
    # that cascades from it. And a connection that returned to the pool with keys off would let in broken rows later.
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
