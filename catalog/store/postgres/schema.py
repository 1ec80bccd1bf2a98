"""The version of the schema on a server, and bringing it up to date: only when somebody says so."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import psycopg

from catalog.errors import NotACatalogError, SchemaOutdatedError, StoreError
from catalog.store import schema
from catalog.store.postgres.connecting import connect
from catalog.store.postgres.errors import store_error, translated

if TYPE_CHECKING:
    from catalog.store.postgres.address import Address

_THERE = "SELECT to_regclass(%s || '.alembic_version') IS NOT NULL, to_regclass(%s || '.catalog_state') IS NOT NULL"

_OTHERS = (
    "SELECT t.typname FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace "
    "WHERE t.typname = ANY(%s) AND n.nspname = %s"
)
"""Tables, views and types that are where a catalog's would be: each table has a type of its name."""


def current(address: Address) -> str | None:
    """Return the revision of the database, or None where it has no catalog yet.

    Raises:
        StoreError: it can't be reached.
        NotACatalogError: another program has tables of these names there.
    """
    with translated(address.shown), connect(address) as connection:
        return _current(connection, address)


def _current(connection: psycopg.Connection[Any], address: Address) -> str | None:
    versions, state = connection.execute(_THERE, (address.quoted, address.quoted)).fetchone() or (False, False)
    if not versions or not state:
        from catalog.store import tables  # of SQLAlchemy, which a catalog that is there needs not

        names = [*tables.metadata.tables, "alembic_version"]
        others = connection.execute(_OTHERS, (names, address.schema)).fetchall()
        if others:
            raise NotACatalogError(
                f"{address.shown} has {', '.join(sorted(str(name) for (name,) in others))} of another program, or of a "
                "catalog that has lost its other tables; name another schema with ?schema=NAME in the URL",
                url=address.shown,
            )
        return None
    row = connection.execute(f"SELECT version_num FROM {address.quoted}.alembic_version").fetchone()
    if row is None:
        raise NotACatalogError(
            f"{address.shown} has the tables of a catalog, but says no version in alembic_version; restore a backup",
            url=address.shown,
        )
    return str(row[0])


def advice(address: Address, at: str | None) -> str:
    """Return what to do about a database that has the revision *at*; nothing if it is up to date."""
    if at == schema.HEAD:
        return ""
    if at is None:
        return f"{address.shown} has no catalog yet; `catalog --url {shlex.quote(address.shown)} db upgrade` makes it"
    if at > schema.HEAD:
        return f"schema {at} is newer than {schema.HEAD}, which this version works with; upgrade magma-catalog"
    return (
        f"{address.shown} has schema {at}, this version works with {schema.HEAD}; "
        f"`catalog --url {shlex.quote(address.shown)} db upgrade` upgrades it"
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
        copying = connection.execute("SELECT to_regclass(%s)", (f"{address.quoted}.{COPYING}",)).fetchone()
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
            if at is None:
                _refuse_encoding(connection, address)
            there = connection.exec_driver_sql(f"SELECT to_regnamespace('{address.quoted}')").scalar()
            if there is None:  # asked before: IF NOT EXISTS would need the right to make it though it is there
                connection.exec_driver_sql(f"CREATE SCHEMA {address.quoted}")
            if owner := connection.exec_driver_sql(_OWNER, (address.schema,)).scalar():
                connection.exec_driver_sql(f"SET LOCAL ROLE {owner}")
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
        if at == schema.HEAD and getattr(cause, "sqlstate", None) in ("42P01", "42703"):
            raise StoreError(
                f"{address.shown} says that it is up to date, but {str(cause).splitlines()[0]}: somebody took it away; "
                "restore a backup, or copy what can be read to another database with `catalog export`",
                url=address.shown,
            ) from error
        raise store_error(cause, address.shown) from error
    finally:
        engine.dispose()
    return at


_OWNER = """SELECT quote_ident(r.rolname) FROM pg_namespace AS n JOIN pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = ? AND r.rolname <> current_user AND pg_has_role(r.oid, 'MEMBER')
    AND NOT (SELECT u.rolsuper FROM pg_roles AS u WHERE u.rolname = current_user)
    AND NOT EXISTS (SELECT 1 FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relowner <> n.nspowner)"""
"""Whose the schema and all in it is, where this role is a member of that one: new tables are to be its, too."""


def _refuse_encoding(connection: Any, address: Address) -> None:
    """Raise unless the database keeps texts of all languages: another encoding refuses some, later and one by one."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"{address.shown} has the encoding {encoding}, which can't keep all texts; make another database with "
            "`createdb -E UTF8 -T template0 NAME`",
            url=address.shown,
        )


WAIT = "SELECT pg_advisory_xact_lock(4711202611)"
"""One upgrade waits for the other, also where each makes another schema of one database."""
