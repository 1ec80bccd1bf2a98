"""What a database file must not hold: what SQLite would run or follow when the tables of a catalog are read or written.

A file may come from anybody. A trigger on a table of ours changes what is written, a view in place of a table is a
program that a reading runs, and so is an expression in a column, an index or a check. All that is compared with what
the migrations make. Other tables, and views and triggers of other tables, are never touched, and are nobody's business.
"""

from __future__ import annotations

import re
import sqlite3
from functools import lru_cache

from catalog.errors import StoreError

TABLES = frozenset({
    "alembic_version", "alias", "audit", "calibration", "catalog_state", "decision_log", "embedder", "entry",
    "entry_change", "entry_fts", "entry_fts_config", "entry_fts_data", "entry_fts_docsize", "entry_fts_idx",
    "entry_reference", "entry_tag", "entry_text", "entry_words", "golden_case", "history_mark", "revision",
    "search_doc", "source", "source_part", "used", "vector",
})  # fmt: skip
"""The tables that are read and written; a test compares them with those that the migrations make."""

_NEW = "new.entry_id,new.name,new.description,new.params,new.tags,new.examples,new.facets"
_OLD = "'delete',old.entry_id,old.name,old.description,old.params,old.tags,old.examples,old.facets"
_COLUMNS = "rowid,name,description,params,tags,examples,facets"
_ADD = f"insertintoentry_fts({_COLUMNS})values({_NEW});"
_DROP = f"insertintoentry_fts(entry_fts,{_COLUMNS})values({_OLD});"

PROGRAMS = {
    "search_doc_insert": f"createtriggersearch_doc_insertafterinsertonsearch_docbegin{_ADD}end",
    "search_doc_delete": f"createtriggersearch_doc_deleteafterdeleteonsearch_docbegin{_DROP}end",
    "search_doc_update": f"createtriggersearch_doc_updateafterupdateonsearch_docbegin{_DROP}{_ADD}end",
    "entry_fts": "createvirtualtableentry_ftsusingfts5(name,description,params,tags,examples,facets,"
    "content='search_doc',content_rowid='entry_id',tokenize='ascii')",
    "entry_words": "createvirtualtableentry_wordsusingfts5vocab('entry_fts','row')",
}
"""Triggers and virtual tables by name, without spaces and quotes of names."""

_CHECKS = (
    "check((refisnull)<>(specisnull))", "check(length(name)between1and200)", "check(length(kind)between1and40)",
    "check(length(tag)between1and200)", "check(revision>=1)", "check(id=1)", "check(width>=1)",
    "check(length(vector)%4=0)", "check((kind='')=(name=''))",
    "check(length(alias)between1and200)", "check(revisionisnullorrevision>=1)",
)  # fmt: skip
_EXPRESSION = re.compile(r"check\(|generatedalways|default\(|collate")
_COMPUTED = re.compile(r"\bas\b\s*\(|/\*|--", re.IGNORECASE)  # and comments, behind which one could hide
_PLAIN_INDEX = re.compile(r"createindex\w+on\w+\([\w,]+\)|createuniqueindex\w+on\w+\([\w,]+\)")
_LONGEST = 4_000
"""How many characters a part has of which the judgement is kept; ours have fewer, and a file may hold any."""
_BLANK = re.compile(r'[\s"`\[\]]+')


def foreign_parts(connection: sqlite3.Connection) -> list[str]:
    """Return what the database would run that no catalog has made, in words, in the order of the file."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    faults = []
    for kind, name, table, sql in rows:
        if str(table) not in TABLES or sql is None:  # of other programs; or the index of a key, which SQLite makes
            continue
        is_ours = _is_ours if len(str(sql)) <= _LONGEST else _is_ours.__wrapped__
        if not is_ours(str(kind), str(name), str(sql)):
            faults.append(f"the {kind} {name!r}" + (f" on {table}" if table != name else ""))
    return faults


@lru_cache(maxsize=256)
def _is_ours(kind: str, name: str, sql: str) -> bool:
    """Tell whether a part of the schema is as the migrations make it, or runs nothing."""
    if kind == "table" and _COMPUTED.search(sql):
        return False
    sql = _BLANK.sub("", sql).lower()
    if kind == "table" and not sql.startswith("createvirtual"):
        for check in _CHECKS:
            sql = sql.replace(check, "")
        return name not in PROGRAMS and _EXPRESSION.search(sql) is None
    if kind == "index":
        return _PLAIN_INDEX.fullmatch(sql) is not None
    return PROGRAMS.get(name) == sql


def refuse_foreign(connection: sqlite3.Connection, path: str) -> None:
    """Do nothing if the database runs nothing but what the migrations have made.

    Raises:
        StoreError: it would; the text names what.
    """
    faults = foreign_parts(connection)
    if faults:
        shown = ", ".join(faults[:3]) + (f" and {len(faults) - 3} more" if len(faults) > 3 else "")
        raise StoreError(
            f"{path} is not opened: it holds {shown}, which no catalog has made and SQLite would run; "
            f"`catalog --url sqlite:///{path} db check --salvage OUT` takes its entries into a new database",
            url=path,
            foreign=faults,
        )


def ensure_ours(connection: sqlite3.Connection, path: str, known: int | None) -> int:
    """Return the version of the schema, which SQLite counts up with each change; other than *known*, it is looked at.

    Raises:
        StoreError: another program has put in what SQLite would run.
    """
    version: int = connection.execute("PRAGMA schema_version").fetchone()[0]
    if version != known:
        refuse_foreign(connection, path)
    return version


SAFE = ("trusted_schema=OFF", "cell_size_check=ON")
"""Settings of every connection that reads: a schema calls no function that does something, and pages are checked.

A connection that writes fires the triggers that keep the index of words. An SQLite of 2022 holds triggers that write to
FTS5 for unsafe; they are compared with ours instead.
"""


def harden(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return *connection*, set up so that a file of somebody else's can do the least."""
    for setting in SAFE:
        connection.execute(f"PRAGMA {setting}")
    return connection
