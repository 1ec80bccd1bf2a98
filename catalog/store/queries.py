"""The statements that read, as text: building them with SQLAlchemy takes longer than SQLite takes to answer.

A test prepares each of them on a migrated database, so that they can't fall behind the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from json import dumps, loads
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.errors import EntryNotFoundError, StoreError
from catalog.store.mapping import COLUMNS, LISTED, columns, entry_from_row
from catalog.store.reader import Reader, Row

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

ENTRY = f"SELECT {columns()} FROM entry AS e WHERE e.kind = ? AND e.name = ?"
REVISION_OF = "SELECT e.revision FROM entry AS e WHERE e.kind = ? AND e.name = ?"
NAMES = "SELECT e.name FROM entry AS e WHERE e.kind = ? ORDER BY e.name"
KINDS = (  # jumps from kind to kind; DISTINCT would read the index from end to end
    "WITH RECURSIVE k(kind) AS (SELECT min(kind) FROM entry UNION ALL "
    "SELECT (SELECT min(kind) FROM entry WHERE kind > k.kind) FROM k WHERE k.kind IS NOT NULL) "
    "SELECT kind FROM k WHERE kind IS NOT NULL"
)
ALL = f"SELECT {columns()} FROM entry AS e ORDER BY e.kind, e.name"
OF_KIND = f"SELECT {columns()} FROM entry AS e WHERE e.kind = ? ORDER BY e.name"
BY_REF = f"SELECT {columns()} FROM entry AS e WHERE e.ref = ? ORDER BY e.kind, e.name"
BY_SOURCE = f"SELECT {columns()} FROM entry AS e WHERE e.source = ? ORDER BY e.kind, e.name"
IDS_OF = (
    "SELECT e.kind, e.name, e.id FROM json_each(?) AS k CROSS JOIN entry AS e "
    "ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]')"
)
STATE = "SELECT generation, words_version, text_version FROM catalog_state"
TAGS = "SELECT DISTINCT tag FROM entry_tag"
HISTORY = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data FROM revision AS r "
    "WHERE r.kind = ? AND r.name = ? ORDER BY r.revision DESC"
)
LAST_CHANGE = (
    "SELECT r.action, r.at FROM revision AS r WHERE r.kind = ? AND r.name = ? ORDER BY r.revision DESC LIMIT 1"
)
LOG = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data FROM revision AS r "
    "ORDER BY r.id DESC LIMIT ?"
)
CHANGED = "SELECT e.kind, e.name FROM entry_change AS c JOIN entry AS e ON e.id = c.entry_id WHERE c.generation > ?"
REVISION_DATA = "SELECT r.data FROM revision AS r WHERE r.kind = ? AND r.name = ? AND r.revision = ?"
SOURCE = "SELECT s.options, s.distribution, s.files FROM source AS s WHERE s.target = ?"
SOURCES = "SELECT s.target, s.options, s.distribution FROM source AS s ORDER BY s.target"
COUNT = "SELECT count(*) FROM entry"
FREQUENCY = "SELECT w.doc FROM entry_words AS w WHERE w.term = ?"
COMPLETIONS = "SELECT w.term FROM entry_words AS w WHERE w.term > ? AND w.term < ? ORDER BY w.doc DESC, w.term LIMIT 8"
DOCUMENTS = (
    "SELECT d.entry_id, d.name, d.description, d.params, d.tags, d.examples, d.facets FROM search_doc AS d "
    "WHERE d.entry_id IN ({ids})"
)

_REVISION = COLUMNS.index("revision")

WEIGHTS = (4.0, 1.0, 0.5, 1.0, 0.5, 0.0)
"""How much a word counts in name, description, parameters, tags, examples and facets."""

_BM25 = f"bm25(entry_fts, {', '.join(map(str, WEIGHTS))})"

_RANKED = f"SELECT rowid, -{_BM25} AS score FROM entry_fts WHERE entry_fts MATCH ? ORDER BY score DESC, rowid LIMIT ?"
_RANKED_LISTED = (
    f"SELECT e.id, f.score, {columns(LISTED)} FROM ({_RANKED}) AS f CROSS JOIN entry AS e ON e.id = f.rowid"
)

_POSTINGS = f"SELECT rowid, -{_BM25} FROM entry_fts WHERE entry_fts MATCH ? ORDER BY rowid"

_OF_TAG = (
    f"SELECT {columns(LISTED)} FROM entry_tag AS t CROSS JOIN entry AS e ON e.id = t.entry_id WHERE t.tag = ? "
    "ORDER BY t.kind, t.name LIMIT ?"
)

_PARAMETERS = 10_000
"""How many parameters a statement is given; SQLite takes 32,766."""

_FEW = 1_000
"""A tag with fewer entries than this is followed directly; counting stops here."""


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _conditions(filters: Filters, id_: str, kind: str) -> tuple[list[str], list[Any]]:
    """Return the filters as SQL conditions on the columns *id_* and *kind*, and their parameters.

    EXISTS, never IN (SELECT …): with full text beside it the latter makes SQLite run the text query once for every
    entry of the tag.
    """
    has = f"EXISTS (SELECT 1 FROM entry_tag AS x WHERE x.entry_id = {id_} AND x.tag"
    sql: list[str] = []
    params: list[Any] = []
    if filters.kinds:
        sql.append(f"{kind} IN ({_marks(filters.kinds)})")
        params += filters.kinds
    for tag in filters.tags:
        sql.append(f"{has} = ?)")
        params.append(tag)
    if filters.any_tags:
        sql.append(f"{has} IN ({_marks(filters.any_tags)}))")
        params += filters.any_tags
    if filters.exclude_tags:
        sql.append(f"NOT {has} IN ({_marks(filters.exclude_tags)}))")
        params += filters.exclude_tags
    return sql, params


def _few(reader: Reader, tag: str) -> int:
    """Return how many entries have *tag*, counting no further than :data:`_FEW`."""
    row = reader.one("SELECT count(*) FROM (SELECT 1 FROM entry_tag WHERE tag = ? LIMIT ?)", (tag, _FEW))
    return int(row[0]) if row else 0


def matching(reader: Reader, filters: Filters, limit: int, names: tuple[str, ...] = LISTED) -> list[Row]:
    """Return the columns *names* of the entries that pass, by key; at most *limit* of them (-1: all)."""
    if filters == NO_FILTERS and limit < 0 and names == COLUMNS:
        return reader.all(ALL)
    if names == LISTED and len(filters.tags) == 1 and not (filters[0] or filters[2] or filters[3]):
        return reader.all(_OF_TAG, (filters.tags[0], limit))
    wanted = columns(names)
    if filters.tags:
        # Start from the rarest tag: its stretch of the index is in the order of keys already.
        tags = filters.tags
        if len(tags) > 1:
            tags = tuple(sorted(tags, key=lambda tag: _few(reader, tag)))
        rest = filters._replace(tags=tags[1:])
        sql, params = _conditions(rest, "t.entry_id", "t.kind")
        where = " AND ".join(["t.tag = ?", *sql])
        return reader.all(
            f"SELECT {wanted} FROM entry_tag AS t CROSS JOIN entry AS e ON e.id = t.entry_id WHERE {where} "
            "ORDER BY t.kind, t.name LIMIT ?",
            (tags[0], *params, limit),
        )
    if filters.any_tags and sum(_few(reader, tag) for tag in filters.any_tags) < _FEW:
        sql, params = _conditions(filters._replace(any_tags=()), "e.id", "e.kind")
        where = " AND ".join(
            [f"e.id IN (SELECT entry_id FROM entry_tag WHERE tag IN ({_marks(filters.any_tags)}))", *sql]
        )
        return reader.all(
            f"SELECT {wanted} FROM entry AS e WHERE {where} ORDER BY e.kind, e.name LIMIT ?",
            (*filters.any_tags, *params, limit),
        )
    sql, params = _conditions(filters, "e.id", "e.kind")
    where = " AND ".join(sql) or "1"
    return reader.all(
        f"SELECT {wanted} FROM entry AS e WHERE {where} ORDER BY e.kind, e.name LIMIT ?", (*params, limit)
    )


def rank(reader: Reader, match: str, filters: Filters, limit: int) -> list[tuple[int, float]]:
    """Return the entries that match a full-text expression, the best first.

    Args:
        match: an FTS5 expression.
        filters: applied before ranking.
        limit: how many at the most; of equal scores the earlier stored come first.

    Returns:
        (id, BM25 score); higher is better.
    """
    return _ranked(reader, _RANKED, match, filters, limit)


def postings(reader: Reader, match: str) -> list[tuple[int, float]]:
    """Return id and BM25 of every entry that matches a full-text expression, in the order of ids."""
    return reader.all(_POSTINGS, (match,))


def listed(reader: Reader, match: str, filters: Filters, limit: int) -> list[Row]:
    """Return what :func:`rank` does with what is listed of each entry beside it, in no order."""
    return _ranked(reader, _RANKED_LISTED, match, filters, limit)


def _ranked(reader: Reader, sql: str, match: str, filters: Filters, limit: int) -> list[Row]:
    if filters == NO_FILTERS:
        return reader.all(sql, (match, limit))
    kind = "(SELECT k.kind FROM entry AS k WHERE k.id = entry_fts.rowid)"
    conditions, params = _conditions(filters, "entry_fts.rowid", kind)
    return reader.all(sql.replace("MATCH ?", f"MATCH ? AND {' AND '.join(conditions)}"), (match, *params, limit))


def by_ids(reader: Reader, ids: Sequence[int]) -> dict[int, Row]:
    """Return what is listed of the entries with these *ids*, keyed by id."""
    rows = _of_ids(reader, f"SELECT e.id, {columns(LISTED)} FROM entry AS e WHERE e.id IN ({{ids}})", ids)
    return {row[0]: row[1:] for row in rows}


def _of_ids(reader: Reader, sql: str, ids: Sequence[int]) -> list[Row]:
    if len(ids) <= _PARAMETERS:
        return reader.all(sql.format(ids=_marks(ids)), list(ids))
    parts = (ids[start : start + _PARAMETERS] for start in range(0, len(ids), _PARAMETERS))
    return [row for part in parts for row in reader.all(sql.format(ids=_marks(part)), list(part))]


def id_of(reader: Reader, kind: str, name: str) -> int | None:
    """Return the id of a persistent entry, or None."""
    row = reader.one("SELECT e.id FROM entry AS e WHERE e.kind = ? AND e.name = ?", (kind, name))
    return row[0] if row else None


def ids_of(reader: Reader, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the ids of those *keys* that are persistent."""
    return {(kind, name): id_ for kind, name, id_ in reader.all(IDS_OF, (dumps(keys),))}


