"""The statements that read entries, their tags and their history.

They are kept as text, because building them with SQLAlchemy takes longer than SQLite takes to answer. A test prepares
each statement on a migrated database, so that none can fall behind the tables. Full-text search has its statements in
:mod:`catalog.store.fulltext`.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from json import dumps
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import NO_FILTERS, SEPARATORS, Filters
from catalog.errors import CatalogError, CatalogWarning, EntryNotFoundError, StoreError
from catalog.store.forms import MOST, parsed, parsed_texts
from catalog.store.mapping import COLUMNS, LISTED, columns, damaged_row, entry_from_row, to_json
from catalog.store.mark_conditions import FRAMEWORK, in_states, may_be_marked
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
PAST_KINDS = KINDS.replace("FROM entry", "FROM revision")
ALL = f"SELECT {columns()} FROM entry AS e ORDER BY e.kind, e.name"
BY_REF = f"SELECT {columns()} FROM entry AS e WHERE e.ref = ? ORDER BY e.kind, e.name"
BY_REFS = f"SELECT {columns()} FROM entry AS e WHERE e.ref IN (SELECT value FROM json_each(?)) ORDER BY e.kind, e.name"
BY_SOURCE = f"SELECT {columns()} FROM entry AS e WHERE e.source = ? ORDER BY e.kind, e.name"
BY_SOURCE_AND_REF = f"SELECT {columns()} FROM entry AS e WHERE e.source = ? ORDER BY e.ref, e.kind, e.name"
RULED = f'SELECT {columns()} FROM entry AS e WHERE e."match" IS NOT NULL ORDER BY e.ref, e.kind, e.name'
WITHOUT_REF = f"SELECT {columns()} FROM entry AS e WHERE e.source = ? AND e.ref IS NULL ORDER BY e.kind, e.name"
BY_SOURCE_CHECKSUM = (
    f"SELECT {columns()} FROM entry AS e WHERE e.source_checksum IN (SELECT value FROM json_each(?)) "
    "ORDER BY e.kind, e.name"
)
IDS_OF = (
    "SELECT e.kind, e.name, e.id FROM json_each(?) AS k CROSS JOIN entry AS e "
    "ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]')"
)
_WORDS_OF = (
    "SELECT e.kind, e.name, e.revision, e.examples, d.name, d.description, d.params, d.tags, d.examples, d.facets "
    "FROM json_each(?) AS k CROSS JOIN entry AS e "
    "ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]') "
    "CROSS JOIN search_doc AS d ON d.entry_id = e.id"
)
_ENTRIES_OF = (
    f"SELECT {columns()} FROM json_each(?) AS k CROSS JOIN entry AS e "
    "ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]')"
)
STATE = "SELECT generation, words_version, text_version FROM catalog_state"
TAGS = "SELECT DISTINCT tag FROM entry_tag"
HISTORY = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data, r.reason FROM revision AS r "
    "WHERE r.kind = ? AND r.name = ? AND r.revision < ? ORDER BY r.revision DESC LIMIT ?"
)
NAMED_BEFORE = (  # a rename takes the history along, in which the entry has its old name
    "SELECT DISTINCT r.name FROM revision AS r WHERE r.kind = ? AND r.name <> ? "
    "AND CASE WHEN json_valid(r.data) THEN json_extract(r.data, '$.name') END = ? ORDER BY r.name"
)
GONE = (  # the first condition is cheap, and true of next to no entry
    "SELECT e.kind, e.name FROM entry AS e WHERE e.metadata LIKE '%\"gone\"%' AND json_valid(e.metadata) "
    "AND json_extract(e.metadata, '$.gone') IS NOT NULL ORDER BY e.kind, e.name"
)
MARKED = f"SELECT e.kind, e.name, e.metadata FROM entry AS e WHERE {may_be_marked('e')} ORDER BY e.kind, e.name"
MARKED_OF = (
    "SELECT e.kind, e.name, e.metadata FROM json_each(?) AS k CROSS JOIN entry AS e "
    "ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]') "
    f"WHERE {may_be_marked('e')} ORDER BY e.kind, e.name"
)
KEPT_REVISIONS = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data, r.reason FROM revision AS r "
    "WHERE r.kind = ? AND r.name = ? AND r.data IS NOT NULL ORDER BY r.revision DESC LIMIT ?"
)
REVISION = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data, r.reason FROM revision AS r "
    "WHERE r.kind = ? AND r.name = ? AND r.revision = ?"
)
LAST_CHANGE = (
    "SELECT r.action, r.at FROM revision AS r WHERE r.kind = ? AND r.name = ? ORDER BY r.revision DESC LIMIT 1"
)
LOG = (
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.actor, r.at, r.data, r.reason FROM revision AS r "
    "ORDER BY r.id DESC LIMIT ?"
)
CHANGED = "SELECT e.kind, e.name FROM entry_change AS c JOIN entry AS e ON e.id = c.entry_id WHERE c.generation > ?"
RECORDED = (
    "SELECT r.revision, r.data FROM revision AS r WHERE r.kind = ? AND r.name = ? AND r.data IS NOT NULL "
    f"AND r.revision BETWEEN 1 AND {MOST} ORDER BY r.revision DESC LIMIT 20"
)
REVISION_DATA = "SELECT r.data, r.at FROM revision AS r WHERE r.kind = ? AND r.name = ? AND r.revision = ?"
COUNT = "SELECT count(*) FROM entry"

_REVISION = COLUMNS.index("revision")

_OF_TAG = (
    f"SELECT {columns(LISTED)} FROM entry_tag AS t CROSS JOIN entry AS e ON e.id = t.entry_id WHERE t.tag = ? "
    "ORDER BY t.kind, t.name LIMIT ?"
)

_BY_PLACE = (
    "SELECT e.id FROM entry AS e WHERE {where} ORDER BY "
    "coalesce(CASE WHEN json_valid(e.metadata) THEN json_extract(e.metadata, '$.root') END, ''), coalesce(e.ref, ''), "
    "e.kind, e.name"
)

_PAGE = 500
"""Rows that are held at once where something takes its time with each."""

_PARAMETERS = 10_000
"""How many parameters a statement gets at most; SQLite allows 32,766."""

_FEW = 1_000
"""Counting the entries of a tag stops here: from this number on, the index of the tag saves nothing."""


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def conditions(filters: Filters, id_: str, kind: str) -> tuple[list[str], list[Any]]:
    """Return the *filters* as SQL conditions on the columns *id_* and *kind*, and the parameters of the conditions."""
    # EXISTS, never IN (SELECT …): beside a full-text query the latter makes SQLite run that query once for every entry
    # of the tag.
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
    if filters.ids is not None:  # the sign keeps SQLite from a full-text query for each of them
        known = "IN (SELECT CAST(k.value AS INTEGER) FROM json_each(?) AS k)"
        sql.append(f"+{id_} {'NOT ' if filters.without else ''}{known}")
        params.append(dumps(filters.ids))
    elif filters.unworded != NO_FILTERS:
        origin, of_it = _of_entry(filters)
        sql.append(f"EXISTS (SELECT 1 FROM entry AS o WHERE o.id = {id_} AND {origin})")
        params += of_it
    return sql, params


def _of_entry(filters: Filters) -> tuple[str, list[Any]]:
    """Return the conditions of *filters* on the origin and the metadata of ``entry AS o``."""
    sql: list[str] = []
    params: list[Any] = []
    either: list[str] = []
    for source in filters.sources:
        either.append("o.source = ?")
        params.append(source)
        for longer in [source] if source[-1] in SEPARATORS else [source + after for after in SEPARATORS]:
            either.append("substr(o.source, 1, ?) = ?")
            params += (len(longer), longer)
    if either:
        sql.append(f"({' OR '.join(either)})")
    if filters.distributions:
        whole = "replace(replace(lower(o.distribution), '_', '-'), '.', '-')"
        either = []
        for name in filters.distributions:
            either += (f"{whole} = ?", f"substr({whole}, 1, ?) = ?")
            params += (name, len(name) + 2, name + "==")
        sql.append(f"({' OR '.join(either)})")
    if filters.frameworks:
        sql.append(f"{FRAMEWORK} IN ({_marks(filters.frameworks)})")
        params += filters.frameworks
    if filters.states:
        sql.append(in_states(filters.states))
    return " AND ".join(sql), params


def entries_with_tag(reader: Reader, tag: str, most: int = _FEW) -> int:
    """Return how many entries have *tag*, or *most* if there are more: counting further would not change a decision."""
    row = reader.one("SELECT count(*) FROM (SELECT 1 FROM entry_tag WHERE tag = ? LIMIT ?) AS few", (tag, most))
    return int(row[0]) if row else 0


def matching(reader: Reader, filters: Filters, limit: int, names: tuple[str, ...] = LISTED) -> list[Row]:
    """Return rows of the entries that pass *filters*, sorted by kind and name.

    Args:
        reader: the database.
        filters: what an entry must be.
        limit: how many rows at most; -1 for all.
        names: the columns of a row.
    """
    rows = reader.all(*_matching(reader, filters, limit, names))
    return listable(reader, rows) if names == LISTED else rows


ORDERS = {"key": "kind, e.name", "name": "name, e.kind", "updated": "updated_at DESC, e.kind, e.name"}
"""What entries can be listed by."""


def listed(reader: Reader, filters: Filters, order: str, after: tuple[str, str] | None = None) -> Iterator[Row]:
    """Yield the rows of a listing of the entries that pass *filters*, in one of :data:`ORDERS`, as they are read.

    Those up to the key *after* are left out.
    """
    if order == "key":
        rows = reader.stream(*_matching(reader, filters, -1, LISTED, after))
    else:  # SQLite sorts in a file where there are many
        sql, params = conditions(filters, "e.id", "e.kind")
        if after is not None:
            sql.append("(e.name, e.kind) > (?, ?)")
            params += after[::-1]
        where = " AND ".join(sql) or "1 = 1"
        rows = reader.stream(
            f"SELECT {columns(LISTED)} FROM entry AS e WHERE {where} ORDER BY e.{ORDERS[order]}", params
        )
    while page := list(islice(rows, _PAGE)):
        yield from listable(reader, page)


def whole_rows(reader: Reader, filters: Filters) -> Iterator[Row]:
    """Yield the columns of entries that pass *filters*, by kind and name, as they are read."""
    return reader.stream(*_matching(reader, filters, -1, COLUMNS))


def rows_by_place(reader: Reader, filters: Filters) -> Iterator[Row]:
    """Yield the columns of entries that pass *filters*, by the place of their code: folder, module, name.

    Only ids are held, and a page of rows: what is done with a row may take its time, and nothing waits for it. A row
    that is written meanwhile comes as it is then, and one that is taken away does not come.
    """
    sql, params = conditions(filters, "e.id", "e.kind")
    where = " AND ".join(sql) or "1 = 1"
    ids = array("q", (row[0] for row in reader.stream(_BY_PLACE.format(where=where), params)))
    wanted = f"SELECT e.id, {columns()} FROM entry AS e WHERE e.id IN ({{ids}})"
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        rows = {row[0]: row[1:] for row in rows_of_ids(reader, wanted, page)}
        yield from (rows[id_] for id_ in page if id_ in rows)


def _matching(
    reader: Reader, filters: Filters, limit: int, names: tuple[str, ...], after: tuple[str, str] | None = None
) -> tuple[str, Sequence[Any]]:
    """Return the statement for what passes *filters* behind the key *after*, and its parameters."""
    if filters == NO_FILTERS and limit < 0 and names == COLUMNS and after is None:
        return ALL, ()
    if after is None and names == LISTED and len(filters.tags) == 1 and filters == Filters(tags=filters.tags):
        return _OF_TAG, (filters.tags[0], limit)
    wanted = columns(names)
    if filters.tags:
        # Start from the rarest tag: the index lists the entries of a tag in the order of keys, so nothing is sorted.
        tags = filters.tags
        if len(tags) > 1:
            tags = tuple(sorted(tags, key=lambda tag: entries_with_tag(reader, tag)))
        rest = filters._replace(tags=tags[1:])
        sql, params = conditions(rest, "t.entry_id", "t.kind")
        if after is not None:
            sql.append("(t.kind, t.name) > (?, ?)")
            params += after
        where = " AND ".join(["t.tag = ?", *sql])
        text = (
            f"SELECT {wanted} FROM entry_tag AS t CROSS JOIN entry AS e ON e.id = t.entry_id WHERE {where} "
            "ORDER BY t.kind, t.name LIMIT ?"
        )
        return text, (tags[0], *params, limit)
    if filters.any_tags and sum(entries_with_tag(reader, tag) for tag in filters.any_tags) < _FEW:
        sql, params = _behind(conditions(filters._replace(any_tags=()), "e.id", "e.kind"), after)
        where = " AND ".join(
            [f"e.id IN (SELECT entry_id FROM entry_tag WHERE tag IN ({_marks(filters.any_tags)}))", *sql]
        )
        text = f"SELECT {wanted} FROM entry AS e WHERE {where} ORDER BY e.kind, e.name LIMIT ?"
        return text, (*filters.any_tags, *params, limit)
    sql, params = _behind(conditions(filters, "e.id", "e.kind"), after)
    where = " AND ".join(sql) or "1 = 1"
    return f"SELECT {wanted} FROM entry AS e WHERE {where} ORDER BY e.kind, e.name LIMIT ?", (*params, limit)


def _behind(given: tuple[list[str], list[Any]], after: tuple[str, str] | None) -> tuple[list[str], list[Any]]:
    """Return the conditions *given* with that of coming behind the key *after*."""
    sql, params = given
    return given if after is None else ([*sql, "(e.kind, e.name) > (?, ?)"], [*params, *after])


def by_ids(reader: Reader, ids: Sequence[int]) -> dict[int, Row]:
    """Return the columns of a listing for the entries with these *ids*, keyed by id; unknown ids are missing."""
    rows = rows_of_ids(reader, f"SELECT e.id, {columns(LISTED)} FROM entry AS e WHERE e.id IN ({{ids}})", ids)
    return {row[0]: row[1:] for row in listable(reader, rows, 1)}


def by_ids_or_name(reader: Reader, ids: Sequence[int], name: str, kinds: Sequence[str]) -> dict[int, Row]:
    """Return the columns of a listing for the few entries with these *ids* or called *name*, on one way to a server.

    See :func:`by_ids` and :func:`named`.
    """
    sql = f"SELECT e.id, {columns(LISTED)} FROM entry AS e WHERE e.id IN ({_marks(ids)})"
    sql = f"{sql} OR (e.kind IN ({_marks(kinds)}) AND e.name = ?)"
    return {row[0]: row[1:] for row in listable(reader, reader.all(sql, (*ids, *kinds, name)), 1)}


def rows_of_ids(reader: Reader, sql: str, ids: Sequence[int]) -> list[Row]:
    """Return the rows of *sql*, whose ``{ids}`` becomes a list of parameters; many *ids* take several statements."""
    if len(ids) <= _PARAMETERS:
        return reader.all(sql.format(ids=_marks(ids)), list(ids))
    parts = (ids[start : start + _PARAMETERS] for start in range(0, len(ids), _PARAMETERS))
    return [row for part in parts for row in reader.all(sql.format(ids=_marks(part)), list(part))]


def id_of(reader: Reader, kind: str, name: str) -> int | None:
    """Return the id of a persistent entry, or None if there is no such entry."""
    row = reader.one("SELECT e.id FROM entry AS e WHERE e.kind = ? AND e.name = ?", (kind, name))
    return row[0] if row else None


def ids_of(reader: Reader, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the ids of *keys*, as (kind, name); keys without a persistent entry are missing."""
    return {(kind, name): id_ for kind, name, id_ in reader.all(IDS_OF, (dumps(keys),))}


