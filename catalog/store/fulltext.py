"""Full-text search in SQLite: the FTS5 index over ``search_doc``, and every statement that asks it.

The index, its triggers and its vocabulary are derived data. They are installed after the migrations have run, never by
a migration: recreating a table in Alembic's batch mode drops its triggers silently, and autogenerate would propose to
remove the FTS tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.store.mapping import LISTED, columns
from catalog.store.queries import conditions, entries_with_tag, listable, rows_of_ids
from catalog.store.reader import Reader, Row

FIELDS = ("name", "description", "params", "tags", "examples", "facets")
"""The searched columns of ``search_doc``, in the order of :data:`WEIGHTS`."""

_COLUMNS = ", ".join(FIELDS)
_NEW = ", ".join(f"new.{f}" for f in FIELDS)
_OLD = ", ".join(f"old.{f}" for f in FIELDS)

INSTALL = (
    # The words are split and stemmed before they get here (catalog.entry.words), so the tokenizer only has to leave
    # them alone: "ascii" splits at ASCII punctuation and keeps every character beyond ASCII as it is.
    f"CREATE VIRTUAL TABLE IF NOT EXISTS entry_fts USING fts5({_COLUMNS}, content='search_doc', "
    "content_rowid='entry_id', tokenize='ascii')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS entry_words USING fts5vocab('entry_fts', 'row')",
    "CREATE TRIGGER IF NOT EXISTS search_doc_insert AFTER INSERT ON search_doc BEGIN "
    f"INSERT INTO entry_fts(rowid, {_COLUMNS}) VALUES (new.entry_id, {_NEW}); END",
    "CREATE TRIGGER IF NOT EXISTS search_doc_delete AFTER DELETE ON search_doc BEGIN "
    f"INSERT INTO entry_fts(entry_fts, rowid, {_COLUMNS}) VALUES ('delete', old.entry_id, {_OLD}); END",
    "CREATE TRIGGER IF NOT EXISTS search_doc_update AFTER UPDATE ON search_doc BEGIN "
    f"INSERT INTO entry_fts(entry_fts, rowid, {_COLUMNS}) VALUES ('delete', old.entry_id, {_OLD}); "
    f"INSERT INTO entry_fts(rowid, {_COLUMNS}) VALUES (new.entry_id, {_NEW}); END",
)

REMOVE = (
    "DROP TRIGGER IF EXISTS search_doc_insert",
    "DROP TRIGGER IF EXISTS search_doc_delete",
    "DROP TRIGGER IF EXISTS search_doc_update",
    "DROP TABLE IF EXISTS entry_words",
    "DROP TABLE IF EXISTS entry_fts",
)

_RARE = 5_000
"""Entries of a tag that are walked through faster than the rows of a word are asked for their tags."""

REBUILD = "INSERT INTO entry_fts(entry_fts) VALUES ('rebuild')"
CHECK = "INSERT INTO entry_fts(entry_fts, rank) VALUES ('integrity-check', 1)"
"""Raises ``database disk image is malformed`` where index and ``search_doc`` differ (rank 1 compares them)."""

# -- asking the index ------------------------------------------------------------------------------------------------

WEIGHTS = (4.0, 1.0, 0.5, 1.0, 0.5, 0.0)
"""How much a word counts in each of :data:`FIELDS`; facets only filter."""

_BM25 = f"bm25(entry_fts, {', '.join(map(str, WEIGHTS))})"

_RANKED = f"SELECT rowid, -{_BM25} AS score FROM entry_fts WHERE entry_fts MATCH ? ORDER BY score DESC, rowid LIMIT ?"
_RANKED_LISTED = (
    f"SELECT e.id, f.score, {columns(LISTED)} FROM ({_RANKED}) AS f CROSS JOIN entry AS e ON e.id = f.rowid"
)

_POSTINGS = f"SELECT rowid, -{_BM25} FROM entry_fts WHERE entry_fts MATCH ? ORDER BY rowid"

FREQUENCY = "SELECT w.doc FROM entry_words AS w WHERE w.term = ?"
_KEYS = "SELECT e.kind, e.name FROM entry_fts AS f CROSS JOIN entry AS e ON e.id = f.rowid WHERE entry_fts MATCH ?"
COMPLETIONS = "SELECT w.term FROM entry_words AS w WHERE w.term > ? AND w.term < ? ORDER BY w.doc DESC, w.term LIMIT 8"
DOCUMENTS = (
    "SELECT d.entry_id, d.name, d.description, d.params, d.tags, d.examples, d.facets FROM search_doc AS d "
    "WHERE d.entry_id IN ({ids})"
)


@singledispatch
def rank(reader: Reader, match: str, filters: Filters, limit: int) -> list[tuple[int, float]]:
    """Return the entries that match a full-text expression, the best first.

    Args:
        match: an FTS5 expression.
        filters: applied before ranking.
        limit: how many at most. Of equal scores the entry that was stored earlier comes first.

    Returns:
        (id, BM25 score); higher is better.
    """
    return _ranked(reader, _RANKED, match, filters, limit)


@singledispatch
def postings(reader: Reader, match: str) -> list[tuple[int, float]]:
    """Return id and BM25 of every entry that matches a full-text expression, in the order of ids."""
    return reader.all(_POSTINGS, (match,))


@singledispatch
def keys(reader: Reader, match: str) -> list[tuple[str, str]]:
    """Return kind and name of every entry that matches a full-text expression, in no particular order."""
    return reader.all(_KEYS, (match,))


@singledispatch
def listed(reader: Reader, match: str, filters: Filters, limit: int) -> list[Row]:
    """Return rows of id, BM25 score and the columns of a listing, for the entries :func:`rank` would return.

    The rows are in no particular order.
    """
    return listable(reader, _ranked(reader, _RANKED_LISTED, match, filters, limit), 2)


def _ranked(reader: Reader, sql: str, match: str, filters: Filters, limit: int) -> list[Row]:
    if filters == NO_FILTERS:
        return reader.all(sql, (match, limit))
    # A tag that few have goes into the expression, so that FTS5 scores these few and not every row of the words.
    few = tuple(tag for tag in filters.tags if entries_with_tag(reader, tag, _RARE) < _RARE)
    if few:
        match = facets(Filters(tags=few)).format(tier=match)
    kind = "(SELECT k.kind FROM entry AS k WHERE k.id = entry_fts.rowid)"
    passing, params = conditions(filters, "entry_fts.rowid", kind)
    return reader.all(sql.replace("MATCH ?", f"MATCH ? AND {' AND '.join(passing)}"), (match, *params, limit))


def documents(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Return id and the :data:`FIELDS` of the entries with these *ids*, as rows of words; in no particular order."""
    rows = rows_of_ids(reader, DOCUMENTS, ids)
    if all(type(value) is str for row in rows for value in row[1:]):
        return rows
    return [(row[0], *(value if type(value) is str else "" for value in row[1:])) for row in rows]


