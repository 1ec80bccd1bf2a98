"""Looking for damage: every column of every table against the form that its type in ``tables.py`` gives it.

A new column is covered when it is added. What types can't say (a checksum, a range, two columns that belong together)
stands in :data:`_MORE`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zlib import crc32

import sqlalchemy as sa

from catalog.entry.embedding_text import TEMPLATE_VERSION
from catalog.entry.words import WORDS_VERSION
from catalog.store import tables
from catalog.store.forms import LATEST, is_number, is_real, parsed, parsed_texts, text_or_bytes
from catalog.store.mapping import WRONG_TYPES
from catalog.store.sources import KEPT_SOURCE
from catalog.store.use import is_key
from catalog.store.vectors import WIDEST

FIX = "`catalog db check --fix`"

DERIVED = ("entry_tag", "search_doc", "entry_text", "entry_reference")
"""Tables that are made from entries."""

_REMEDIES = {
    "entry": f"{FIX} or `catalog restore {{key}}` brings back what the history has",
    "revision": f"{FIX} mends the history, as far as the entry itself tells",
    "vector": f"{FIX} or `catalog embed update` makes it again",
    "embedder": f"{FIX} takes it away, `catalog embed update` makes its vectors again",
    "source": f"`catalog scan {{target}}` records it again; {FIX} takes the default options",
    "source_part": f"{FIX} takes it away, and the next refresh reads the files of its source again",
    "alias": f"{FIX} takes the alias away; `catalog alias` points it again",
    "calibration": f"{FIX} takes it away, `catalog route fit` learns again",
    "catalog_state": f"{FIX} makes it again",
    **dict.fromkeys(DERIVED, f"{FIX} makes it again"),
}


class Damage(NamedTuple):
    """A row with values that are not in form.

    Attributes:
        table: its table.
        rowid: of the row; None in a table without.
        row: the values by column.
        faults: what is wrong, by column.
    """

    table: str
    rowid: int | None
    row: Mapping[str, Any]
    faults: Mapping[str, str]


def damaged_rows(connection: sqlite3.Connection, names: tuple[str, ...] = ()) -> Iterator[Damage]:
    """Yield the damaged rows of all tables, or of those with these *names*, table by table.

    Raises:
        sqlite3.DatabaseError: a page can't be read.
    """
    before, connection.text_factory = connection.text_factory, text_or_bytes
    try:
        for table in tables.metadata.sorted_tables:
            if not names or table.name in names:
                yield from _of_table(connection, table)
    finally:
        connection.text_factory = before


def _of_table(connection: sqlite3.Connection, table: sa.Table) -> Iterator[Damage]:
    columns = [column.name for column in table.c]
    has_rowid = table.dialect_options["sqlite"]["with_rowid"] is not False
    checks = [(place, column.name, form_check(column)) for place, column in enumerate(table.c)]
    more = _MORE.get(table.name)
    listed = ", ".join(f't."{name}"' for name in columns)
    for values in connection.execute(f"SELECT {listed}, {'t.rowid' if has_rowid else 'NULL'} FROM {table.name} AS t"):
        faults = {name: why for place, name, check in checks if (why := check(values[place])) is not None}
        if not faults and more is None:
            continue
        row = dict(zip(columns, values, strict=False))
        if not faults and more is not None:
            faults = more(row)
        if faults:
            yield Damage(table.name, values[-1], row, faults)


_Check = Callable[[Any], str | None]


def form_check(column: sa.Column[Any]) -> _Check:
    """Return a function that says what is wrong with a value of *column*, or None."""
    kind = column.type
    may_lack, form = bool(column.nullable), _form_of(kind)

    def check(value: Any) -> str | None:
        return None if value is None and may_lack else form(value)

    return check


def _form_of(kind: sa.types.TypeEngine[Any]) -> _Check:
    if isinstance(kind, tables.UtcDateTime):
        return _moment
    if isinstance(kind, tables.JsonText):
        return {"object": _object, "texts": _texts}.get(kind.form, _any_json)
    if isinstance(kind, sa.Float):
        return lambda value: None if is_real(value) else _wrong(value, "a number that is none")
    if isinstance(kind, sa.Integer):
        return lambda value: None if is_number(value, -(1 << 53)) else _wrong(value, "a number beyond all counting")
    if isinstance(kind, sa.LargeBinary):
        return lambda value: None if type(value) is bytes else _wrong(value)
    return lambda value: None if type(value) is str else _wrong(value)


def _wrong(value: Any, otherwise: str = "a value of another type") -> str:
    if type(value) is bytes:
        return "bytes that are not UTF-8" if text_or_bytes(value) is value else "bytes that are no text"
    return otherwise if type(value) in (int, float) else WRONG_TYPES.get(type(value), otherwise)


def _moment(value: Any) -> str | None:
    if type(value) is not str:
        return _wrong(value)
    try:
        return None if datetime.fromisoformat(value).tzinfo else "a time without its zone"
    except ValueError:
        return "a text that is no time"


def _json(read: Callable[[Any], object]) -> _Check:
    def check(value: Any) -> str | None:
        if type(value) is not str:
            return _wrong(value)
        try:
            read(value)
        except ValueError as error:
            return f"not the JSON it must be ({error})"
        return None

    return check


_any_json, _texts, _object = _json(parsed), _json(parsed_texts), _json(lambda text: parsed(text, dict))


# -- what types can't say --------------------------------------------------------------------------------------------


def _entry(row: Mapping[str, Any]) -> dict[str, str]:
    faults = {}
    if (row["ref"] is None) is (row["spec"] is None):
        faults["ref"] = "neither a reference nor data" if row["ref"] is None else "a reference and data"
    if not -(1 << 31) <= row["priority"] < 1 << 31:
        faults["priority"] = "a number beyond those allowed"
    if row["revision"] < 1:
        faults["revision"] = "a number below 1"
    faults |= {name: "no text" for name in ("kind", "name") if not row[name]}
    return faults


def _vector(row: Mapping[str, Any]) -> dict[str, str]:
    if len(row["vector"]) % 4:
        return {"vector": "not a whole number of floats"}
    return {} if crc32(row["vector"]) == row["checksum"] else {"vector": "not the bytes that were stored"}


def _used(row: Mapping[str, Any]) -> dict[str, str]:
    if row["query"] == "" and not is_key(row["text"]):
        return {"text": "not the key of the hashes"}
    return {} if is_real(row["at"], LATEST) else {"at": "a time beyond all calendars"}


_MORE: dict[str, Callable[[Mapping[str, Any]], dict[str, str]]] = {
    "entry": _entry,
    "vector": _vector,
    "used": _used,
    "revision": lambda row: {} if row["revision"] >= 1 else {"revision": "a number below 1"},
    "alias": lambda row: {"revision": "a number below 1"} if (row["revision"] or 1) < 1 else {},
    "embedder": lambda row: {} if 0 < row["width"] <= WIDEST else {"width": "a number that no vector has"},
    "golden_case": lambda row: {} if (row["kind"] == "") is (row["name"] == "") else {"name": "half a key"},
    "catalog_state": lambda row: {} if row["generation"] >= 0 else {"generation": "a number below 0"},
}


# -- in words --------------------------------------------------------------------------------------------------------


def in_words(connection: sqlite3.Connection, damage: Damage) -> Iterator[str]:
    """Yield a text for each damaged column of a row: table, row, column, what is wrong and what helps."""
    row = _called(connection, damage)
    said = {"key": row, "target": damage.row.get("target")}
    remedy = _REMEDIES.get(damage.table, f"{FIX} takes the row away").format(**said)
    if damage.table == "entry" and {"kind", "name"} & set(damage.faults):  # nobody can type such a key
        remedy = f"{FIX} brings back what the history has"
    if damage.table == "source" and str(damage.row.get("target")).startswith(KEPT_SOURCE):
        remedy = f"{FIX} forgets it, `catalog pin` keeps it again"
    for column, why in damage.faults.items():
        yield f"{damage.table} {row}, column {column}: {why}; {remedy}"


def _called(connection: sqlite3.Connection, damage: Damage) -> str:
    """Return what to call a damaged row: the key of its entry, and what else tells it from others."""
    row = damage.row
    key = [column.name for column in tables.metadata.tables[damage.table].primary_key]
    parts = []
    if "kind" in row and "name" in row and damage.table not in DERIVED:
        parts.append(_key_of(row["kind"], row["name"]))
        key = [name for name in key if name not in ("kind", "name")]
    if is_number(row.get("entry_id")):
        found = connection.execute("SELECT kind, name FROM entry WHERE id = ?", (row["entry_id"],)).fetchone()
        if found:
            parts.append(_key_of(*found))
            key = [name for name in key if name != "entry_id"]
    if damage.table != "entry" or not all(type(row[name]) is str for name in ("kind", "name")):
        parts += [f"{name} {row[name]!r:.60}" for name in key]
    return " ".join(parts)


def _key_of(kind: Any, name: Any) -> str:
    return ":".join(part if type(part) is str else repr(part)[:60] for part in (kind, name))


# -- the database as a whole -----------------------------------------------------------------------------------------

_OF_ROWS = ("NULL value in ", "CHECK constraint failed in ", "TEXT value in ", "NUMERIC value in ", "non-")
"""How SQLite's own check begins what is said here row by row."""


