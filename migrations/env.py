"""How Alembic runs here: in one transaction, with foreign keys off, and with the search index installed afterwards.

The catalog runs this with a connection in ``config.attributes``. A developer runs it with the command ``alembic``, and
names the database with ``-x url=…`` or ``CATALOG_URL``.
"""

import os
from typing import Any

import sqlalchemy as sa
from alembic import context

from catalog.store import fulltext
from catalog.store.engine import keys_off, make_engine
from catalog.store.opening import server_at
from catalog.store.postgres import install
from catalog.store.tables import metadata

config = context.config


def _derived(connection: sa.Connection) -> frozenset[str]:
    """Return the names of the full-text index's tables: virtual tables, and the shadow tables SQLite keeps for them."""
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
        # Alembic assumes that SQLite can't roll DDL back. It can, because our engine begins transactions explicitly.
        transactional_ddl=True,
        # Autogenerate would propose to drop tables that the metadata does not know.
        include_name=lambda name, type_, parents: (
            not (type_ == "table" and name in derived)
            and not install.is_derived(name, type_, parents.get("table_name"))
        ),
        on_version_apply=lambda **step: applied.append(step["step"]),
    )
    sqlite = connection.dialect.name == "sqlite"
    with context.begin_transaction():
        if not sqlite:  # SQLite has taken its write lock with BEGIN IMMEDIATE; here one migration waits for the other
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4711202611)")
        context.run_migrations()
        if not sqlite:
            _derive_on_server(connection)
        elif applied:
            _derive(connection)
            # Keys were off, so nothing has stopped a migration from leaving rows without their parents.
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration left rows without their parents: {broken[:5]}")


def _derive(connection: sa.Connection) -> None:
    """Install the search index anew at the newest revision, and remove it at an older one.

    Rebuilding ``search_doc`` in batch mode drops the triggers that feed the index, so it is not trusted after any
    migration: everything goes, and is built again from the table. Older revisions don't have the same columns.
    """
    at = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    head = context.script.get_heads()
    for statement in fulltext.REMOVE:
        connection.exec_driver_sql(statement)
    if sorted(at) == sorted(head):
        for statement in (*fulltext.INSTALL, fulltext.REBUILD):
            connection.exec_driver_sql(statement)


def _derive_on_server(connection: sa.Connection) -> None:
    """Put right what is derived on PostgreSQL, at the newest revision, and remove it at an older one."""
    at = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if sorted(at) == sorted(context.script.get_heads()):
        install.install(connection, tuple(metadata.tables))
    else:
        install.remove(connection)


def _online() -> None:
    connection = config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("CATALOG_URL")
    if not url:
        raise SystemExit("which database? alembic -x url=sqlite:///dev.db …, or set CATALOG_URL")
    address = server_at(url)
    if address is not None:
        from catalog.store.postgres.writer import make_engine as make_server_engine

        engine = make_server_engine(address)
    else:
        engine = make_engine(url).execution_options(sqlite_begin="IMMEDIATE")
    try:
        with engine.connect() as own, keys_off(own), own.begin():
            _run(own)
    finally:
        engine.dispose()


if context.is_offline_mode():
    raise SystemExit("the migrations look at the database they change: they can't be written out as SQL")


_online()
