"""The index of names on a server: pg_trgm's trigrams, by which a mistyped name finds those that are like it.

It is derived from the names, and kept by the server itself. `catalog db upgrade` makes it where it is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from catalog.store.postgres.extension import tried

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.store.reader import Reader

NAME = "ix_entry_name_trigrams"
"""GIN, as GiST takes six times as long for a million names. What is new waits in a list of its own (``fastupdate``):
without that, 20,000 names take 11 s to put in, and 0.8 s with it."""

REMOVE = f"DROP INDEX IF EXISTS {NAME}"

_ASK = (
    "SELECT (SELECT n.nspname FROM pg_extension AS x JOIN pg_namespace AS n ON n.oid = x.extnamespace "
    "WHERE x.extname = 'pg_trgm'), "
    "coalesce((SELECT has_schema_privilege(x.extnamespace, 'USAGE') FROM pg_extension AS x "
    "WHERE x.extname = 'pg_trgm'), FALSE), "
    f"to_regclass(current_schema() || '.{NAME}') IS NOT NULL"
)
_OFFERED = (
    "SELECT EXISTS (SELECT 1 FROM pg_available_extensions AS a WHERE a.name = 'pg_trgm'), "
    "to_regnamespace('public') IS NOT NULL"
)


class Trigrams(NamedTuple):
    """What is known of pg_trgm in a database.

    Attributes:
        place: the schema it is in; None: it is not in this database.
        is_usable: whether this role may use what is in that schema.
        is_indexed: whether the names of the catalog have an index of trigrams.
    """

    place: str | None
    is_usable: bool
    is_indexed: bool

    @property
    def is_used(self) -> bool:
        """Whether names are asked of the index."""
        return self.is_usable and self.is_indexed

    def why_not(self, is_offered: bool) -> str:
        """Return why names are not asked of the index, and who has to do what; empty where they are."""
        then = "then `catalog db upgrade` by the owner of the tables makes the index of names"
        put = "say `CREATE EXTENSION pg_trgm SCHEMA public`"
        if self.is_used:
            return ""
        if self.place is None and not is_offered:
            return (
                "pg_trgm is not installed on the server: install the contrib modules of PostgreSQL there, let the "
                f"owner of the database {put} in it; {then}"
            )
        if self.place is None:
            return f"pg_trgm is not in this database: its owner has to {put} there; {then}"
        if not self.is_usable:
            return f"this role may not use the schema {self.place}, where pg_trgm is: `GRANT USAGE ON SCHEMA` lets it"
        return "`catalog db upgrade` by the owner of the tables makes the index of names"


def known(reader: Reader) -> Trigrams:
    """Return what is known of pg_trgm in the database of *reader*."""
    return Trigrams(*(reader.one(_ASK) or (None, False, False)))


def why_not(reader: Reader) -> str:
    """Return why names are not asked of the index, in words; empty where they are."""
    return known(reader).why_not(bool((reader.one(_OFFERED) or (False,))[0]))


def prepare(connection: Connection) -> None:
    """Make the index of names, where pg_trgm is there or can be put in; without it, names are read."""
    run = connection.exec_driver_sql
    there = Trigrams(*run(_ASK).one())
    is_offered, has_public = run(_OFFERED).one()
    place = there.place
    if place is None and is_offered and has_public and tried(connection, "CREATE EXTENSION pg_trgm SCHEMA public"):
        place = "public"
    if place is not None and not there.is_indexed:
        tried(connection, f'CREATE INDEX {NAME} ON entry USING gin (name "{place}".gin_trgm_ops)')
