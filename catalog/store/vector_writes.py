"""Writing vectors and their embedders, on the connection of a transaction; none of it changes an entry."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import sqlalchemy as sa

from catalog.entry.embedding_text import TEMPLATE_VERSION
from catalog.errors import EmbedderError
from catalog.store import tables
from catalog.store.derived import LATER, insert_rows
from catalog.store.forms import is_number
from catalog.store.vectors import WIDEST

_PUT = (
    # Only where the entry still says what was embedded: if the entry was changed in between, the change wins.
    "INSERT INTO vector (entry_id, embedder_id, part, template, hash, stamp, vector, checksum) "
    "SELECT t.entry_id, ?, t.part, ?, t.hash, ?, ?, ? FROM entry_text AS t "
    "WHERE t.entry_id = ? AND t.part = ? AND t.hash = ? "
    "ON CONFLICT (entry_id, embedder_id, part) DO UPDATE SET "
    "template = excluded.template, hash = excluded.hash, stamp = excluded.stamp, vector = excluded.vector, "
    "checksum = excluded.checksum"
)
_WITHOUT_TEXT = (
    "DELETE FROM vector WHERE entry_id = ? AND NOT EXISTS "
    "(SELECT 1 FROM entry_text AS t WHERE t.entry_id = vector.entry_id AND t.part = vector.part)"
)
_ANY_PENDING = sa.text(
    "SELECT 1 FROM entry_text AS t WHERE NOT EXISTS (SELECT 1 FROM vector AS v WHERE v.entry_id = t.entry_id "
    "AND v.embedder_id = :id AND v.part = t.part AND v.hash = t.hash AND v.template = :template) LIMIT 1"
)


def put(
    connection: sa.Connection,
    embedder_id: int,
    generation: int,
    rows: Iterable[tuple[int, int, str, bytes]],
    counted: bool,
) -> int:
    """Store vectors whose text is still current, each over the one before; return how many were stored.

    Args:
        connection: of the transaction.
        embedder_id: from :func:`ensure_embedder`.
        generation: the one this transaction will be.
        rows: (entry id, part, hash of the text, vector), checked.
        counted: whether the number is wanted.
    """
    values = [(embedder_id, TEMPLATE_VERSION, generation, vector, crc32(vector), *row) for *row, vector in rows]
    return connection.exec_driver_sql(_PUT, values, execution_options={} if counted else LATER).rowcount


def ensure_embedder(
    connection: sa.Connection, name: str, width: int, given: str | None, generation: int
) -> tuple[int, bool]:
    """Return the id of an embedder, and whether its row was added or changed.

    Args:
        connection: of the transaction.
        name: the embedder's name.
        width: how many numbers a vector has.
        given: the word the embedder is chosen by; None keeps the word that is stored.
        generation: the one this transaction will be; a new embedder remembers it.

    Raises:
        EmbedderError: this embedder has vectors of another width here.
    """
    table = tables.embedder
    row = connection.execute(sa.select(table.c.id, table.c.width, table.c.given).where(table.c.name == name)).first()
    if row is None:
        insert_rows(connection, "embedder", ("name", "given", "width", "since"), [(name, given, width, generation)])
        return int(connection.execute(sa.select(table.c.id).where(table.c.name == name)).scalar_one()), True
    if not is_number(row[1], 1) or row[1] > WIDEST:  # damaged; the vectors themselves have this width, or don't count
        connection.execute(sa.update(table).where(table.c.id == row[0]).values(width=width))
    elif row[1] != width:
        raise EmbedderError(
            f"embedder '{name}' has vectors of {row[1]} numbers here, not {width}; one that gives others "
            "needs another name",
            embedder=name,
            width=width,
            expected=row[1],
        )
    if given is None or given == row[2]:
        return int(row[0]), False
    connection.execute(sa.update(table).where(table.c.id == row[0]).values(given=given))
    return int(row[0]), True


def mark_complete(connection: sa.Connection, name: str, generation: int) -> tuple[bool, bool]:
    """Note that an embedder has a fresh vector for every text, if that is so.

    Args:
        connection: of the transaction.
        name: the embedder's name; it may be unknown here.
        generation: the one this transaction will be.

    Returns:
        Whether the embedder is complete or once was, and whether that was noted just now.
    """
    table = tables.embedder
    row = connection.execute(sa.select(table.c.id, table.c.complete).where(table.c.name == name)).first()
    if row is None or row[1] is not None:
        return row is not None, False
    if connection.execute(_ANY_PENDING, {"id": row[0], "template": TEMPLATE_VERSION}).first() is not None:
        return False, False
    if connection.execute(sa.select(tables.state.c.text_version)).scalar_one() != TEMPLATE_VERSION:
        return False, False  # the hashes belong to another template, so "nothing is pending" means nothing
    connection.execute(sa.update(table).where(table.c.id == row[0]).values(complete=generation))
    return True, True


def delete_without_text(connection: sa.Connection, entry_ids: Iterable[int]) -> None:
    """Delete vectors of examples that these entries no longer have."""
    connection.exec_driver_sql(_WITHOUT_TEXT, [(id_,) for id_ in entry_ids], execution_options=LATER)


def delete_some(connection: sa.Connection, embedder: str, places: Iterable[tuple[int, int]]) -> int:
    """Delete the vectors of *embedder* at these entry ids and parts; return how many there were."""
    rows = [(embedder, *place) for place in places]
    if not rows:
        return 0
    return connection.exec_driver_sql(
        "DELETE FROM vector WHERE embedder_id = (SELECT id FROM embedder WHERE name = ?) AND entry_id = ? AND part = ?",
        rows,
    ).rowcount


def remove(connection: sa.Connection, name: str) -> int | None:
    """Delete an embedder and its vectors; return the number of vectors, or None if the embedder is unknown."""
    table = tables.embedder
    id_ = connection.execute(sa.select(table.c.id).where(table.c.name == name)).scalar()
    if id_ is None:
        return None
    removed = connection.execute(sa.delete(tables.vector).where(tables.vector.c.embedder_id == id_)).rowcount
    connection.execute(sa.delete(table).where(table.c.id == id_))
    return removed