def matching_ids(reader: Reader, filters: Filters) -> list[int]:
    """Return the ids of the entries that pass *filters*, in no particular order."""
    return [row[0] for row in reader.all(*matching_sql(reader, filters))]


def matching_sql(reader: Reader, filters: Filters) -> tuple[str, list[Any]]:
    """Return a statement for the ids of the entries that pass *filters*, and its parameters."""
    if filters.tags:
        tags = tuple(sorted(filters.tags, key=lambda tag: entries_with_tag(reader, tag)))
        sql, params = conditions(filters._replace(tags=tags[1:]), "t.entry_id", "t.kind")
        return f"SELECT t.entry_id FROM entry_tag AS t WHERE {' AND '.join(['t.tag = ?', *sql])}", [tags[0], *params]
    sql, params = conditions(filters, "e.id", "e.kind")
    return f"SELECT e.id FROM entry AS e WHERE {' AND '.join(sql) or '1 = 1'}", params


def named(reader: Reader, name: str, kinds: Sequence[str]) -> list[Row]:
    """Return the columns of a listing for each entry called *name*, by kind.

    Args:
        reader: the database.
        name: the name.
        kinds: where to look. The index begins with the kind, so SQLite can use it only if the kinds are given.
    """
    rows = reader.all(
        f"SELECT {columns(LISTED)} FROM entry AS e WHERE e.kind IN ({_marks(kinds)}) AND e.name = ? ORDER BY e.kind",
        (*kinds, name),
    )
    return listable(reader, rows)


