"""A database that somebody else made is data: what SQLite would run in it is refused before anything is read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from factories import ROOT, open_catalog

from catalog import Catalog, StoreError
from catalog.store import schema
from catalog.store.access import WRITE, Access, access_to, connect
from catalog.store.engine import make_engine
from catalog.store.foreign import PROGRAMS, TABLES, foreign_parts

pytestmark = pytest.mark.sqlite("what a file of somebody else holds beside the tables")

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
WORDS = "name, description, params, tags, examples, facets"
OLD = "old.entry_id, old.name, old.description, old.params, old.tags, old.examples, old.facets"
TAMPERED = {
    "a trigger that rewrites": "CREATE TRIGGER t AFTER INSERT ON entry BEGIN UPDATE entry SET ref = 'os:system'; END",
    "a trigger under a name of ours": "DROP TRIGGER search_doc_insert; "
    "CREATE TRIGGER search_doc_insert AFTER INSERT ON search_doc BEGIN UPDATE entry SET ref = 'os:system'; END",
    "a trigger that does more": "DROP TRIGGER search_doc_delete; "
    "CREATE TRIGGER search_doc_delete AFTER DELETE ON search_doc BEGIN INSERT INTO entry_fts(entry_fts, rowid, "
    f"{WORDS}) VALUES ('delete', {OLD}); DELETE FROM revision; END",
    "a view that never ends": f"ALTER TABLE entry RENAME TO kept; CREATE VIEW entry AS {ENDLESS}",
    "a view that is written to": "ALTER TABLE used RENAME TO kept; CREATE VIEW used AS SELECT * FROM kept; "
    "CREATE TRIGGER t INSTEAD OF INSERT ON used BEGIN DELETE FROM entry; END",
    "a computed column": "ALTER TABLE entry ADD COLUMN more TEXT GENERATED ALWAYS AS (hex(zeroblob(1000000000)))",
    "a short computed column": "ALTER TABLE entry ADD COLUMN more AS (hex(zeroblob(1000000000)))",
    "a hidden computed column": "ALTER TABLE entry ADD COLUMN more AS /* of ours */ (hex(zeroblob(1000000000)))",
    "a computed default": "ALTER TABLE source RENAME TO kept; CREATE TABLE source (target DEFAULT (hex(zeroblob(9))))",
    "a check of another's": "ALTER TABLE used RENAME TO kept; CREATE TABLE used (kind CHECK (hex(zeroblob(9)) > 0))",
    "an index of an expression": "CREATE INDEX i ON entry (hex(zeroblob(length(name) * 1000)))",
    "an index with a condition": "CREATE INDEX i ON entry (name) WHERE length(hex(zeroblob(1000))) > 1",
    "another index of words": "DROP TABLE entry_fts; CREATE VIRTUAL TABLE entry_fts USING fts5(name, content='entry')",
    "a virtual table": "DROP TABLE used; CREATE VIRTUAL TABLE used USING fts5(query)",
}


@pytest.fixture
def shipped(database: Path) -> Path:
    """A database with one entry."""
    with open_catalog(database) as cat:
        cat.register("tool", "plot", "json:dumps", description="Draw a chart.")
    return database


@pytest.mark.parametrize("name", TAMPERED)
def test_what_no_catalog_has_made_is_refused(shipped: Path, name: str) -> None:
    """Triggers, views, computed columns, checks and indexes of others: one error names them, and nothing is run."""
    with closing(sqlite3.connect(shipped)) as connection:
        connection.executescript(TAMPERED[name])
    before = shipped.read_bytes()
    with pytest.raises(StoreError, match="which no catalog has made and SQLite would run") as error:
        open_catalog(shipped)
    assert (len(error.value.facts["foreign"]) >= 1, shipped.read_bytes() == before) == (True, True)


@pytest.mark.parametrize("name", ["a trigger that rewrites", "a view that never ends", "a virtual table"])
def test_entries_are_saved_from_a_tampered_database(shipped: Path, tmp_path: Path, name: str) -> None:
    """``db check --salvage`` takes the entries, from the history where their table is gone, into a database of ours."""
    with closing(sqlite3.connect(shipped)) as connection:
        connection.executescript(TAMPERED[name])
    saved = tmp_path / "saved.db"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "catalog_cli", "--url", str(shipped), "db", "check", "--salvage", str(saved)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    with open_catalog(saved) as cat:
        assert [(entry.key, entry.ref) for entry in cat.entries()] == [("tool:plot", "json:dumps")]


@pytest.mark.parametrize("name", TAMPERED)
def test_what_is_put_in_while_a_catalog_is_open_is_never_fired(shipped: Path, name: str) -> None:
    """A catalog that is open already looks again once the schema has changed: it writes nothing, and reads nothing."""
    with open_catalog(shipped) as cat, open_catalog(shipped) as other:
        other.register("tool", "pie", "json:dumps")
        assert cat.list("tool") == ["pie", "plot"]
        with closing(sqlite3.connect(shipped)) as connection:
            connection.executescript(TAMPERED[name])
        with pytest.raises(StoreError, match="which no catalog has made and SQLite would run"):
            cat.register("tool", "cake", "json:dumps")
        with pytest.raises(StoreError, match="which no catalog has made and SQLite would run"):
            other.workspace.store.writing(actor="test").__enter__()
        with pytest.raises(StoreError, match="which no catalog has made and SQLite would run"):
            other.list("tool")


def test_a_harmless_change_of_the_schema_stops_nobody(shipped: Path) -> None:
    """Tables and indexes that another program adds for itself while a catalog is open are nobody's business."""
    with open_catalog(shipped) as cat:
        cat.register("tool", "pie", "json:dumps")
        with closing(sqlite3.connect(shipped)) as connection:
            connection.executescript("CREATE TABLE mine (a); CREATE INDEX i ON entry (priority)")
        cat.register("tool", "cake", "json:dumps")
        assert cat.list("tool") == ["cake", "pie", "plot"]


