"""Vectors: checking them before they are stored, and reading them.

Every statement that reads vectors joins them to the hashes of what their entries say now. So a vector whose text has
changed is never returned, whoever changed the text.
"""

from __future__ import annotations

import math
import sys
import warnings
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from json import dumps
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from catalog.entry.embedding_text import TEMPLATE_VERSION, text_hash, texts_of
from catalog.errors import CatalogWarning, EmbedderError, StoreError
from catalog.store.forms import NUMBER, NUMBER_OR_NONE, TEXT, TEXT_OR_NONE, is_number, is_row, sound
from catalog.store.mapping import columns, entry_from_row
from catalog.store.reader import Reader, Row

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    from numpy.typing import NDArray

FRESH_JOIN = (
    "JOIN entry_text AS t ON t.entry_id = v.entry_id AND t.part = v.part AND t.hash = v.hash "
    f"AND v.template = {TEMPLATE_VERSION}"
)
EMBEDDERS = (
    "SELECT m.name, m.given, m.width, m.complete FROM embedder AS m "
    "ORDER BY m.complete IS NULL, m.complete DESC, m.name"
)
EMBEDDER = "SELECT m.id, m.width, m.since FROM embedder AS m WHERE m.name = ?"
AMOUNT = "SELECT count(*) FROM vector AS v JOIN embedder AS m ON m.id = v.embedder_id WHERE m.name = ?"
TEXTS = "SELECT count(*) FROM entry_text"
STATUS = (
    f"SELECT count(CASE WHEN t.hash = v.hash AND v.template = {TEMPLATE_VERSION} THEN 1 END), count(*) "
    "FROM vector AS v JOIN entry_text AS t ON t.entry_id = v.entry_id AND t.part = v.part WHERE v.embedder_id = ?"
)
PENDING = (
    "SELECT t.entry_id, t.part, t.hash FROM entry_text AS t WHERE (t.entry_id, t.part) > (?, ?) "
    "AND NOT EXISTS (SELECT 1 FROM vector AS v WHERE v.entry_id = t.entry_id AND v.embedder_id = ? "
    f"AND v.part = t.part AND v.hash = t.hash AND v.template = {TEMPLATE_VERSION}) "
    "ORDER BY t.entry_id, t.part LIMIT ?"
)
BY_ID = f"SELECT {columns()} FROM entry AS e WHERE e.id = ?"
# A vector of a wrong length is damaged, or has no bytes because there is nothing to embed.
# NOT INDEXED and CROSS keep SQLite to the order of the table: it would follow the index of the embedder otherwise, and
# jump about in the file row by row.
FRESH = (
    f"SELECT v.entry_id, v.part, v.vector, v.checksum FROM vector AS v NOT INDEXED CROSS {FRESH_JOIN} "
    "WHERE v.embedder_id = ? AND length(v.vector) = ?"
)
OF_ENTRY = (
    f"SELECT v.entry_id, v.part, v.vector, v.checksum FROM vector AS v {FRESH_JOIN} "
    "WHERE v.entry_id = ? AND v.embedder_id = ? AND length(v.vector) = ?"
)
HASHED = (
    f"SELECT v.entry_id, v.hash, v.vector, v.checksum FROM vector AS v {FRESH_JOIN} "
    "JOIN embedder AS m ON m.id = v.embedder_id AND length(v.vector) = 4 * m.width WHERE v.entry_id = ? AND m.name = ?"
)
OF_ENTRIES = (
    "SELECT v.entry_id, v.hash, v.vector, v.checksum FROM json_each(?) AS k CROSS JOIN embedder AS m "
    "JOIN vector AS v ON v.entry_id = CAST(k.value AS INTEGER) AND v.embedder_id = m.id "
    f"WHERE m.name = ? AND length(v.vector) = 4 * m.width AND v.template = {TEMPLATE_VERSION}"
)
OF_EMBEDDER = (
    "SELECT v.entry_id, v.part, v.vector, v.checksum FROM embedder AS m CROSS JOIN vector AS v "
    "ON v.embedder_id = m.id WHERE m.name = ?"
)
TOUCHED = (
    "SELECT c.entry_id FROM entry_change AS c WHERE c.generation > ? "
    "UNION SELECT v.entry_id FROM vector AS v WHERE v.embedder_id = ? AND v.stamp > ? LIMIT ?"
)
MARK = "SELECT s.generation, h.token FROM catalog_state AS s LEFT JOIN history_mark AS h ON h.generation = s.generation"
MARKED = "SELECT 1 FROM history_mark AS h WHERE h.generation = ? AND h.token = ?"