def matching_ids(reader: Reader, filters: Filters) -> list[int]:
    """Return the ids of the entries that pass, in no order."""
    if filters.tags:
        tags = tuple(sorted(filters.tags, key=lambda tag: _few(reader, tag)))
        sql, params = _conditions(filters._replace(tags=tags[1:]), "t.entry_id", "t.kind")
        where = " AND ".join(["t.tag = ?", *sql])
        return [
            row[0] for row in reader.all(f"SELECT t.entry_id FROM entry_tag AS t WHERE {where}", (tags[0], *params))
        ]
    sql, params = _conditions(filters, "e.id", "e.kind")
    where = " AND ".join(sql) or "1"
    return [row[0] for row in reader.all(f"SELECT e.id FROM entry AS e WHERE {where}", params)]


def named(reader: Reader, name: str, kinds: Sequence[str]) -> list[Row]:
    """Return what is listed of the entries of these *kinds* called *name*; the kinds let SQLite use an index."""
    return reader.all(
        f"SELECT {columns(LISTED)} FROM entry AS e WHERE e.kind IN ({_marks(kinds)}) AND e.name = ? ORDER BY e.kind",
        (*kinds, name),
    )


def candidates(reader: Reader, tiers: Sequence[str], filters: Filters, most: int, enough: int) -> list[int]:
    """Return ids of entries that match the full-text expressions of *tiers*, unranked.

    Args:
        tiers: expressions, the most promising first.
        filters: applied before anything is counted.
        most: how many to take from each tier.
        enough: stop at the end of the tier that reaches this number.
    """
    narrowed = _facets(filters)
    found: dict[int, None] = {}
    if filters.tags and min(_few(reader, tag) for tag in filters.tags) <= most:
        tiers, most = [" OR ".join(f"({tier})" for tier in tiers)], -1  # so few that one look finds all
    for tier in tiers:
        rows = reader.all(
            "SELECT rowid FROM entry_fts WHERE entry_fts MATCH ? LIMIT ?", (narrowed.format(tier=tier), most)
        )
        found.update((row[0], None) for row in rows)
        if len(found) >= enough:
            break
    return list(found)


