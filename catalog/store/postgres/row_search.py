"""Asking the index of vectors on a server: the nearest entries without reading all vectors.

pgvector's HNSW gives candidates, and the statement that asks for them computes their similarities from the whole
numbers of their rows: what is found has the similarity that an exact search gives it, and only which entries are
found is an estimate. Where a filter lets few pass, every one of them is looked at; where HNSW finds fewer than were
asked for, as behind a filter that cuts across its links, so too. Then the answer is exact.

Vectors travel in pgvector's own binary form: a row of 256 numbers as text is three times as long and is parsed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Dumper

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.store.nearby import RowsOnServer, Similar, first_passing, rows_on_server, wish
from catalog.store.postgres import row_index
from catalog.store.postgres.dialect import translated
from catalog.store.postgres.reader import PostgresReader
from catalog.store.postgres.row_index import MOST, WIDEST, numbers_of, packed
from catalog.store.queries import conditions, matching_sql
from catalog.store.vectors import TOUCHED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EF_SEARCH = 400
"""How many candidates HNSW keeps while it looks: of real texts it finds 99 of 100 of the ten nearest (26,000 entries);
with 200 it is 98.9 in two thirds of the time, with 40, pgvector's own, 96.9."""

PART_EFFORT = 100
"""As many for a part of a request, behind the request itself: of 300 requests of several parts (20,000 texts) one gets
other hits than with 400, in a quarter of the time; without a look for parts 3 of 100 hits would be missing."""

SCANNED = 40_000
"""How many rows HNSW visits behind a filter before it gives up, and all rows that pass are compared."""

_LOOK = (
    "SELECT e.id, e.width, m.generation, s.generation, "
    "(SELECT min(r.entry_id) FROM vector_row AS r WHERE r.embedder_id = e.id), "
    "(SELECT max(r.entry_id) FROM vector_row AS r WHERE r.embedder_id = e.id), "
    "to_regclass(current_schema() || '.ix_vector_row_' || e.id) IS NOT NULL "
    "FROM embedder AS e CROSS JOIN catalog_state AS s LEFT JOIN vector_mark AS m ON m.embedder_id = e.id "
    "WHERE e.name = ?"
)
_SETTINGS = {"hnsw.ef_search": str(EF_SEARCH), "hnsw.iterative_scan": "off"}
_FILTERED = {
    **_SETTINGS,
    "hnsw.iterative_scan": "strict_order",  # what it keeps to go on with costs a fifth more
    "hnsw.max_scan_tuples": str(SCANNED),
}


_NOTHING = "SELECT 0 AS entry_id WHERE FALSE"
_LESS = "SELECT 0 WHERE set_config('hnsw.ef_search', '{effort}', TRUE) IS NULL"  # to the end of the statement


class _Numbers:
    """A row as a parameter."""

    __slots__ = ("data",)

    def __init__(self, row: NDArray[np.float32]) -> None:
        self.data = packed(row)


class _NumbersDumper(Dumper):
    """Sends a row as it is. Its type comes from where it stands in a statement: each database numbers types anew."""

    format = psycopg.pq.Format.BINARY
    oid = 0

    def dump(self, obj: _Numbers) -> bytes:
        return obj.data


psycopg.adapters.register_dumper(_Numbers, _NumbersDumper)


@rows_on_server.register
def _(reader: PostgresReader, embedder: str) -> RowsOnServer | str:
    """Return the rows of *embedder*, or why they can't be searched on the server."""
    known = row_index.extension(reader.one(row_index.ASK))
    if known.why_not:
        return known.why_not
    if not (reader.one(f"SELECT {row_index.READABLE}") or (False,))[0]:
        return "this role may not read the table vector_row; docs/postgres-roles.sql has the rights"
    row = reader.one(_LOOK, (embedder,))
    if row is None:
        return f"embedder '{embedder}' has no vectors here"
    id_, width, mark, generation, first, last, has_index = row
    if width > WIDEST:
        return f"vectors of {width} numbers have no index: pgvector's has {WIDEST} at the most"
    if mark is None or not has_index:
        return f"embedder '{embedder}' has no index yet; `catalog db upgrade` by the owner of the tables makes it"
    touched: list[int] = []
    if mark < generation:
        touched = [found[0] for found in reader.all(TOUCHED, (mark, id_, mark, MOST + 1))]
    if touched:
        return f"the index is {len(touched)} entries behind; `catalog db upgrade` by the owner puts it right"
    return _Rows(reader, id_, width, generation, (first, last) if first is not None else (0, -1), known.place or "")


def join() -> None:
    """Nothing: whoever imports this module for a server has the questions answered by it."""


@wish.register
def _(reader: PostgresReader) -> str:
    return reader.address.vectors


@first_passing.register
def _(reader: PostgresReader, filters: Filters, most: int) -> list[int] | None:
    sql, params = matching_sql(reader, filters)
    rows = reader.all(f"{sql} LIMIT ?", (*params, most + 1))
    return [row[0] for row in rows] if len(rows) <= most else None


