"""What entries are counted by, and how many came on each day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps
from typing import Any, NamedTuple

from catalog.entry.filters import Filters
from catalog.store.forms import is_number
from catalog.store.mark_conditions import FRAMEWORK, may_be_marked
from catalog.store.queries import conditions
from catalog.store.reader import Reader, Row
from catalog.store.vectors import MARK, MARKED

GROWTH = "SELECT substr(e.created_at, 1, 10), count(*) FROM entry AS e GROUP BY 1 ORDER BY 1"
SINCE = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data, r.reason FROM revision AS r "
    "WHERE r.id IN (SELECT l.id FROM revision AS l ORDER BY l.id DESC LIMIT ?) AND r.generation > ? ORDER BY r.id"
)
_ALL_COUNTED = (
    "SELECT o.id, o.kind, o.source, o.distribution, o.tags, "
    f"{FRAMEWORK}, CASE WHEN {may_be_marked('o')} THEN o.metadata END FROM entry AS o"
)
_COUNTED_OF = _ALL_COUNTED.replace(
    "FROM entry AS o", "FROM json_each(?) AS k CROSS JOIN entry AS o ON o.id = CAST(k.value AS INTEGER)"
)
_LAST = "SELECT max(e.id) FROM entry AS e"
_TOUCHED = (  # what is new is not noted among the changes
    "SELECT c.entry_id FROM entry_change AS c WHERE c.generation > ? UNION SELECT e.id FROM entry AS e WHERE e.id > ? "
    "LIMIT ?"
)


class Mark(NamedTuple):
    """A state of one database.

    Attributes:
        generation, token: which state of which history.
        last: the highest id of an entry.
    """

    generation: int
    token: str | None
    last: int


@contextmanager
def counted_since(
    reader: Reader, mark: Mark | None, most: int
) -> Iterator[tuple[Mark, list[int] | None, Iterator[list[Row]]]]:
    """Lend what has changed since a *mark*: a new mark, the ids of entries changed or away, and rows of what is there.

    A row is id, kind, source, distribution, tags, framework, and the metadata if there may be a mark in them. The ids
    are None where everything is to be read again: at the beginning, where more than *most* have changed, and where the
    mark is too old, or of another history, as after a backup was restored.
    """
    with reader.snapshot() as connection:
        generation, token = connection.execute(MARK).fetchone() or (-1, None)
        (last,) = connection.execute(_LAST).fetchone() or (0,)
        now = Mark(generation if is_number(generation) else -1, token if type(token) is str else None, last or 0)
        ids = None if mark is None else _touched(connection, mark, now, most)
        if ids is None:
            yield now, None, reader.batches(connection, _ALL_COUNTED, (), 500)
        else:
            yield now, ids, iter([connection.execute(_COUNTED_OF, (dumps(ids),)).fetchall()] if ids else [])


def _touched(connection: Any, mark: Mark, now: Mark, most: int) -> list[int] | None:
    if now == mark:
        return []
    is_known = connection.execute(MARKED, (mark.generation, mark.token)).fetchone()
    if now.generation < mark.generation or not is_known:
        return None
    ids = [row[0] for row in connection.execute(_TOUCHED, (mark.generation, mark.last, most + 1)).fetchall()]
    return ids if len(ids) <= most else None


def keys_among(reader: Reader, filters: Filters, keys: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of *keys* whose stored entries pass *filters*."""
    sql, params = conditions(filters, "e.id", "e.kind")
    rows: list[Any] = reader.all(
        "SELECT e.kind, e.name FROM json_each(?) AS k CROSS JOIN entry AS e "
        "ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]') "
        f"WHERE {' AND '.join(sql) or '1 = 1'}",
        (dumps(keys), *params),
    )
    return {(row[0], row[1]) for row in rows}
