"""How SQLAlchemy connects: what every connection is told, and when a transaction begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from catalog.store.reader import BUSY_MS


def make_engine(url: str | sa.URL, *, busy_ms: int = BUSY_MS) -> sa.Engine:
    """Return an engine whose SQLite connections keep keys, wait for locks and begin transactions themselves.

    Args:
        url: database URL, as SQLAlchemy writes it.
        busy_ms: how long to wait for a write lock, in milliseconds.

    A transaction that may write must begin with the option ``sqlite_begin="IMMEDIATE"``: one that reads first and
    writes later fails at once, whatever the timeout, when another has written in between.
    """
    target = sa.make_url(url)
    if target.get_backend_name() != "sqlite":
        return sa.create_engine(target, pool_pre_ping=True)
    engine = sa.create_engine(target, connect_args={"timeout": busy_ms / 1000})

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, record: Any) -> None:
        # sqlite3 would begin transactions on its own, and not around DDL: a failed migration would leave half a schema.
        dbapi.isolation_level = None
        for pragma in ("foreign_keys=ON", f"busy_timeout={busy_ms:d}", "synchronous=NORMAL"):
            dbapi.execute(f"PRAGMA {pragma}")
        record.info["pid"] = os.getpid()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    @event.listens_for(engine, "checkout")
    def _checkout(dbapi: Any, record: Any, proxy: Any) -> None:
        if record.info["pid"] != os.getpid():  # a child process must leave its parent's connections alone
            record.dbapi_connection = proxy.dbapi_connection = None
            raise sa.exc.DisconnectionError("connection of another process")
        dbapi.isolation_level = None  # SQLAlchemy leaves "" behind after any isolation_level= option

    return engine


@contextmanager
def keys_off(connection: sa.Connection) -> Iterator[None]:
    """Switch foreign keys off on a SQLite *connection* that is not in a transaction, and on again whatever happens.

    Rebuilding a table with keys on deletes the rows of every table that cascades from it, without a word. A connection
    that goes back to the pool with keys off would be worse still.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
