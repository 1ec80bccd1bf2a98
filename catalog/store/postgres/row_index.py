"""The index of vectors on a server: pgvector's HNSW over one row for each entry, kept in step by whoever writes.

``vector`` holds what was made of each text, as bytes, as in a file. ``vector_row`` has what a search compares: for each
entry the row that :mod:`catalog.store.entry_rows` makes of its fresh vectors, as a column of pgvector's. It has no
fixed width; each embedder gets an index of its own, over the rows of that embedder, as ``halfvec``: the same recall as
with whole numbers in two thirds of the room. Similarities are computed from the whole numbers.

``vector_mark`` says up to which generation the rows of an embedder are those of the database. Every transaction that
changes texts or vectors brings the rows of the entries it touched, and the mark, with it. Where it can't (no right to,
or a server without pgvector at that time) the mark stays behind: a search then sees which entries have changed since,
and takes the rows of those from their vectors, or does not use the index at all. So none of it is stale in silence.

All of it is derived: `catalog db upgrade` makes it where it is not there, and puts it right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.store.entry_rows import rows_of_entries
from catalog.store.postgres.extension import tried
from catalog.store.postgres.pipelines import tell
from catalog.store.vectors import FRESH_JOIN, TOUCHED, as_rows, undamaged

if TYPE_CHECKING:
    import numpy as np
    import psycopg
    import sqlalchemy as sa
    from numpy.typing import NDArray

    from catalog.store.postgres.pipelines import Waiting

WIDEST = 4_000
"""How many numbers a row of an HNSW index of ``halfvec`` has at most."""

MOST = 1_000
"""How many entries may have changed since the mark; beyond, the index is not used until it is put right."""

LINKS, EFFORT = 16, 64
"""``m`` and ``ef_construction``, pgvector's own: with 24 and 100 the recall is as with twice the ``ef_search``, and an
index takes 2.4 times as long to make."""

_PAGE = 2_000  # entries whose rows are made at once
_FEW = 50  # rows up to which an INSERT is as fast as a COPY

THERE = (
    "EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = to_regclass(current_schema() || '.vector_row') "
    "AND a.attname = 'row' AND NOT a.attisdropped)"
)
"""Whether there are rows: the column goes with the extension, if that is dropped."""

READABLE = "has_table_privilege('vector_row', 'SELECT') AND has_table_privilege('vector_mark', 'SELECT')"
_WRITABLE = " AND ".join(
    f"has_table_privilege('{table}', '{right}')"
    for table in ("vector_row", "vector_mark")
    for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
)
KEPT = f"CASE WHEN {THERE} THEN {_WRITABLE} ELSE FALSE END"
"""Whether there are rows that this role may write."""

CHECKED = f"CASE WHEN {THERE} THEN {READABLE} ELSE FALSE END"
"""Whether there are rows that this role may read."""

_EXTENSION = (
    "SELECT (SELECT n.nspname FROM pg_extension AS x JOIN pg_namespace AS n ON n.oid = x.extnamespace "
    "WHERE x.extname = 'vector'), (SELECT x.extversion FROM pg_extension AS x WHERE x.extname = 'vector'), "
    "(SELECT a.default_version FROM pg_available_extensions AS a WHERE a.name = 'vector'), "
    f"{THERE}, to_regnamespace('public') IS NOT NULL"
)
OLDEST = (0, 8)
"""The first version of pgvector that has all a search needs."""

_TABLES = (
    """
CREATE TABLE IF NOT EXISTS vector_row (
    entry_id integer NOT NULL REFERENCES entry ON DELETE CASCADE,
    embedder_id integer NOT NULL REFERENCES embedder ON DELETE CASCADE,
    row {place}.vector NOT NULL,
    PRIMARY KEY (entry_id, embedder_id)
)""",
    """
