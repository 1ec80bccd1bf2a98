"""Vectors: what may come into the database, and what may be read of it.

Every statement that reads vectors joins them to the hashes of what their entries say now, so one whose text has changed
is never given, whoever changed it.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from json import dumps
from typing import TYPE_CHECKING, NamedTuple

from catalog.entry.embedding_text import TEMPLATE_VERSION, text_hash, texts_of
from catalog.errors import EmbedderError, StoreError
from catalog.store.mapping import columns, entry_from_row
from catalog.store.reader import Reader

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    from numpy.typing import NDArray

_FRESH_JOIN = (
    "JOIN entry_text AS t ON t.entry_id = v.entry_id AND t.part = v.part AND t.hash = v.hash "
    f"AND v.template = {TEMPLATE_VERSION}"
)
EMBEDDERS = "SELECT m.name, m.given, m.width, m.complete FROM embedder AS m ORDER BY m.complete DESC, m.name"
EMBEDDER = "SELECT m.id, m.width, m.since FROM embedder AS m WHERE m.name = ?"
AMOUNT = "SELECT count(*) FROM vector AS v JOIN embedder AS m ON m.id = v.embedder_id WHERE m.name = ?"
TEXTS = "SELECT count(*) FROM entry_text"
STATUS = (
    f"SELECT sum(t.hash = v.hash AND v.template = {TEMPLATE_VERSION}), count(*) FROM vector AS v "
    "JOIN entry_text AS t ON t.entry_id = v.entry_id AND t.part = v.part WHERE v.embedder_id = ?"
)
PENDING = (
    "SELECT t.entry_id, t.part, t.hash FROM entry_text AS t WHERE (t.entry_id, t.part) > (?, ?) "
    "AND NOT EXISTS (SELECT 1 FROM vector AS v WHERE v.entry_id = t.entry_id AND v.embedder_id = ? "
    f"AND v.part = t.part AND v.hash = t.hash AND v.template = {TEMPLATE_VERSION}) "
    "ORDER BY t.entry_id, t.part LIMIT ?"
)
BY_ID = f"SELECT {columns()} FROM entry AS e WHERE e.id = ?"
# What has the wrong length is damaged, or says that there is nothing to embed.
# In two steps, both in the order of the table: SQLite would follow an index of the embedder otherwise, row by row.
FRESH = (
    f"SELECT v.entry_id, v.part, v.vector FROM vector AS v NOT INDEXED CROSS {_FRESH_JOIN} "
    "WHERE v.embedder_id = ? AND length(v.vector) = ?"
)
OF_ENTRY = (
    f"SELECT v.entry_id, v.part, v.vector FROM vector AS v {_FRESH_JOIN} "
    "WHERE v.entry_id = ? AND v.embedder_id = ? AND length(v.vector) = ?"
)
HASHED = (
    f"SELECT v.hash, v.vector FROM vector AS v {_FRESH_JOIN} "
    "JOIN embedder AS m ON m.id = v.embedder_id AND length(v.vector) = 4 * m.width WHERE v.entry_id = ? AND m.name = ?"
)
OF_ENTRIES = (
    "SELECT v.entry_id, v.hash, v.vector FROM json_each(?) AS k CROSS JOIN embedder AS m "
    "JOIN vector AS v ON v.entry_id = k.value AND v.embedder_id = m.id "
    f"WHERE m.name = ? AND length(v.vector) = 4 * m.width AND v.template = {TEMPLATE_VERSION}"
)
TOUCHED = (
    "SELECT c.entry_id FROM entry_change AS c WHERE c.generation > ? "
    "UNION SELECT v.entry_id FROM vector AS v WHERE v.embedder_id = ? AND v.stamp > ? LIMIT ?"
)
MARK = "SELECT s.generation, h.token FROM catalog_state AS s LEFT JOIN history_mark AS h ON h.generation = s.generation"
MARKED = "SELECT 1 FROM history_mark AS h WHERE h.generation = ? AND h.token = ?"


class Known(NamedTuple):
    """An embedder that has vectors here.

    Attributes:
        name: tells its vectors from all others.
        given: the word it was chosen by, or None.
        width: how many numbers a vector has.
        complete: the generation at which it first had a fresh vector for every text; None: not yet.
    """

    name: str
    given: str | None
    width: int
    complete: int | None


class Status(NamedTuple):
    """How many texts have a vector that counts, one of another text, and none."""

    fresh: int
    stale: int
    missing: int


class Pending(NamedTuple):
    """A text that lacks a fresh vector; with the vector behind it, less the text, it is a row to put."""

    entry_id: int
    part: int
    hash: str
    text: str


class Mark(NamedTuple):
    """One moment in the life of one database: what has the same mark has the same content."""

    generation: int
    token: str | None
    embedder: int  # the generation that brought the embedder, or -1: none has


class Rows(NamedTuple):
    """Vectors as arrays, a row each; sorted by entry and part within each of text and examples.

    Attributes:
        entry_ids: int64.
        parts: int32; 0 for the text about the entry, from 1 for its examples.
        vectors: float32, (rows, width).
    """

    entry_ids: NDArray[np.int64]
    parts: NDArray[np.int32]
    vectors: NDArray[np.float32]


class Changes(NamedTuple):
    """What has happened since a mark: forget the rows of the entries in *touched*, and take *rows* in."""

    mark: Mark
    touched: NDArray[np.int64]
    rows: Rows


# -- in and out ------------------------------------------------------------------------------------------------------


def pack(vectors: NDArray[np.float32]) -> list[bytes]:
    """Return each row as it is stored; a row of zeros gives no bytes: there is nothing to embed."""
    import numpy as np

    rows = np.ascontiguousarray(vectors, dtype="<f4")
    some: list[bool] = (rows != 0).any(axis=1).tolist()
    return [row.tobytes() if there else b"" for row, there in zip(rows, some, strict=True)]


def unpack(data: bytes) -> NDArray[np.float32]:
    """Return a stored vector as an array that can't be written to."""
    import numpy as np

    vector: NDArray[np.float32] = np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)
    return vector