def words_and_examples(
    reader: Reader, keys: Sequence[tuple[str, str]]
) -> dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]]:
    """Return revision, words by field and examples of the entries with these *keys*, by key, without damaged rows."""
    found = {}
    for kind, name, revision, examples, *words in reader.all(_WORDS_OF, (dumps(keys),)):
        with suppress(ValueError):
            if all(type(text) is str for text in words):
                found[f"{kind}:{name}"] = revision, tuple(words), parsed_texts(examples)
    return found


def rows_of(reader: Reader, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, int], Row]:
    """Return the rows of the entries with these *keys*, by key and revision, as :func:`entry_from_row` takes them."""
    rows = reader.all(_ENTRIES_OF, (dumps(keys),))
    return {(f"{row[0]}:{row[1]}", row[_REVISION]): row for row in rows}


def entry_at(reader: Reader, kind: str, name: str, revision: int) -> Entry:
    """Return an entry as it was at *revision*: from its row if that is current, else from the history.

    Raises:
        EntryNotFoundError: there never was such a revision, or it took the entry away.
    """
    row = reader.one(ENTRY, (kind, name))
    damage = None
    if row is not None and row[_REVISION] == revision:
        try:
            return entry_from_row(row)
        except StoreError as error:  # the history may still have the entry
            damage = error
    recorded = reader.one(REVISION_DATA, (kind, name, revision))
    if recorded is not None and recorded[0] is not None:
        from catalog.entry.entry import make_entry

        try:
            as_it_was = {"kind": kind, "name": name, "revision": revision, "updated_at": recorded[1]}
            return make_entry({**parsed(recorded[0], dict), **as_it_was})
        except (ValueError, CatalogError) as error:
            damage = damage or damaged_row(kind, name, error)
    if damage is not None:
        raise damage
    raise EntryNotFoundError(f"no entry '{kind}:{name}' at revision {revision}", kind=kind, name=name, close=[])