def _facets(filters: Filters) -> str:
    """Return a full-text expression with a place for ``{tier}``, narrowed to what passes the *filters*.

    Inside FTS5 the lists of a word and of a tag are walked together, jumping; an EXISTS beside it would look at every
    row of a common word to find the few of a rare tag.
    """
    from catalog.entry.words import facet

    def either(form: str, values: Sequence[str]) -> str:
        return "{facets} : (" + " OR ".join(f'"{facet(form, value)}"' for value in values) + ")"

    parts = [either("t", [tag]) for tag in filters.tags]
    if filters.any_tags:
        parts.append(either("t", filters.any_tags))
    if filters.kinds:
        parts.append(either("k", filters.kinds))
    text = " AND ".join([*(f"({part})" for part in parts), "(\0)"])
    if filters.exclude_tags:
        text = f"({text}) NOT ({either('t', filters.exclude_tags)})"
    return text.replace("{", "{{").replace("}", "}}").replace("\0", "{tier}")


def documents(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Return (id, name, description, params, tags, examples, facets) as full-text search keeps them."""
    return _of_ids(reader, DOCUMENTS, ids)


def mean_length(reader: Reader) -> float:
    """Return the mean number of words of an entry, or 0 for an empty catalog.

    FTS5 keeps the totals that its ``bm25()`` uses in the row with id 1 of its data table: the number of rows, then the
    number of words of each column, as varints (comment "AVERAGES" in the source of FTS5).
    """
    row = reader.one("SELECT block FROM entry_fts_data WHERE id = 1")
    numbers: list[int] = []
    value = 0
    for byte in row[0] if row else b"":
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    return sum(numbers[1:]) / numbers[0] if numbers and numbers[0] else 0.0


def entry_at(reader: Reader, kind: str, name: str, revision: int) -> Entry:
    """Return an entry as it was at *revision*: its row if it still is at that, else what the history kept.

    Raises:
        EntryNotFoundError: there never was such a revision.
    """
    row = reader.one(ENTRY, (kind, name))
    if row is not None and row[_REVISION] == revision:
        with suppress(StoreError):  # of a damaged row, what the history kept
            return entry_from_row(row)
    kept = reader.one(REVISION_DATA, (kind, name, revision))
    if kept is None or kept[0] is None:
        raise EntryNotFoundError(f"no entry '{kind}:{name}' at revision {revision}", kind=kind, name=name, close=[])
    from catalog.entry.entry import make_entry

    return make_entry({**loads(kept[0]), "revision": revision})
