"""Whether two servers have the same database: a standby follows one that it was copied from, and has its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_SYSTEM = "SELECT system_identifier FROM pg_control_system()"
_NUMBERS = (
    "SELECT d.oid::bigint, 'catalog_state'::regclass::oid::bigint FROM pg_database AS d "
    "WHERE d.datname = current_database()"
)


def identity(connection: psycopg.Connection[Any]) -> tuple[object, ...]:
    """Return what a database and its standbys have in common, and no other database has.

    Raises:
        psycopg.Error: it can't be asked, or there is no catalog.
    """
    from psycopg.errors import InsufficientPrivilege

    try:
        system = connection.execute(_SYSTEM).fetchone()
    except InsufficientPrivilege:  # somebody took the right away: the numbers alone tell most servers apart
        system = None
    return *(system or (None,)), *(connection.execute(_NUMBERS).fetchone() or ())
