"""Rows that are made from entries: their tags, words, text hashes and references.

The transaction that writes an entry writes these rows too. They say nothing the row of the entry does not say, so they
can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from catalog.entry.embedding_text import TEMPLATE_VERSION, hashes
from catalog.entry.entry import Entry
from catalog.entry.references import may_refer, references_of
from catalog.entry.words import WORDS_VERSION
from catalog.errors import StoreError
from catalog.store import fulltext, tables
from catalog.store.mapping import columns, entry_from_row, words_of

CHUNK = 2_000
"""How many rows are made in Python before they go to SQLite: enough to be fast, few enough to fit into memory."""

LATER = {"later": True}
"""Marks a statement whose result nobody looks at: a server is told it with the next whose result counts."""

_WORDS = tuple(column.name for column in tables.search_doc.c)
_TABLES = (tables.entry_tag, tables.search_doc, tables.entry_text, tables.entry_reference)


def quoted(name: str) -> str:
    """Return a column's *name* as SQL; ``match`` is also an operator of SQLite."""
    return f'"{name}"' if name == "match" else name


def insert_rows(connection: sa.Connection, table: str, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert *rows* with the columns *names* into *table*; nothing happens without rows."""
    # Through the driver: SQLAlchemy's own executemany turns each row into two dictionaries first, which costs as much
    # as SQLite's work.
    if rows:
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({', '.join(map(quoted, names))}) VALUES ({', '.join('?' * len(names))})",
            rows,
            execution_options=LATER,
        )


def insert_derived(connection: sa.Connection, entries: Sequence[tuple[int, Entry]]) -> None:
    """Insert everything that is made from *entries*, given as (id, entry), none of which has such rows yet."""
    insert_rows(
        connection,
        "entry_tag",
        ("tag", "kind", "name", "entry_id"),
        [(tag, entry.kind, entry.name, id_) for id_, entry in entries for tag in entry.tags],
    )
    _insert_without_tags(connection, entries)


def delete_derived(connection: sa.Connection, ids: Iterable[int]) -> None:
    """Delete everything that was made from the entries with these *ids*."""
    parameters = [{"_id": id_} for id_ in ids]

    def delete() -> None:
        for table in _TABLES:
            one = sa.delete(table).where(table.c.entry_id == sa.bindparam("_id"))
            connection.execute(one, parameters, execution_options=LATER)

    _with_whole_index(connection, delete)


def _with_whole_index(connection: sa.Connection, delete: Callable[[], None]) -> None:
    """Call *delete*; if the full-text index refuses, make it again from the words, and call it once more.

    FTS5 is told which words to take out, and fails where it does not have them. Damage of one row would so keep all
    changes of its source from being stored.
    """
    if connection.dialect.name != "sqlite":
        delete()
        return
    connection.exec_driver_sql("SAVEPOINT words")
    try:
        delete()
    except sa.exc.DatabaseError as error:
        if not (getattr(error.orig, "sqlite_errorname", None) or "").startswith("SQLITE_CORRUPT"):
            raise
        connection.exec_driver_sql("ROLLBACK TO words")
        for statement in (*fulltext.REMOVE, *fulltext.INSTALL, fulltext.REBUILD):
            connection.exec_driver_sql(statement)
        delete()
    connection.exec_driver_sql("RELEASE words")


def remake(connection: sa.Connection, *, tags: bool = False) -> int:
    """Make words, text hashes and references of all entries again, and return the number of entries.

    Args:
        connection: of the transaction.
        tags: make the index of tags again, too. It does not depend on how texts are split.
    """

    def delete() -> None:
        for table in _TABLES if tags else _TABLES[1:]:
            connection.execute(sa.delete(table))

    _with_whole_index(connection, delete)
    done, last = 0, -(1 << 63)
    page = sa.text(f"SELECT e.id, {columns()} FROM entry AS e WHERE e.id > :last ORDER BY e.id LIMIT {CHUNK}")
    while rows := connection.execute(page, {"last": last}).all():
        last = rows[-1][0]
        entries = []
        for row in rows:
            with suppress(StoreError):  # a damaged row can't be found any more, but must not hide the others
                entries.append((row[0], entry_from_row(row[1:])))
        if tags:
            insert_derived(connection, entries)
        else:
            _insert_without_tags(connection, entries)
        done += len(entries)
    connection.execute(sa.update(tables.state).values(words_version=WORDS_VERSION, text_version=TEMPLATE_VERSION))
    return done


def _insert_without_tags(connection: sa.Connection, entries: Sequence[tuple[int, Entry]]) -> None:
    insert_rows(connection, "search_doc", _WORDS, [(id_, *words_of(entry)) for id_, entry in entries])
    insert_rows(
        connection,
        "entry_text",
        ("entry_id", "part", "hash"),
        [(id_, part, text_hash) for id_, entry in entries for part, text_hash in enumerate(hashes(entry))],
    )
    insert_rows(
        connection,
        "entry_reference",
        ("entry_id", "path", "kind", "name"),
        [
            (id_, *named)
            for id_, entry in entries
            if may_refer(entry.kind, entry.metadata)
            for named in references_of(entry.kind, entry.spec, entry.metadata)
        ],
    )
