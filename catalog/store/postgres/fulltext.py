"""Full-text search on PostgreSQL: the same questions as :mod:`catalog.store.fulltext` asks FTS5, and the same ranks.

A ``tsvector`` with a GIN index finds the rows. They are ranked by BM25 as FTS5 computes it, reckoned in the statement:
each row has its words, sorted, and beside them how much each counts there; the numbers of rows and words of the whole
catalog are kept beside them. PostgreSQL's own ranks know nothing of how rare a word is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from json import dumps
from typing import Any

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.store import fulltext
from catalog.store.mapping import LISTED, columns
from catalog.store.postgres.dialect import quoted_words, tsquery
from catalog.store.postgres.reader import PostgresReader
from catalog.store.queries import conditions, listable
from catalog.store.reader import Row

K1, B = 1.2, 0.75  # as in FTS5; see catalog.search.bm25, which is above this room

_TOTALS = "SELECT t.docs, t.words FROM search_total AS t"
_FREQUENCIES = (
    "SELECT t.docs, t.words, w.word, w.docs FROM search_total AS t "
    "LEFT JOIN search_word AS w ON w.word IN (SELECT value FROM json_each(?))"
)


def _score(reader: PostgresReader, match: str) -> tuple[str, list[Any]]:
    """Return BM25 of a row of ``search_doc AS d`` as SQL, and its parameters."""
    words = quoted_words(match)
    rows = reader.all(_FREQUENCIES, (dumps(words, ensure_ascii=False),))
    docs, total = rows[0][:2] if rows else (0, 0)
    counts: dict[str, int] = {row[2]: row[3] for row in rows if row[2] is not None}
    average = total / docs if docs and total else 1.0
    parts, params = [], []
    for word in words:
        count = counts.get(word)
        if count is None:
            continue
        idf = max(math.log((docs - count + 0.5) / (count + 0.5)), 1e-6) if count <= docs else 1e-6
        at = "d.weights[array_position(d.terms, ?::text)]"
        parts.append(
            f"coalesce(?::float8 * {at} / nullif({at} + {K1}::float8 * ({1 - B} + {B} * d.length / ?::float8), 0), 0)"
        )
        params += [idf * (K1 + 1), word, word, average]
    return " + ".join(parts) or "0::float8", params


def _ranked(reader: PostgresReader, match: str, filters: Filters, limit: int) -> tuple[str, list[Any]]:
    score, params = _score(reader, match)
    if filters != NO_FILTERS:  # tags and kinds are words too: GIN has only the rows of both, and the table is not read
        match = fulltext.facets(filters).format(tier=match)
    also, passing = conditions(filters.unworded, "d.entry_id", "")
    where = " AND ".join(["d.words @@ ?::tsquery", *also])
    sql = (
        f"SELECT d.entry_id, {score} AS score FROM search_doc AS d WHERE {where} "
        "ORDER BY score DESC, d.entry_id LIMIT ?"
    )
    return sql, [*params, tsquery(match), *passing, limit]


def join() -> None:
    """Nothing: whoever imports this module for a server has the questions answered by it."""


@fulltext.rank.register
def _(reader: PostgresReader, match: str, filters: Filters, limit: int) -> list[tuple[int, float]]:
    return reader.all(*_ranked(reader, match, filters, limit))


@fulltext.postings.register
def _(reader: PostgresReader, match: str) -> list[tuple[int, float]]:
    score, params = _score(reader, match)
    sql = f"SELECT d.entry_id, {score} FROM search_doc AS d WHERE d.words @@ ?::tsquery ORDER BY d.entry_id"
    return reader.all(sql, [*params, tsquery(match)])


@fulltext.keys.register
def _(reader: PostgresReader, match: str) -> list[tuple[str, str]]:
    sql = "SELECT e.kind, e.name FROM search_doc AS d JOIN entry AS e ON e.id = d.entry_id WHERE d.words @@ ?::tsquery"
    return reader.all(sql, (tsquery(match),))


@fulltext.listed.register
def _(reader: PostgresReader, match: str, filters: Filters, limit: int) -> list[Row]:
    sql, params = _ranked(reader, match, filters, limit)
    wanted = f"SELECT e.id, f.score, {columns(LISTED)} FROM ({sql}) AS f JOIN entry AS e ON e.id = f.entry_id"
    return listable(reader, reader.all(wanted, params), 2)


@fulltext.mean_length.register
def _(reader: PostgresReader) -> float:
    docs, words = reader.one(_TOTALS) or (0, 0)
    return words / docs if docs else 0.0


@fulltext.candidates.register
def _(reader: PostgresReader, tiers: Sequence[str], filters: Filters, most: int, enough: int) -> list[int]:
    narrowed = fulltext.facets(filters)
    passing, params = conditions(filters.unworded, "d.entry_id", "")
    where = " AND ".join(["d.words @@ ?::tsquery", *passing])
    ids: dict[int, None] = {}
    for tier in tiers:
        rows = reader.all(
            f"SELECT d.entry_id FROM search_doc AS d WHERE {where} LIMIT ?",
            (tsquery(narrowed.format(tier=tier)), *params, most),
        )
        ids.update((row[0], None) for row in rows)
        if len(ids) >= enough:
            break
    return list(ids)
