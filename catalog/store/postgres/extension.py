"""Extensions of a server: what is put into a database is tried, as it may need more rights than a role has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


def tried(connection: Connection, statement: str) -> bool:
    """Run a statement of a transaction; return whether it could be run. If not, all before it stays as it is."""
    import sqlalchemy as sa  # reading needs it not

    point = connection.begin_nested()
    try:
        connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        point.rollback()
        return False
    point.commit()
    return True
