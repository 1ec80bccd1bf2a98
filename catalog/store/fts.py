"""The full-text index of SQLite: an FTS5 table over ``search_doc``, the triggers that feed it, and its vocabulary.

All of it is derived data. It is installed after the migrations have run, never by one of them: recreating a table in
Alembic's batch mode drops its triggers without a word, and autogenerate takes an FTS table for one to be removed.
"""

from __future__ import annotations

FIELDS = ("name", "description", "params", "tags", "examples", "facets")
"""The columns of ``search_doc`` in the order of the weights of :func:`catalog.store.queries.rank_sql`."""

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

REBUILD = "INSERT INTO entry_fts(entry_fts) VALUES ('rebuild')"
CHECK = "INSERT INTO entry_fts(entry_fts, rank) VALUES ('integrity-check', 1)"
"""Raises ``database disk image is malformed`` where index and ``search_doc`` differ (rank 1 compares them)."""
