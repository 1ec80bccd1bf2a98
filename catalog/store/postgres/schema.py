"""The version of the schema on a server, and bringing it up to date: only when somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from catalog.errors import NotACatalogError, SchemaOutdatedError, StoreError
from catalog.store import schema
from catalog.store.postgres.connecting import connect
from catalog.store.postgres.errors import store_error, translated

if TYPE_CHECKING:
    from catalog.store.postgres.address import Address

_THERE = "SELECT to_regclass(%s || '.alembic_version') IS NOT NULL, to_regclass(%s || '.catalog_state') IS NOT NULL"


def current(address: Address) -> str | None:
    """Return the revision of the database, or None where it has no catalog yet.

    Raises:
        StoreError: it can't be reached.
        NotACatalogError: another program has tables of these names there.
    """
    with translated(address.shown), connect(address) as connection:
        return _current(connection, address)


def _current(connection: psycopg.Connection[Any], address: Address) -> str | None:
    versions, state = connection.execute(_THERE, (address.schema, address.schema)).fetchone() or (False, False)
    if not versions or not state:
        entries = connection.execute("SELECT to_regclass(%s || '.entry')", (address.schema,)).fetchone()
        if state or (entries and entries[0] is not None):
            raise NotACatalogError(
                f"{address.shown} has tables of another program; name another schema with ?schema=NAME in the URL",
                url=address.shown,
            )
        return None
    row = connection.execute(f"SELECT version_num FROM {address.schema}.alembic_version").fetchone()
    return str(row[0]) if row else None


def advice(address: Address, at: str | None) -> str:
    """Return what to do about a database that has the revision *at*; nothing if it is up to date."""
    if at == schema.HEAD:
        return ""
    if at is None:
        return f"{address.shown} has no catalog yet; `catalog --url {address.shown} db upgrade` makes it"
    if at > schema.HEAD:
        return f"schema {at} is newer than {schema.HEAD}, which this version works with; upgrade magma-catalog"
    return (
        f"{address.shown} has schema {at}, this version works with {schema.HEAD}; "
        f"`catalog --url {address.shown} db upgrade` upgrades it"
    )


COPYING = "catalog_copy"
"""The table that is there as long as a copy into a database is not finished."""


def ensure(address: Address) -> None:
    """Raise unless the database has the newest schema: on a server nobody upgrades by opening.

    Raises:
        SchemaOutdatedError: it has another, or none.
    """
    with translated(address.shown), connect(address) as connection:
        at = _current(connection, address)
        copying = connection.execute("SELECT to_regclass(%s)", (f"{address.schema}.{COPYING}",)).fetchone()
    if copying and copying[0] is not None:
        raise StoreError(
            f"a copy to {address.shown} was begun and not finished; the same `catalog db copy` goes on with it",
            url=address.shown,
        )
    if said := advice(address, at):
        raise SchemaOutdatedError(said, url=address.shown, found=at, known=schema.HEAD)


def upgrade(address: Address) -> str | None:
    """Run the migrations that the database lacks, in one transaction; return the revision it had.

    Whoever comes at the same time waits, and finds nothing left to do. A database that is up to date gets what is
    derived from its tables put right, as the index of words.

    Raises:
        SchemaOutdatedError: a newer version of this package wrote the database.
        StoreError: it can't be reached, this role may not do that, or a migration failed and all is as it was.
    """
    import sqlalchemy as sa

    schema.load_alembic()
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    from catalog.entry.embedding_text import TEMPLATE_VERSION
    from catalog.entry.words import WORDS_VERSION
    from catalog.store.postgres.writer import make_engine

    config = schema.alembic_config()
    with translated(address.shown):
        at = current(address)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if at is not None and at not in known:
        raise SchemaOutdatedError(advice(address, at), url=address.shown, found=at, known=schema.HEAD)
    engine = make_engine(address)
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(WAIT)
            there = connection.exec_driver_sql(f"SELECT to_regnamespace('{address.schema}')").scalar()
            if there is None:  # asked before: IF NOT EXISTS would need the right to make it though it is there
                connection.exec_driver_sql(f"CREATE SCHEMA {address.schema}")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.exec_driver_sql(
                "UPDATE catalog_state SET words_version = ?, text_version = ? WHERE NOT EXISTS (SELECT 1 FROM entry)",
                (WORDS_VERSION, TEMPLATE_VERSION),
            )
    except CommandError as error:
        raise StoreError(f"{address.shown} could not be upgraded: {error}", url=address.shown) from error
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        cause = (error.orig or error) if isinstance(error, sa.exc.DBAPIError) else error
        raise store_error(cause, address.shown) from error
    finally:
        engine.dispose()
    return at


WAIT = "SELECT pg_advisory_xact_lock(4711202611)"
"""One upgrade waits for the other, also where each makes another schema of one database."""
