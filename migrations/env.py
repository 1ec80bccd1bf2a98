"""How Alembic runs here: one transaction, keys off while tables are rebuilt, the search index put back after.

Called by the catalog with a connection in ``config.attributes``, or by the ``alembic`` command of a developer, who
names the database with ``-x url=…`` or ``CATALOG_URL``.
"""

import os
from typing import Any

import sqlalchemy as sa
from alembic import context

from catalog.store import fulltext
from catalog.store.engine import keys_off, make_engine
from catalog.store.tables import metadata

config = context.config


def _derived(connection: sa.Connection) -> frozenset[str]:
    """Return the tables of the full-text index: virtual ones and the shadow tables they keep."""
    if connection.dialect.name != "sqlite":
        return frozenset()
    rows = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow')")
    return frozenset(row[0] for row in rows)


def _run(connection: sa.Connection) -> None:
    derived = _derived(connection)
    applied: list[Any] = []
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        # Alembic believes SQLite can't roll DDL back; with our BEGIN it can.
        transactional_ddl=True,
        include_name=lambda name, type_, parents: not (type_ == "table" and name in derived),
        on_version_apply=lambda **step: applied.append(step["step"]),
    )
    sqlite = connection.dialect.name == "sqlite"
    with context.begin_transaction():
        if not sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4711202611)")
        context.run_migrations()
        if applied and sqlite:
            _derive(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration left rows without their parents: {broken[:5]}")


def _derive(connection: sa.Connection) -> None:
    """Put the search index back at the newest revision, and take it away below it."""
    at = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    head = context.script.get_heads()
    for statement in fulltext.REMOVE:
        connection.exec_driver_sql(statement)
    if sorted(at) == sorted(head):
        for statement in (*fulltext.INSTALL, fulltext.REBUILD):
            connection.exec_driver_sql(statement)


def _online() -> None:
    connection = config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("CATALOG_URL")
    if not url:
        raise SystemExit("which database? alembic -x url=sqlite:///dev.db …, or set CATALOG_URL")
    engine = make_engine(url).execution_options(sqlite_begin="IMMEDIATE")
    try:
        with engine.connect() as own, keys_off(own), own.begin():
            _run(own)
    finally:
        engine.dispose()


if context.is_offline_mode():
    raise SystemExit("the migrations look at the database they change: they can't be written out as SQL")


_online()