def check(embedder: str, width: int, vectors: Sequence[bytes]) -> None:
    """Refuse vectors that would poison a search.

    Raises:
        EmbedderError: one has another width, is not finite, or has another length than 1 (within 0.001).
    """
    if width < 1:
        raise EmbedderError(f"embedder '{embedder}' has the width {width}; it must be 1 or more", embedder=embedder)
    if not 1 <= len(embedder) <= 200:
        raise EmbedderError(f"the embedder's name has {len(embedder)} characters; give it 1 to 200", embedder=embedder)
    wanted = 4 * width
    filled = []
    for vector in vectors:
        if len(vector) == wanted:
            filled.append(vector)
        elif vector:
            raise EmbedderError(
                f"a vector of embedder '{embedder}' has {len(vector)} bytes; {wanted} are {width} numbers",
                embedder=embedder,
            )
    if len(filled) == 1:  # one registration: the sum is done before numpy is imported
        numbers = array("f", filled[0])
        if sys.byteorder == "big":
            numbers.byteswap()
        squares = [math.fsum(number * number for number in numbers)]
    elif filled:
        import numpy as np

        matrix = np.frombuffer(b"".join(filled), dtype="<f4").reshape(len(filled), width)
        with np.errstate(all="ignore"):
            squares = np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64).tolist()
    else:
        return
    for square in squares:
        if not 0.998 < square < 1.002:  # not so either for what is no number
            raise EmbedderError(
                f"a vector of embedder '{embedder}' has the length {math.sqrt(square):.4f}, not 1"
                if math.isfinite(square)
                else f"a vector of embedder '{embedder}' holds numbers that are not finite",
                embedder=embedder,
            )


# -- reading ---------------------------------------------------------------------------------------------------------


def embedders(reader: Reader) -> list[Known]:
    """Return the embedders that have vectors here, the one that was completed last first."""
    return [Known(*row) for row in reader.all(EMBEDDERS)]


def amount(reader: Reader, embedder: str) -> int:
    """Return how many vectors of *embedder* there are, stale ones among them."""
    row = reader.one(AMOUNT, (embedder,))
    return row[0] if row else 0


def status(reader: Reader, embedder: str | None = None) -> dict[str, Status]:
    """Return how many texts each embedder has fresh, stale and no vectors for.

    A text that has nothing to embed counts as fresh once the embedder has said so.

    Args:
        reader: the database.
        embedder: only this one, which may be unknown here; None: all that are known.
    """
    with reader.snapshot() as connection:
        texts = connection.execute(TEXTS).fetchone()[0]
        names = [embedder] if embedder is not None else [row[0] for row in connection.execute(EMBEDDERS).fetchall()]
        found = {}
        for name in names:
            known = connection.execute(EMBEDDER, (name,)).fetchone()
            fresh, there = connection.execute(STATUS, (known[0],)).fetchone() if known else (0, 0)
            found[name] = Status(fresh or 0, there - (fresh or 0), texts - there)
    return found


