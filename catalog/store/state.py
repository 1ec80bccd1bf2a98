"""The row that holds the generation: made again where it is lost or damaged."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.store import tables
from catalog.store.forms import MOST

_COUNTED = (
    tables.history_mark.c.generation,
    tables.entry_change.c.generation,
    tables.vector.c.stamp,
    tables.decision_log.c.generation,
)
"""The columns that note generations."""


def last_generation(connection: sa.Connection) -> int:
    """Return the last generation that anything in the database notes, or 0."""
    found = [
        connection.execute(sa.select(sa.func.max(column)).where(column.between(0, MOST - 1))).scalar()
        for column in _COUNTED
    ]
    return max(value or 0 for value in found)


def make(connection: sa.Connection, generation: int) -> None:
    """Put the row of the state in place of whatever is there; words and hashes count as made by no version."""
    connection.execute(sa.delete(tables.state))
    connection.execute(sa.insert(tables.state).values(id=1, generation=generation, words_version=0, text_version=0))