CREATE TABLE IF NOT EXISTS vector_mark (
    embedder_id integer PRIMARY KEY REFERENCES embedder ON DELETE CASCADE,
    generation bigint NOT NULL
)""",
)
# A writer owns no tables and makes no indexes; this one it may make, of an embedder that is there, and nothing else.
_FUNCTION = """
CREATE OR REPLACE FUNCTION catalog_index_vectors(which integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $f$
DECLARE numbers integer;
BEGIN
    IF NOT has_table_privilege(session_user, 'vector_row', 'INSERT') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for table vector_row';
    END IF;
    SELECT e.width INTO numbers FROM embedder AS e WHERE e.id = which AND e.width BETWEEN 1 AND {widest};
    IF numbers IS NOT NULL AND to_regclass('{schema}.ix_vector_row_' || which) IS NULL THEN
        EXECUTE 'CREATE INDEX ix_vector_row_' || which || ' ON vector_row USING hnsw ((row::{place}.halfvec('
            || numbers || ')) {place}.halfvec_cosine_ops) WITH (m = {links}, ef_construction = {effort}) '
            || 'WHERE embedder_id = ' || which;
    END IF;
END $f$
"""
REMOVE = (
    "DROP FUNCTION IF EXISTS catalog_index_vectors",
    "DROP TABLE IF EXISTS vector_row, vector_mark",
)
DERIVED_TABLES = ("vector_row", "vector_mark")

_EMBEDDERS = (
    "SELECT e.id, e.name, e.width, e.since, m.generation FROM embedder AS e "
    "LEFT JOIN vector_mark AS m ON m.embedder_id = e.id "
    f"WHERE e.width BETWEEN 1 AND {WIDEST} ORDER BY e.id"
)
_TOGETHER = (
    "SELECT e.id, e.width, e.since, m.generation, v.entry_id, v.part, v.vector, v.checksum FROM embedder AS e "
    "LEFT JOIN vector_mark AS m ON m.embedder_id = e.id "
    f"LEFT JOIN (vector AS v {FRESH_JOIN}) ON v.embedder_id = e.id AND v.entry_id = ANY(%s) "
    f"AND length(v.vector) = 4 * e.width WHERE e.width BETWEEN 1 AND {WIDEST} ORDER BY e.id"
)
"""The embedders, each with the fresh vectors of some entries."""

_VECTORS = (
    f"SELECT v.entry_id, v.part, v.vector, v.checksum FROM vector AS v {FRESH_JOIN} "
    "WHERE v.embedder_id = %s AND v.entry_id = ANY(%s) AND length(v.vector) = %s"
)
_ROWS = "SELECT r.entry_id, r.row FROM vector_row AS r WHERE r.embedder_id = %s AND r.entry_id = ANY(%s)"
_NEXT = (
    "(SELECT v.entry_id FROM vector AS v WHERE v.embedder_id = %(id)s AND v.entry_id > %(last)s "
    "ORDER BY v.entry_id LIMIT %(page)s) UNION (SELECT r.entry_id FROM vector_row AS r WHERE r.embedder_id = %(id)s "
    "AND r.entry_id > %(last)s ORDER BY r.entry_id LIMIT %(page)s) ORDER BY 1 LIMIT %(page)s"
)
_DELETE = "DELETE FROM vector_row WHERE embedder_id = %s AND entry_id = ANY(%s)"
_INSERT = "INSERT INTO vector_row (entry_id, embedder_id, row) VALUES (%s, %s, %s)"
_MARK = (
    "INSERT INTO vector_mark (embedder_id, generation) VALUES (%s, %s) "
    "ON CONFLICT (embedder_id) DO UPDATE SET generation = excluded.generation"
)


class Extension(NamedTuple):
    """What is known of pgvector in a database.

    Attributes:
        place: the schema it is in; None: it is not in this database.
        version: of it there.
        offered: the version that the server could put in; None: it is not installed on the machine.
        is_used: whether the catalog has its tables of rows.
        has_public: whether there is a schema "public", where it is put.
    """

    place: str | None
    version: str | None
    offered: str | None
    is_used: bool
    has_public: bool

    @property
    def why_not(self) -> str:
        """Why there is no index of vectors on the server, and who has to do what; empty where there may be one."""
        then = "then `catalog db upgrade` by the owner of the tables makes the index"
        if self.is_used:
            return ""
        if self.place is None and self.offered is None:
            return (
                "pgvector is not installed on the server: install it there (Debian: postgresql-16-pgvector), let a "
                f"superuser say `CREATE EXTENSION vector SCHEMA public` in this database; {then}"
            )
        if self.place is None and numbers(self.offered) < OLDEST:
            return (
                f"the server has pgvector {self.offered}, which is too old: install 0.8 or newer there, let a "
                f"superuser say `CREATE EXTENSION vector SCHEMA public` in this database; {then}"
            )
        if self.place is None:
            return (
                "pgvector is not in this database: a superuser has to say "
                f"`CREATE EXTENSION vector SCHEMA public` there; {then}"
            )
        if numbers(self.version) < OLDEST:
            return (
                f"pgvector {self.version} is too old: install 0.8 or newer on the server, let its owner say "
                f"`ALTER EXTENSION vector UPDATE`; {then}"
            )
        return "`catalog db upgrade` by the owner of the tables makes the index of vectors"


def numbers(version: str | None) -> tuple[int, ...]:
    """Return the first two numbers of a *version*."""
    return tuple(int(part) for part in (version or "0").split(".")[:2] if part.isdigit())


def extension(row: Any) -> Extension:
    """Return what the answer to :data:`ASK` says."""
    return Extension(*row)


ASK = _EXTENSION
"""What is known of pgvector; see :func:`extension`."""


def prepare(connection: sa.Connection) -> str:
    """Make the tables of rows and what makes their indexes, where pgvector is there or can be; return why it is not."""
    run = connection.exec_driver_sql
    known = extension(run(ASK).one())
    is_offered = known.place is None and known.has_public and numbers(known.offered) >= OLDEST
    if is_offered and tried(connection, "CREATE EXTENSION vector SCHEMA public"):  # only a superuser may
        known = known._replace(place="public", version=known.offered)
    if known.place is None or numbers(known.version) < OLDEST:
        return known.why_not
    schema = run("SELECT quote_ident(current_schema())").scalar_one()
    values = {"place": f'"{known.place}"', "schema": schema, "widest": WIDEST, "links": LINKS, "effort": EFFORT}
    if not known.is_used:  # what an extension that was dropped has left of them
        for statement in REMOVE:
            run(statement)
    for statement in (*_TABLES, _FUNCTION):
        run(statement.format_map(values))
    return ""


class Keeper:
    """The rows of a database, on a connection in a transaction that may write them."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw

    def follow(self, touched: Iterable[int], generation: int, waiting: Waiting) -> None:
        """Make the rows of the entries *touched* by this transaction, which will be *generation*.

        An embedder that this transaction has added gets an index. What is written of few entries *waits*.
        """
        entries = sorted(set(touched))
        few = entries if len(entries) <= _PAGE else []
        found: dict[tuple[int, int, int, int | None], list[Any]] = {}
        for row in tell(self._raw, waiting, _TOGETHER, (few,), False, cursor=self._raw.cursor(binary=True)).fetchall():
            vectors = found.setdefault(row[:4], [])
            if row[4] is not None:
                vectors.append(row[4:])
        for (id_, width, since, mark), vectors in found.items():
            changed, is_known = entries, few is entries
            if mark is None:
                if since != generation:
                    continue  # its vectors are older than the table of rows: `db upgrade` makes them all
            elif mark < generation - 1:
                more = self._touched(id_, mark)
                if more is None:
                    continue
                changed, is_known = sorted({*entries, *more}), is_known and more <= set(entries)
            for start in range(0, len(changed), _PAGE):
                ids = changed[start : start + _PAGE]
                made = _rows_of(vectors, width) if is_known else self._made(id_, width, ids)
                self._write(id_, ids, *made, waiting)
            if mark is None:  # after the rows: an index is made of many in less time than it takes them one by one
                waiting.append(("SELECT catalog_index_vectors(%s)", (id_,), False))
            waiting.append((_MARK, (id_, generation), False))

    def put_right(self) -> None:
        """Compare all rows with their vectors, write those that differ, and make the indexes that are not there."""
        ours = "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace "
        known = self._raw.execute(_EMBEDDERS).fetchall()
        for (name,) in self._raw.execute(f"{ours} AND c.relname ~ '^ix_vector_row_[0-9]+$'").fetchall():
            if int(name.rpartition("_")[2]) not in {row[0] for row in known}:
                self._raw.execute(f"DROP INDEX {name}")
        generation = self._raw.execute("SELECT generation FROM catalog_state").fetchone()
        waiting: Waiting = []
        for id_, _, width, _, mark in known:
            if mark is None:  # of many rows an index is made in a quarter of the time it takes to put in one by one
                self._raw.execute(f"DROP INDEX IF EXISTS ix_vector_row_{id_}")
            for ids in self._differing(id_, width):
                self._write(id_, ids, *self._made(id_, width, ids), waiting)
            tell(self._raw, waiting)
            self._raw.execute("SELECT catalog_index_vectors(%s)", (id_,))
            self._raw.execute(_MARK, (id_, generation[0] if generation else 0))

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the rows, as texts."""
        mends = "`catalog db upgrade` by the owner of the tables makes them again"
        for id_, name, width, _, mark in self._raw.execute(_EMBEDDERS).fetchall():
            late = None if mark is None else self._touched(id_, mark)
            if late is None or late:
                yield f"vector_row: the index of embedder '{name}' is behind its vectors; {mends}"
            elif wrong := sum(map(len, self._differing(id_, width))):
                yield f"vector_row: {wrong} rows of embedder '{name}' differ from their vectors; {mends}"

    def _touched(self, embedder_id: int, mark: int) -> set[int] | None:
        """Return the entries that have changed since *mark*; None: more than :data:`MOST`."""
        rows = self._raw.execute(TOUCHED.replace("?", "%s"), (mark, embedder_id, mark, MOST + 1)).fetchall()
        return {row[0] for row in rows} if len(rows) <= MOST else None

    def _made(self, embedder_id: int, width: int, ids: list[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows that the entries *ids* are to have, as far as they have a fresh vector."""
        return _rows_of(self._raw.execute(_VECTORS, (embedder_id, ids, 4 * width), binary=True).fetchall(), width)

    def _differing(self, embedder_id: int, width: int) -> Iterator[list[int]]:
        """Yield ids of entries whose rows are not those of their vectors, a page at a time."""
        import numpy as np

        last = -(1 << 31)
        while page := self._raw.execute(_NEXT, {"id": embedder_id, "last": last, "page": _PAGE}).fetchall():
            ids = [row[0] for row in page]
            last = ids[-1]
            kept = dict(self._raw.execute(_ROWS, (embedder_id, ids), binary=True).fetchall())
            made, rows = self._made(embedder_id, width, ids)
            wanted = dict(zip(made.tolist(), rows, strict=True))
            wrong = [
                id_
                for id_ in ids
                if (id_ in kept) != (id_ in wanted)
                or (id_ in kept and not np.allclose(numbers_of(kept[id_]), wanted[id_], rtol=0, atol=1e-6))
            ]
            if wrong:
                yield wrong

    def _write(
        self,
        embedder_id: int,
        ids: list[int],
        made: NDArray[np.int64],
        rows: NDArray[np.float32],
        waiting: Waiting,
    ) -> None:
        waiting.append((_DELETE, (embedder_id, ids), False))
        if len(made) <= _FEW:
            given = [(id_, embedder_id, literal(row)) for id_, row in zip(made.tolist(), rows, strict=True)]
            waiting += [(_INSERT, values, False) for values in given]
            return
        tell(self._raw, waiting)
        copied = "COPY vector_row (entry_id, embedder_id, row) FROM STDIN (FORMAT BINARY)"
        with self._raw.cursor() as cursor, cursor.copy(copied) as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            copy.write(_binary(embedder_id, made, rows))
            copy.write(struct.pack(">h", -1))


def _rows_of(vectors: list[Any], width: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and rows of entries, made of rows of the database: (entry, part, vector, checksum)."""
    found = undamaged(vectors)
    ids, parts, stored = ([row[place] for row in found] for place in range(3))
    made, rows = rows_of_entries(as_rows(ids, parts, stored, width))
    order = made.argsort()
    return made[order], rows[order]


def _binary(embedder_id: int, ids: NDArray[np.int64], rows: NDArray[np.float32]) -> bytes:
    """Return rows in the form of a binary COPY: each field behind its length, numbers with the largest byte first."""
    import numpy as np

    width = rows.shape[1]
    form = [("fields", ">i2"), ("a", ">i4"), ("entry", ">i4"), ("b", ">i4"), ("embedder", ">i4"), ("c", ">i4")]
    tuples = np.zeros(len(ids), [*form, ("width", ">i2"), ("none", ">i2"), ("row", ">f4", (width,))])
    for name, value in (("fields", 3), ("a", 4), ("b", 4), ("c", 4 + 4 * width), ("width", width)):
        tuples[name] = value
    tuples["entry"], tuples["embedder"], tuples["row"] = ids, embedder_id, rows
    return tuples.tobytes()


def literal(row: Any) -> str:
    """Return a row as pgvector reads it; nine digits tell one float32 from all others."""
    return "[" + ",".join([f"{number:.9g}" for number in row.tolist()]) + "]"


def packed(row: NDArray[np.float32]) -> bytes:
    """Return a row in pgvector's binary form; :func:`numbers_of` reads it."""
    return struct.pack(">hh", len(row), 0) + row.astype(">f4").tobytes()


def numbers_of(data: bytes) -> NDArray[np.float32]:
    """Return the numbers of a row as the server sends it."""
    import numpy as np

    return np.frombuffer(data, ">f4", offset=4).astype(np.float32)