def test_what_is_of_no_table_of_ours_is_nobodys_business(shipped: Path) -> None:
    """Tables, views and triggers that another tool added for itself, statistics, and plain indexes are left alone."""
    with closing(sqlite3.connect(shipped)) as connection:
        connection.executescript(
            "CREATE TABLE mine (a); CREATE VIEW charts AS SELECT name FROM entry; CREATE INDEX i ON entry (priority);"
            "CREATE UNIQUE INDEX j ON entry (kind, name, revision);"
            "CREATE TRIGGER m AFTER INSERT ON mine BEGIN DELETE FROM mine; END; ANALYZE;"
        )
    with open_catalog(shipped) as cat:
        assert (cat.list("tool"), cat.check()) == (["plot"], [])


def test_every_schema_of_ours_passes(tmp_path: Path) -> None:
    """Databases of every revision, as their migrations make them, hold nothing foreign; and all tables are known."""
    config = schema.alembic_config()
    from alembic.script import ScriptDirectory

    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    for revision in revisions:
        path = tmp_path / f"{revision}.db"
        engine = make_engine(sa.URL.create("sqlite", database=str(path)))
        with engine.connect() as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            assert foreign_parts(connection) == []
            if revision == schema.HEAD:
                rows = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'trigger')")
                names = {kind: set() for kind in ("table", "trigger")}  # type: dict[str, set[str]]
                for kind, name in rows:
                    names[kind].add(name)
    assert (names["table"], names["trigger"] <= set(PROGRAMS)) == (set(TABLES), True)


def test_readers_trust_no_schema(shipped: Path) -> None:
    """Every connection that reads lets a schema call only functions that do nothing else."""
    with closing(connect(str(shipped), "rw", timeout=1)) as connection:
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
    with open_catalog(shipped) as cat, cat.workspace.store.reader.connection() as connection:
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert connection.execute("PRAGMA cell_size_check").fetchone() == (1,)


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("sort", ["pipe", "link", "folder"])
def test_what_lies_beside_must_be_files(shipped: Path, tmp_path: Path, end: str, sort: str) -> None:
    """A pipe, a link or a folder in place of a log is refused at once: nothing hangs, and no other file is written."""
    beside = Path(f"{shipped}{end}")
    other = tmp_path / "other"
    other.write_text("mine")
    {"pipe": lambda: os.mkfifo(beside), "link": lambda: beside.symlink_to(other), "folder": beside.mkdir}[sort]()
    with pytest.raises(StoreError, match=f"{end} is no file but a link, a device or a pipe; take it away"):
        Catalog(f"sqlite:///{shipped}", embedder="none")
    assert other.read_text() == "mine"


def test_a_log_that_comes_and_goes_keeps_nobody_out(shipped: Path) -> None:
    """While another process makes and removes the files beside it, a database can be opened, and written to."""
    code = """
import os, sys
while True:
    for end in ("-wal", "-shm", "-journal"):
        os.close(os.open(sys.argv[1] + end, os.O_CREAT | os.O_WRONLY))
        os.unlink(sys.argv[1] + end)
"""
    other = shipped.with_name("other.db")
    other.write_bytes(b"")
    with subprocess.Popen([sys.executable, "-c", code, str(other)]) as busy:
        try:
            answers = {access_to(str(other)) for _ in range(3_000)}
        finally:
            busy.kill()
    assert answers == {Access(WRITE, "")}
