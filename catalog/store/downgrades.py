"""Downgrades refuse rather than lose: what a migration's ``downgrade`` asks before it drops a table."""

from __future__ import annotations

import sqlalchemy as sa


def refuse_to_lose(connection: sa.Connection, revision: str, *names: str) -> None:
    """Raise if any of the tables with these *names*, which a downgrade from *revision* would drop, has rows.

    Only tables whose rows are in no other place are named here: what is made from entries may go.

    Raises:
        CommandError: there are rows; the text says how many of which table, and what to do.
    """
    counts = {
        name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar() for name in names
    }
    rows = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
    if rows:
        refuse(revision, f"rows ({rows})")


def refuse(revision: str, what: str) -> None:
    """Raise the error that says *what* a downgrade from *revision* would lose."""
    from alembic.util.exc import CommandError  # only migrations come here, and they have it loaded

    raise CommandError(
        f"no downgrade from schema {revision}: {what} would be lost. Put back a backup, or the file that was kept "
        "beside the database before it was upgraded"
    )