WIDEST = 1 << 20
"""How many numbers a vector has at most; a stored width beyond is damage, and would take all memory."""


class Known(NamedTuple):
    """An embedder that has vectors in this database.

    Attributes:
        name: unique; it identifies the embedder's vectors.
        given: the word the embedder was chosen by, or None.
        width: how many numbers a vector has.
        complete: the generation at which it first had a fresh vector for every text; None if it never had.
    """

    name: str
    given: str | None
    width: int
    complete: int | None


class Status(NamedTuple):
    """How many texts have a vector of what they say now, a vector of something else, and no vector."""

    fresh: int
    stale: int
    missing: int

    def to_dict(self) -> dict[str, int]:
        """Return the counts as data for JSON."""
        return self._asdict()


class Pending(NamedTuple):
    """A text that lacks a fresh vector. Its vector is stored as (entry_id, part, hash, vector)."""

    entry_id: int
    part: int
    hash: str
    text: str


class Mark(NamedTuple):
    """A state of one database: two readings with equal marks have read the same vectors."""

    generation: int
    token: str | None
    embedder: int  # the generation that added the embedder; -1 if it is unknown


class Rows(NamedTuple):
    """Vectors as arrays, with a row for each vector.

    Attributes:
        entry_ids: int64.
        parts: int32; 0 for the text that describes the entry, from 1 on for its examples.
        vectors: float32, (rows, width).
    """

    entry_ids: NDArray[np.int64]
    parts: NDArray[np.int32]
    vectors: NDArray[np.float32]


class Changes(NamedTuple):
    """What has changed since a mark: drop all rows of the entries in *touched*, then add *rows*."""

    mark: Mark
    touched: NDArray[np.int64]
    rows: Rows


# -- in and out ------------------------------------------------------------------------------------------------------


def pack(vectors: NDArray[np.float32]) -> list[bytes]:
    """Return each row in its stored form; a row of zeros becomes no bytes, which means "nothing to embed"."""
    import numpy as np

    rows = np.ascontiguousarray(vectors, dtype="<f4")
    filled: list[bool] = (rows != 0).any(axis=1).tolist()
    return [row.tobytes() if is_filled else b"" for row, is_filled in zip(rows, filled, strict=True)]


def unpack(data: bytes) -> NDArray[np.float32]:
    """Return a stored vector as a read-only array."""
    import numpy as np

    vector: NDArray[np.float32] = np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)
    return vector