class _Rows:
    """The rows of one embedder on a server."""

    def __init__(
        self, reader: PostgresReader, id_: int, width: int, generation: int, span: tuple[int, int], place: str
    ) -> None:
        self._reader = reader
        self._id = id_
        self._width = width
        self._first, self._last = span
        self._type = f'"{place}".vector({width})'
        self._half = f'"{place}".halfvec({width})'
        self._product = f'OPERATOR("{place}".<#>)'  # of rows of length 1 the cosine, with its sign changed
        self._distance = f'OPERATOR("{place}".<=>)'
        self.generation = generation
        self.size = self._last - self._first + 1
        self.way = f"hnsw, ef_search {EF_SEARCH}"

    def nearest(
        self,
        queries: NDArray[np.float32],
        k: int,
        filters: Filters,
        passing: Sequence[int] | None,
        also: Sequence[int],
    ) -> Similar:
        """Return the entries nearest to each of the *queries*; see :class:`catalog.store.nearby.RowsOnServer`."""
        places = [place for place, query in enumerate(queries) if query.any()]
        if passing is not None:
            return self._found(queries, places, k, "r.entry_id = ANY(%s) AND", [list(passing)], also, {})[0]
        where, params = conditions(filters, "r.entry_id", "(SELECT e.kind FROM entry AS e WHERE e.id = r.entry_id)")
        passes = "".join(f"{translated(one)} AND " for one in where)
        enough = len(places) * min(k, self.size // 2)
        for settings in (_FILTERED,) if passes or k > EF_SEARCH else (_SETTINGS, _FILTERED):
            found, count = self._found(queries, places, k, passes, params, also, settings)
            if 2 * count >= enough:  # else many are of rows that were changed since, and it has to go on
                break
        if filters != NO_FILTERS and count < enough:
            return self._found(queries, places, k, passes, params, also, {})[0]
        return found

    def _found(
        self,
        queries: NDArray[np.float32],
        places: Sequence[int],
        k: int,
        passes: str,
        params: list[Any],
        also: Sequence[int],
        settings: Mapping[str, str],
    ) -> tuple[Similar, int]:
        """Return the first *k* rows for the queries at each of *places*, and how many that were before *also*.

        With *settings* they come from the index; without, every row that passes is looked at.
        """
        import numpy as np

        # The number of the embedder stands in the text: as a parameter it would keep the index of that one from use.
        ours = f"vector_row AS r WHERE r.embedder_id = {self._id} AND"
        rows_asked, values, near = [_Numbers(query) for query in queries], list[Any](), list[str]()
        for place in places:
            order = f"(r.row {self._product} %s::{self._type}) + 0"
            if settings:  # by a parameter: what another part of the statement gives would not go by the index
                order = f"r.row::{self._half} {self._distance} (%s::{self._type})::{self._half}"
            near.append(f"(SELECT r.entry_id FROM {ours} {passes} TRUE ORDER BY {order} LIMIT {k})")
            values += [*params, rows_asked[place]]
        if settings is _SETTINGS and len(near) > 1:  # they are looked for one after the other
            near.insert(1, _LESS.format(effort=max(PART_EFFORT, k)))
        each = ", ".join(f"-(r.row {self._product} %s::{self._type})" for _ in queries)
        rows = self._reader.at_once(
            settings,
            f"WITH f AS MATERIALIZED ({' UNION ALL '.join(near) or _NOTHING}) "
            f"SELECT r.entry_id, (SELECT count(*) FROM f), {each} FROM {ours} "
            "r.entry_id = ANY(ARRAY(SELECT entry_id FROM f UNION SELECT unnest(%s::integer[]))) ORDER BY r.entry_id",
            [*values, *rows_asked, list(also)],
            # A plan for any tag sorts all its entries: of a tag that 30 % have that takes five times as long.
            planned=settings is _FILTERED,
        )
        table = np.array([row[2:] for row in rows], np.float64).reshape(len(rows), len(queries)).T
        return Similar(np.array([row[0] for row in rows], np.int64), table), rows[0][1] if rows else 0

    def rows(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Return the rows of the entries *ids*, as far as they have one."""
        sql = "SELECT r.entry_id, r.row FROM vector_row AS r WHERE r.embedder_id = %s AND r.entry_id = ANY(%s)"
        return {id_: numbers_of(data) for id_, data in self._reader.at_once({}, sql, [self._id, list(ids)])}

    def sample(self, most: int) -> NDArray[np.float32]:
        """Return at most *most* rows, evenly spaced by their ids."""
        import numpy as np

        step = max(1, -(-self.size // most))
        found = self.rows(range(self._first, self._last + 1, step))
        rows = [found[id_] for id_ in sorted(found)]
        return np.stack(rows) if rows else np.empty((0, self._width), np.float32)