def faults_of(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong with the database, as texts; the index of words is compared elsewhere."""
    faults: list[str] = []
    try:
        own = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        faults += [f"pages: {text}; {_of_page(text)}" for text in own if text != "ok" and not text.startswith(_OF_ROWS)]
        loose: dict[str, int] = {}
        for row in connection.execute("PRAGMA foreign_key_check"):
            loose[row[0]] = loose.get(row[0], 0) + 1
        faults += [f"{name}: {count} rows of what is not there; {FIX} takes them away" for name, count in loose.items()]
        for damage in damaged_rows(connection):
            faults += in_words(connection, damage)
        faults += _lacking(connection)
    except sqlite3.DatabaseError as error:
        faults.append(f"pages: {error}; {_of_page('')}")
    return faults


def _of_page(text: str) -> str:
    if "missing from index" in text or "wrong # of entries in index" in text:
        return f"{FIX} makes the index again"
    return "`catalog db check --salvage OUT` writes what can be read into a new database; so does a backup"


def _lacking(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is not there, or not the same, of what is made from entries."""

    def count(sql: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {sql}").fetchone()[0])

    known = connection.execute("SELECT words_version, text_version FROM catalog_state").fetchone()
    if known is None:
        yield f"catalog_state: its row is gone; {FIX} makes it again"
        return
    # Before the first write after an upgrade they are made by other rules, or not at all, and that is as it should be.
    if known[0] == WORDS_VERSION:
        missing = count("entry AS e LEFT JOIN search_doc AS d ON d.entry_id = e.id WHERE d.entry_id IS NULL")
        if missing:
            yield f"search: {missing} entries have no words; {FIX} makes them again"
    if known[1] == TEMPLATE_VERSION:
        unhashed = count(
            "entry AS e LEFT JOIN entry_text AS t ON t.entry_id = e.id AND t.part = 0 WHERE t.entry_id IS NULL"
        )
        if unhashed:
            yield f"meaning: {unhashed} entries have no hash of their text; {FIX} makes them again"
    # The tags of damaged rows can't be read; those rows are reported already.
    strays = count(
        "(SELECT e.id, j.value, e.kind, e.name FROM entry AS e, json_each(CASE WHEN typeof(e.tags) = 'text' AND "
        "json_valid(e.tags) AND json_type(e.tags) = 'array' THEN e.tags ELSE '[]' END) AS j WHERE j.type = 'text' "
        "EXCEPT SELECT entry_id, tag, kind, name FROM entry_tag)"
    )
    if strays:
        yield f"tags: {strays} are missing from their index; {FIX} makes it again"