def check(embedder: str, width: int, vectors: Sequence[bytes]) -> None:
    """Refuse vectors that would spoil every search.

    Args:
        embedder: the embedder's name.
        width: how many numbers a vector must have.
        vectors: in their stored form; those without bytes pass.

    Raises:
        EmbedderError: the name or the width is not allowed, or a vector has another width, is not finite, or does not
            have the length 1 (within 0.001).
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
    if len(filled) == 1:  # registering one entry: the sum is done before numpy would be imported
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
        if not 0.998 < square < 1.002:  # written so that NaN fails, too
            raise EmbedderError(
                f"a vector of embedder '{embedder}' has the length {math.sqrt(square):.4f}, not 1"
                if math.isfinite(square)
                else f"a vector of embedder '{embedder}' holds numbers that are not finite",
                embedder=embedder,
            )


# -- reading ---------------------------------------------------------------------------------------------------------


def embedders(reader: Reader) -> list[Known]:
    """Return the embedders that have vectors here, the most recently completed first, incomplete ones last."""
    rows = sound(reader.all(EMBEDDERS), (TEXT, TEXT_OR_NONE, NUMBER, NUMBER_OR_NONE), "embedder")
    return [Known(*row) for row in rows if 0 < row[2] <= WIDEST]


def amount(reader: Reader, embedder: str) -> int:
    """Return how many vectors *embedder* has here, stale vectors included."""
    row = reader.one(AMOUNT, (embedder,))
    return row[0] if row else 0


def status(reader: Reader, embedder: str | None = None) -> dict[str, Status]:
    """Return, by embedder, for how many texts it has fresh, stale and no vectors.

    A text that has nothing to embed counts as fresh as soon as an empty vector is stored for it.

    Args:
        reader: the database.
        embedder: only this embedder, which may be unknown here; None for all known embedders.
    """
    with reader.snapshot() as connection:
        texts = connection.execute(TEXTS).fetchone()[0]
        names = [embedder] if embedder is not None else [known.name for known in embedders(reader)]
        statuses = {}
        for name in names:
            known = connection.execute(EMBEDDER, (name,)).fetchone()
            fresh, stored = connection.execute(STATUS, (known[0],)).fetchone() if known else (0, 0)
            statuses[name] = Status(fresh or 0, stored - (fresh or 0), texts - stored)
    return statuses


def pending(
    reader: Reader, embedder: str, after: tuple[int, int] = (-1, 0), limit: int = 1_000
) -> tuple[list[Pending], tuple[int, int] | None]:
    """Return texts that lack a fresh vector, in the order of entries and parts, and where to go on.

    Texts whose hash was made by another version of the template are skipped: a transaction makes such hashes again
    before it writes vectors.

    Args:
        reader: the database.
        embedder: its name; it may be unknown here.
        after: the second value that the previous call returned.
        limit: how many texts at most.

    Returns:
        The texts, and the value of *after* for the next call, or None if there are no more.
    """
    waiting: list[Pending] = []
    with reader.snapshot() as connection:
        known = connection.execute(EMBEDDER, (embedder,)).fetchone()
        rows = connection.execute(PENDING, (*after, known[0] if known else -1, limit)).fetchall()
        texts: list[str] = []
        last = None
        for entry_id, part, expected in rows:
            if entry_id != last:
                row = connection.execute(BY_ID, (entry_id,)).fetchone()
                texts, last = [], entry_id
                with suppress(StoreError):  # a damaged row has no texts
                    texts = texts_of(entry_from_row(row)) if row else []
            if is_number(part) and part < len(texts) and text_hash(texts[part]) == expected:
                waiting.append(Pending(entry_id, part, expected, texts[part]))
    return waiting, (rows[-1][0], rows[-1][1]) if len(rows) == limit else None


def fresh(reader: Reader, embedder: str) -> tuple[Mark, Rows]:
    """Return the mark of the database as it is now, and every fresh vector of *embedder*."""
    import numpy as np

    with reader.snapshot() as connection:
        mark, id_, width = _mark(connection, embedder)
        if id_ is None:
            return mark, as_rows([], [], [], 0)
        # The matrix is filled in batches: holding all vectors as objects besides would take twice the memory.
        most = connection.execute("SELECT count(*) FROM vector AS v WHERE v.embedder_id = ?", (id_,)).fetchone()[0]
        matrix = np.empty((most, width), np.float32)
        ids, numbers = np.empty(most, np.int64), np.empty(most, np.int32)
        done = 0
        damaged = 0
        for found in reader.batches(connection, FRESH, (id_, 4 * width), 4_096):
            batch = undamaged(found)
            damaged += len(found) - len(batch)
            if not batch:
                continue
            end = done + len(batch)
            matrix[done:end] = np.frombuffer(b"".join([row[2] for row in batch]), "<f4").reshape(-1, width)
            ids[done:end] = [row[0] for row in batch]
            numbers[done:end] = [row[1] for row in batch]
            done = end
    _left_out(embedder, damaged)
    return mark, Rows(ids[:done], numbers[:done], matrix[:done])


def changed_since(reader: Reader, embedder: str, mark: Mark, most: int) -> Changes | None:
    """Return what has changed in the vectors of *embedder* since *mark*.

    Args:
        reader: the database.
        embedder: its name.
        mark: from an earlier reading.
        most: how many entries may have changed.

    Returns:
        The changes, or None if everything must be read again: more entries have changed; the mark is too old, or of
        another history, as after a backup was restored; or the embedder was removed in between.
    """
    import numpy as np

    with reader.snapshot() as connection:
        now, id_, width = _mark(connection, embedder)
        if now == mark:
            return Changes(now, np.empty(0, np.int64), as_rows([], [], [], width))
        if now.embedder != mark.embedder or now.generation < mark.generation:
            return None
        if not connection.execute(MARKED, (mark.generation, mark.token)).fetchone():
            return None
        if id_ is None:
            return Changes(now, np.empty(0, np.int64), as_rows([], [], [], width))
        changed = connection.execute(TOUCHED, (mark.generation, id_, mark.generation, most + 1)).fetchall()
        touched = sorted(row[0] for row in changed)
        if len(touched) > most:
            return None
        found = [row for entry_id in touched for row in connection.execute(OF_ENTRY, (entry_id, id_, 4 * width))]
    fresh_rows = undamaged(found)
    _left_out(embedder, len(found) - len(fresh_rows))
    rows = as_rows(
        [row[0] for row in fresh_rows], [row[1] for row in fresh_rows], [row[2] for row in fresh_rows], width
    )
    return Changes(now, np.array(touched, np.int64), rows)


def of_entry(reader: Reader, embedder: str, entry_id: int) -> dict[str, NDArray[np.float32]]:
    """Return the fresh vectors of one entry, by the hashes of their texts."""
    rows = undamaged(reader.all(HASHED, (entry_id, embedder)))
    return {hash_: unpack(vector) for _, hash_, vector, _ in rows}


def of_entries(reader: Reader, embedder: str, entry_ids: Sequence[int]) -> dict[tuple[int, str], NDArray[np.float32]]:
    """Return the vectors of some entries, by entry id and the hash of the text a vector was made from.

    Stale vectors are included: the caller knows what the entries say, and takes those with the right hashes.
    """
    rows = reader.all(OF_ENTRIES, (dumps(list(entry_ids)), embedder))
    good = undamaged(rows)
    _left_out(embedder, len(rows) - len(good))
    return {(id_, hash_): unpack(vector) for id_, hash_, vector, _ in good}


def undamaged(rows: list[Row]) -> list[Row]:
    """Return the *rows*, each with a vector and its checksum at the end, whose vectors are what was stored."""
    return [row for row in rows if type(row[-2]) is bytes and crc32(row[-2]) == row[-1]]


def _left_out(embedder: str, damaged: int) -> None:
    if damaged:
        count = "a vector" if damaged == 1 else f"{damaged} vectors"
        warnings.warn(
            f"{count} of embedder '{embedder}' {'is' if damaged == 1 else 'are'} damaged and left out of searches; "
            "`catalog db check` says which, `catalog embed update` makes them again",
            CatalogWarning,
            stacklevel=5,
        )


def damaged(reader: Reader, embedder: str) -> list[tuple[int, int]]:
    """Return entry id and part of the vectors of *embedder* whose bytes are not those that were stored."""
    with reader.snapshot() as connection:
        batches = reader.batches(connection, OF_EMBEDDER, (embedder,), 4_096)
        return [row[:2] for batch in batches for row in batch if not undamaged([row])]


def _mark(connection: sqlite3.Connection, embedder: str) -> tuple[Mark, int | None, int]:
    """Return the mark of this read transaction, and the embedder's id (None if unknown) and width."""
    generation, token = connection.execute(MARK).fetchone() or (-1, None)
    if not is_number(generation):  # as Store.state has it
        generation, token = -1, None
    token = token if type(token) is str else None
    known = connection.execute(EMBEDDER, (embedder,)).fetchone()
    if known is None or not is_row(known, (NUMBER,) * 3) or not 0 < known[1] <= WIDEST:
        return Mark(generation, token, -1), None, 0
    return Mark(generation, token, known[2]), known[0], known[1]


def as_rows(entry_ids: Sequence[int], numbers: Sequence[int], vectors: Iterable[bytes], width: int) -> Rows:
    """Return stored *vectors* as arrays."""
    import numpy as np

    matrix = np.frombuffer(b"".join(vectors), "<f4").astype(np.float32, copy=False)
    return Rows(np.array(entry_ids, np.int64), np.array(numbers, np.int32), matrix.reshape(len(entry_ids), width or 1))