def pending(
    reader: Reader, embedder: str, after: tuple[int, int] = (-1, 0), limit: int = 1_000
) -> tuple[list[Pending], tuple[int, int] | None]:
    """Return texts that lack a fresh vector, in the order of entries and parts, and where to go on.

    Args:
        reader: the database.
        embedder: its name; it may be unknown here.
        after: what the call before returned as the second value.
        limit: how many at the most.

    Returns:
        The texts, and the place to give as *after* the next time; None where there are no more.

    Hashes made by another version of the template are passed over: a transaction makes them again before it writes.
    """
    found: list[Pending] = []
    with reader.snapshot() as connection:
        known = connection.execute(EMBEDDER, (embedder,)).fetchone()
        rows = connection.execute(PENDING, (*after, known[0] if known else -1, limit)).fetchall()
        texts: list[str] = []
        last = None
        for entry_id, part, hashed in rows:
            if entry_id != last:
                row = connection.execute(BY_ID, (entry_id,)).fetchone()
                texts, last = [], entry_id
                with suppress(StoreError):  # a damaged row says nothing that could be embedded
                    texts = texts_of(entry_from_row(row)) if row else []
            if 0 <= part < len(texts) and text_hash(texts[part]) == hashed:
                found.append(Pending(entry_id, part, hashed, texts[part]))
    return found, (rows[-1][0], rows[-1][1]) if len(rows) == limit else None


def fresh(reader: Reader, embedder: str) -> tuple[Mark, Rows]:
    """Return every fresh vector of *embedder*, and the moment they were read at."""
    import numpy as np

    with reader.snapshot() as connection:
        mark, id_, width = _mark(connection, embedder)
        if id_ is None:
            return mark, _rows([], [], [], 0)
        # The matrix is filled in pieces: all vectors as objects and once more as one would be twice the memory.
        most = connection.execute("SELECT count(*) FROM vector AS v WHERE v.embedder_id = ?", (id_,)).fetchone()[0]
        matrix = np.empty((most, width), np.float32)
        ids, numbers = np.empty(most, np.int64), np.empty(most, np.int32)
        done = 0
        cursor = connection.execute(FRESH, (id_, 4 * width))
        while batch := cursor.fetchmany(4_096):
            end = done + len(batch)
            matrix[done:end] = np.frombuffer(b"".join([row[2] for row in batch]), "<f4").reshape(-1, width)
            ids[done:end] = [row[0] for row in batch]
            numbers[done:end] = [row[1] for row in batch]
            done = end
    return mark, Rows(ids[:done], numbers[:done], matrix[:done])


def changed_since(reader: Reader, embedder: str, mark: Mark, most: int) -> Changes | None:
    """Return what has happened to the vectors of *embedder* since *mark*.

    Args:
        reader: the database.
        embedder: its name.
        mark: of an earlier reading.
        most: how many entries may have changed.

    Returns:
        None where everything must be read again: more have changed, the mark is of another history (as after a backup
        was put back) or too old, or the embedder was taken away in between.
    """
    import numpy as np

    with reader.snapshot() as connection:
        now, id_, width = _mark(connection, embedder)
        if now == mark:
            return Changes(now, np.empty(0, np.int64), _rows([], [], [], width))
        if now.embedder != mark.embedder or now.generation < mark.generation:
            return None
        if not connection.execute(MARKED, (mark.generation, mark.token)).fetchone():
            return None
        if id_ is None:
            return Changes(now, np.empty(0, np.int64), _rows([], [], [], width))
        touched = [
            row[0] for row in connection.execute(TOUCHED, (mark.generation, id_, mark.generation, most + 1)).fetchall()
        ]
        if len(touched) > most:
            return None
        found = [row for entry_id in touched for row in connection.execute(OF_ENTRY, (entry_id, id_, 4 * width))]
    rows = _rows([row[0] for row in found], [row[1] for row in found], [row[2] for row in found], width)
    return Changes(now, np.array(touched, np.int64), rows)


def of_entry(reader: Reader, embedder: str, entry_id: int) -> dict[str, NDArray[np.float32]]:
    """Return the fresh vectors of one entry by the hashes of their texts."""
    return {hashed: unpack(vector) for hashed, vector in reader.all(HASHED, (entry_id, embedder))}


def of_entries(reader: Reader, embedder: str, entry_ids: Sequence[int]) -> dict[tuple[int, str], NDArray[np.float32]]:
    """Return the vectors of some entries by id and the hash of the text each was made from, fresh or not.

    Whoever asks knows what the entries say and takes those with the right hash.
    """
    rows = reader.all(OF_ENTRIES, (dumps(list(entry_ids)), embedder))
    return {(id_, hashed): unpack(vector) for id_, hashed, vector in rows}


def _mark(connection: sqlite3.Connection, embedder: str) -> tuple[Mark, int | None, int]:
    """Return the mark of this snapshot, and the embedder's id and width."""
    generation, token = connection.execute(MARK).fetchone()
    known = connection.execute(EMBEDDER, (embedder,)).fetchone()
    if known is None:
        return Mark(generation, token, -1), None, 0
    return Mark(generation, token, known[2]), known[0], known[1]


def _rows(entry_ids: Sequence[int], numbers: Sequence[int], vectors: Iterable[bytes], width: int) -> Rows:
    import numpy as np

    matrix = np.frombuffer(b"".join(vectors), "<f4").astype(np.float32, copy=False)
    return Rows(np.array(entry_ids, np.int64), np.array(numbers, np.int32), matrix.reshape(len(entry_ids), width or 1))