def listable(reader: Reader, rows: list[Row], before: int = 0) -> list[Row]:
    """Return the *rows* of a listing, those that are damaged as their entries were recorded last.

    What the history can't tell either is left out with a warning.

    Args:
        reader: the database.
        rows: with the columns :data:`~catalog.store.mapping.LISTED` at their end.
        before: how many columns stand before them.
    """
    good: list[Row] = []
    for row in rows:
        kind, name, text, tags, revision = row[before:] if before else row
        # Every row of every listing comes through here: a look at a table of types would take three times as long.
        if (
            type(kind) is type(name) is type(text) is type(tags) is str
            and type(revision) is int
            and 0 < revision < MOST
        ):
            good.append(row)
            continue
        known = _recorded(reader, kind, name) if type(kind) is str and type(name) is str else None
        if known is None:
            warnings.warn(str(damaged_row(kind, name, "it can't be listed")), CatalogWarning, stacklevel=4)
        else:
            good.append((*row[:before], *known))
    return good


def _recorded(reader: Reader, kind: str, name: str) -> Row | None:
    """Return the columns of a listing as the newest revision of a key that can be read has them."""
    for number, data in reader.all(RECORDED, (kind, name)):
        with suppress(ValueError):
            said = parsed(data, dict)
            tags = parsed_texts(to_json(said.get("tags", [])))
            if type(said.get("description", "")) is str and type(number) is int:
                return kind, name, said.get("description", ""), to_json(tags), number
    return None