@singledispatch
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


@singledispatch
def candidates(reader: Reader, tiers: Sequence[str], filters: Filters, most: int, enough: int) -> list[int]:
    """Return ids of entries that match the full-text expressions of *tiers*, unranked, without repeats.

    Args:
        reader: the database.
        tiers: expressions, the most promising first.
        filters: applied before anything is counted.
        most: how many to take from each tier.
        enough: stop at the end of the tier that reaches this number.
    """
    narrowed = facets(filters)
    passing, params = conditions(filters.unworded, "entry_fts.rowid", "")  # no list of words tells this
    where = " AND ".join(["entry_fts MATCH ?", *passing])
    ids: dict[int, None] = {}
    if filters.tags and min(entries_with_tag(reader, tag) for tag in filters.tags) <= most:
        tiers, most = [" OR ".join(f"({tier})" for tier in tiers)], -1  # so few that one look finds all
    for tier in tiers:
        rows = reader.all(
            f"SELECT rowid FROM entry_fts WHERE {where} LIMIT ?", (narrowed.format(tier=tier), *params, most)
        )
        ids.update((row[0], None) for row in rows)
        if len(ids) >= enough:
            break
    return list(ids)


def facets(filters: Filters) -> str:
    """Return a full-text expression with a place for ``{tier}``, narrowed to what passes the *filters*.

    The filters go into the expression because FTS5 walks the lists of a word and of a tag together and skips ahead in
    both. An EXISTS beside the expression would look at every row of a common word to find the few of a rare tag.
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
    # Braces belong to FTS5's column filters; only the place of the tier must be left for str.format.
    return text.replace("{", "{{").replace("}", "}}").replace("\0", "{tier}")
