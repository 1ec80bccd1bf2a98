"""What is written to the history beside new revisions: another name for all of them, and an end to old ones.

All of it is written on the connection of a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from catalog.store import aliases

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.entry.key import Key

LAST_ACTIONS = sa.text(
    "SELECT r.kind, r.name, r.action FROM json_each(:keys) AS k "
    "JOIN revision AS r ON r.kind = json_extract(k.value, '$[0]') AND r.name = json_extract(k.value, '$[1]') "
    "WHERE r.revision = (SELECT max(x.revision) FROM revision AS x WHERE x.kind = r.kind AND x.name = r.name)"
)
WITHOUT_ROW = sa.text(
    "SELECT r.kind, r.name FROM revision AS r WHERE r.data IS NOT NULL AND r.revision = (SELECT max(x.revision) "
    "FROM revision AS x WHERE x.kind = r.kind AND x.name = r.name) AND NOT EXISTS (SELECT 1 FROM entry AS e "
    "WHERE e.kind = r.kind AND e.name = r.name)"
)
LAST_DATA = sa.text(
    "SELECT data FROM revision WHERE kind = :kind AND name = :name AND data IS NOT NULL ORDER BY revision DESC LIMIT 20"
)
_PRUNE = (
    "DELETE FROM revision WHERE id IN (SELECT p.id FROM (SELECT id, kind, name, revision, at, row_number() OVER "
    "(PARTITION BY kind, name ORDER BY revision DESC) AS place FROM revision) AS p WHERE p.place > ? AND p.at < ? "
    f"AND NOT EXISTS (SELECT 1 FROM ({aliases.CURRENT}) AS a WHERE a.kind = p.kind AND a.name = p.name "
    "AND a.revision = p.revision))"
)

_ASIDE = 1 << 30
"""Added to the revisions of an entry while its history moves: no history is as long."""


def prune(run: Connection, keep: int, before: str) -> int:
    """Delete revisions but the last *keep* of each entry, those from *before* on, and those that an alias names.

    Of the moves of an alias, and of the loads that were refused, those from *before* on stay; so does where an alias
    points now. Return how many revisions went.
    """
    done = int(run.exec_driver_sql(_PRUNE, (keep, before)).rowcount)
    if before < "9999":
        aliases.prune(run, before)
        run.exec_driver_sql("DELETE FROM audit WHERE at < ?", (before,))
    return done


def rename(run: Connection, key: Key, new: str) -> None:
    """Give the entry *key* the name *new*: in its row, tags, history, golden cases, uses and aliases.

    What is made from the name (words, texts) is made by the put that must follow. If there is a history of an entry
    that had the new name before, it comes first: the revisions of this entry count on from there.
    """
    kind, name = key
    do = run.exec_driver_sql
    before = do("SELECT max(revision) FROM revision WHERE kind = ? AND name = ?", (kind, new)).scalar() or 0
    # In two steps: a revision may not stand on a number that another still has.
    move = "UPDATE revision SET name = ?, revision = revision + ? WHERE kind = ? AND name = ?"
    do(move, (new, _ASIDE, kind, name))
    back = "UPDATE revision SET revision = revision - ? + ? WHERE kind = ? AND name = ? AND revision > ?"
    do(back, (_ASIDE, before, kind, new, _ASIDE))
    do("UPDATE entry SET name = ?, revision = revision + ? WHERE kind = ? AND name = ?", (new, before, kind, name))
    do("DELETE FROM entry_tag WHERE kind = ? AND name = ?", (kind, name))
    both = "SELECT {0} FROM {1} WHERE kind = ? AND name = ?"
    do(f"DELETE FROM used WHERE kind = ? AND name = ? AND query IN ({both.format('query', 'used')})", (kind, new, *key))
    do("UPDATE used SET name = ? WHERE kind = ? AND name = ?", (new, kind, name))
    other = both.format("text", "golden_case")
    do(f"UPDATE golden_case SET name = ? WHERE kind = ? AND name = ? AND text NOT IN ({other})", (new, *key, kind, new))
    do("DELETE FROM golden_case WHERE kind = ? AND name = ?", (kind, name))
    aliases.rename(run, kind, name, new, before)
