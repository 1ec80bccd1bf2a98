"""Aliases of entries: names such as ``prod`` that point at a revision, and every move that they made.

The table only grows at its end: the newest row of an alias says where it points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

SET, UNSET = "alias", "unalias"
"""Actions: the alias points somewhere from now on; it is taken away."""

CURRENT = (
    "SELECT a.kind, a.name, a.alias, a.revision FROM alias AS a WHERE a.action = 'alias' AND a.id = "
    "(SELECT max(b.id) FROM alias AS b WHERE b.kind = a.kind AND b.name = a.name AND b.alias = a.alias)"
)
TARGET = (
    "SELECT a.action, a.revision FROM alias AS a WHERE a.kind = ? AND a.name = ? AND a.alias = ? "
    "ORDER BY a.id DESC LIMIT 1"
)
MOVES = (
    "SELECT a.id, a.kind, a.name, a.alias, a.action, a.revision, a.actor, a.at, a.reason FROM alias AS a "
    "WHERE a.kind = ? AND a.name = ? ORDER BY a.id"
)


def point(
    run: Connection, key: tuple[str, str], alias: str, action: str, revision: int | None, by: Sequence[object]
) -> None:
    """Note that an alias of *key* points at *revision* from now on, or is taken away.

    *by* is the actor, the moment, the reason and the generation.
    """
    run.exec_driver_sql(
        "INSERT INTO alias (kind, name, alias, action, revision, actor, at, reason, generation) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, alias, action, revision, *by),
    )


def prune(run: Connection, before: str) -> None:
    """Delete the moves from before the moment *before*, but for the newest of each alias."""
    run.exec_driver_sql(
        "DELETE FROM alias WHERE at < ? AND id NOT IN (SELECT max(id) FROM alias GROUP BY kind, name, alias)", (before,)
    )


def rename(run: Connection, kind: str, name: str, new: str, before: int) -> None:
    """Let the aliases of an entry follow it to the name *new*, with revisions that count on from *before*.

    Aliases of an entry that had that name before go: this is another entry.
    """
    do = run.exec_driver_sql
    do("DELETE FROM alias WHERE kind = ? AND name = ?", (kind, new))
    do("UPDATE alias SET name = ?, revision = revision + ? WHERE kind = ? AND name = ?", (new, before, kind, name))
