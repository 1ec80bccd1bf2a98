"""Migrations: they agree with the tables, leave nothing half done, and lose nothing (traps 11 to 13)."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from factories import ROOT, open_catalog, tool

from catalog.errors import CatalogWarning, NotACatalogError, SchemaOutdatedError, StoreError
from catalog.store import fulltext, queries, schema, tables
from catalog.store.copying import copy_file
from catalog.store.engine import keys_off, make_engine
from catalog.store.mapping import COLUMNS, LISTED
from catalog.store.store import Store

pytestmark = pytest.mark.sqlite("the migrations of a file; tests/postgresql has those of a server")

TABLES = (
    "entry", "entry_tag", "search_doc", "revision", "source", "catalog_state", "entry_text", "embedder", "vector",
    "entry_change", "history_mark", "entry_reference", "calibration", "golden_case", "decision_log", "used", "alias",
    "audit", "source_part",
)  # fmt: skip

NEW_IN_0006 = ("source_part",)
NEW_IN_0005 = ("alias", "audit")
NEW_IN_0003 = ("entry_reference", "calibration", "golden_case", "decision_log", "used")


@pytest.fixture
def filled(url: str) -> str:
    """The URL of a catalog with three entries, one of them changed once and one taken away."""
    with open_catalog(url) as cat:
        cat.register_many(
            [
                tool("scatter", description="Draw a scatter plot.", tags=["plot", "io"]),
                tool("bars", description="Draw bars.", tags=["plot"]),
                tool("gone", tags=["io"]),
            ]
        )
        cat.register_many([tool("bars", description="Draw tall bars.", tags=["plot"])])
        cat.unregister("tool", "gone")
    return url


@pytest.fixture
def migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that a test may add to, used in place of the real ones."""
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(schema, "migrations_dir", lambda: folder)
    return folder


def add_revision(migrations: Path, upgrade: str, downgrade: str = "pass") -> None:
    """Write a revision after the newest one."""
    (migrations / "versions" / "9000_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision, down_revision, branch_labels, depends_on = '9000', '{schema.HEAD}', None, None\n\n"
        f"def upgrade():\n    {upgrade}\n\ndef downgrade():\n    {downgrade}\n"
    )


def rows(path: str | Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    connection = sqlite3.connect(path)
    try:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    finally:
        connection.close()


def objects(path: str | Path) -> set[tuple[str, str]]:
    """Return type and name of everything in the schema."""
    connection = sqlite3.connect(path)
    try:
        return set(connection.execute("SELECT type, name FROM sqlite_master"))
    finally:
        connection.close()


def file_of(url: str) -> str:
    """Return the path of a URL."""
    return url.removeprefix("sqlite:///")


@pytest.fixture
def run_alembic(filled: str) -> Iterator[object]:
    """A function that runs an Alembic command on the filled catalog, as the package itself does."""
    engine = make_engine(filled).execution_options(sqlite_begin="IMMEDIATE")

    def run(name: str, *arguments: str) -> str:
        config = schema.alembic_config()
        config.stdout = io.StringIO()
        with engine.connect() as connection, keys_off(connection), connection.begin():
            config.attributes["connection"] = connection
            getattr(command, name)(config, *arguments)
        return config.stdout.getvalue()

    yield run
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1, "keys are off in a pooled connection"
    engine.dispose()


def test_head_is_the_newest_migration() -> None:
    """The constant that spares opening a catalog Alembic's import is Alembic's head."""
    assert ScriptDirectory.from_config(schema.alembic_config()).get_heads() == [schema.HEAD]


def test_metadata_and_migrations_agree(run_alembic) -> None:
    """`alembic check` finds nothing to do: no table differs, and the search tables are not proposed for removal."""
    assert run_alembic("check") == "No new upgrade operations detected.\n"


def test_every_constraint_and_index_is_in_the_database_under_its_name(database: Path) -> None:
    """The names the metadata gives are those in the migrated database."""
    connection = sqlite3.connect(database)
    text = "\n".join(row[0] or "" for row in connection.execute("SELECT sql FROM sqlite_master"))
    connection.close()
    named = {str(one.name) for table in tables.metadata.tables.values() for one in (*table.constraints, *table.indexes)}
    assert {name for name in named if name not in text} == set()


def test_a_listing_statement_names_the_columns_of_the_table() -> None:
    """What is read of an entry is every column of its table but the id."""
    assert set(COLUMNS) == {column.name for column in tables.entry.c} - {"id"}
    assert set(LISTED) < set(COLUMNS)


STATEMENTS = {
    name: value
    for module in (queries, fulltext)
    for name, value in vars(module).items()
    if isinstance(value, str) and value.startswith(("SELECT", "WITH"))
}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_prepares_on_a_migrated_database(database: Path, name: str) -> None:
    """Every reading statement kept as text fits the tables."""
    sql = STATEMENTS[name].replace("{ids}", "1").replace("{where}", "1")
    connection = sqlite3.connect(database)
    try:
        connection.execute(f"EXPLAIN {sql}", [None] * sql.count("?"))
    finally:
        connection.close()


def test_the_full_text_table_has_the_columns_it_is_fed_from() -> None:
    """FTS columns, table columns and weights go together."""
    assert tuple(column.name for column in tables.search_doc.c)[1:] == fulltext.FIELDS
    assert len(fulltext.WEIGHTS) == len(fulltext.FIELDS)


def test_a_failed_migration_leaves_nothing(filled: str, migrations: Path) -> None:
    """A migration that fails half-way changes neither schema nor rows (trap 11)."""
    add_revision(
        migrations,
        "op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    op.execute(\"UPDATE entry SET description = 'half'\")\n"
        "    op.execute('INSERT INTO nowhere VALUES (1)')",
    )
    path = file_of(filled)
    before = rows(path), objects(path)
    with pytest.raises(StoreError, match="nowhere"):
        schema.upgrade(path)
    assert (rows(path), objects(path)) == before
    assert schema.current(path) == schema.HEAD


def test_a_migration_that_leaves_orphans_is_refused(filled: str, migrations: Path) -> None:
    """Rows whose parents a migration took away undo the whole migration."""
    add_revision(migrations, "op.execute('DELETE FROM entry')")
    before = rows(file_of(filled))
    with pytest.raises(RuntimeError, match="without their parents"):
        schema.upgrade(file_of(filled))
    assert rows(file_of(filled)) == before


def test_rows_in_a_savepoint_obey_the_outer_rollback(url: str) -> None:
    """What a released savepoint wrote goes with the transaction around it (trap 11)."""
    engine = make_engine(url)
    with engine.connect() as connection:
        with connection.begin() as outer:
            with connection.begin_nested():
                connection.exec_driver_sql("UPDATE catalog_state SET generation = 99")
            outer.rollback()
        assert connection.exec_driver_sql("SELECT generation FROM catalog_state").scalar() == 0
    engine.dispose()


def test_recreating_a_table_keeps_rows_keys_triggers_and_search(filled: str, migrations: Path) -> None:
    """Alembic's batch mode on `entry` loses no tag, revision, trigger, key or search (trap 13)."""
    add_revision(
        migrations,
        "with op.batch_alter_table('entry', recreate='always') as batch:\n"
        "        batch.add_column(sa.Column('extra', sa.Text))\n"
        "    with op.batch_alter_table('search_doc', recreate='always') as batch:\n"
        "        batch.alter_column('params', existing_type=sa.Text(), nullable=False)",
    )
    path = file_of(filled)
    before, made = rows(path), objects(path)
    schema.upgrade(path)
    after = rows(path)
    assert {table: after[table] for table in TABLES if table != "entry"} == {
        table: before[table] for table in TABLES if table != "entry"
    }
    assert [row[:-1] for row in after["entry"]] == before["entry"]
    assert {one for one in made if one[0] in ("trigger", "index", "table")} <= objects(path)
    engine = make_engine(filled)
    with engine.begin() as connection:
        found = connection.exec_driver_sql(
            "SELECT d.name FROM entry_fts AS f JOIN search_doc AS d ON d.entry_id = f.rowid WHERE entry_fts MATCH 'bar'"
        )
        assert found.scalars().all() == ["bar"]
        connection.exec_driver_sql(fulltext.CHECK)
        with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"):
            connection.exec_driver_sql("INSERT INTO entry_tag VALUES ('x', 'tool', 'y', 99)")
        connection.exec_driver_sql("DELETE FROM entry WHERE name = 'scatter'")
        assert connection.exec_driver_sql("SELECT count(*) FROM entry_tag").scalar() == 1
        connection.exec_driver_sql(fulltext.CHECK)  # the trigger took the words out
    engine.dispose()


def test_keys_are_on_again_after_a_failure(url: str) -> None:
    """A connection goes back to the pool with foreign keys on, whatever happened while they were off (trap 13)."""
    engine = make_engine(url)
    with (
        pytest.raises(sa.exc.OperationalError, match="nowhere"),
        engine.connect() as connection,
        keys_off(connection),
        connection.begin(),
    ):
        connection.exec_driver_sql("DELETE FROM nowhere")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_checking_leaves_the_search_tables_alone(filled: str, run_alembic) -> None:
    """Commands that apply nothing rebuild nothing: the file stays as it is."""
    before = rows(file_of(filled)), objects(file_of(filled))
    run_alembic("check")
    run_alembic("current")
    assert (rows(file_of(filled)), objects(file_of(filled))) == before


def empty(path: str) -> None:
    """Delete what a downgrade refuses to lose."""
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA foreign_keys=ON; DELETE FROM entry; DELETE FROM revision; DELETE FROM source")
    connection.close()


def test_down_to_the_base_and_up_again(filled: str, run_alembic) -> None:
    """A downgrade of an empty catalog leaves no table but Alembic's own; an upgrade makes the schema as it was."""
    path = file_of(filled)
    empty(path)
    made = objects(path)
    run_alembic("downgrade", "base")
    assert {name for kind, name in objects(path) if kind == "table"} == {"alembic_version"}
    run_alembic("upgrade", "head")
    assert objects(path) == made


def test_a_downgraded_catalog_opens_empty(filled: str, run_alembic) -> None:
    """A catalog that was taken down to the base is made anew when it is opened."""
    empty(file_of(filled))
    run_alembic("downgrade", "base")
    with open_catalog(filled) as cat:
        assert cat.list("tool") == []
        cat.register("tool", "again", "os:getcwd")
        assert [hit.name for hit in cat.search("again")] == ["again"]
        assert cat.check() == []


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_migrated_catalog_can_be_searched_and_written(filled: str, migrations: Path, monkeypatch) -> None:
    """Opening a catalog of an older schema upgrades it and loses nothing."""
    add_revision(migrations, 'op.execute("UPDATE entry SET priority = 7")')
    monkeypatch.setattr(schema, "HEAD", "9000")
    with open_catalog(filled) as cat:
        assert [(e.name, e.priority) for e in cat.entries()] == [("bars", 7), ("scatter", 7)]
        assert [hit.name for hit in cat.search("scatter")] == ["scatter"]
        cat.register("tool", "more", "os:getcwd")
        assert cat.check() == []
    assert schema.current(file_of(filled)) == "9000"


def test_a_newer_schema_is_refused_and_left_alone(filled: str) -> None:
    """A database of a later version raises SchemaOutdatedError that names both versions, and nothing is changed."""
    path = file_of(filled)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = rows(path)
    with pytest.raises(SchemaOutdatedError) as caught:
        Store(filled)
    assert caught.value.facts == {"url": path, "found": "9999", "known": schema.HEAD}
    assert rows(path) == before


def test_a_missing_folder_of_migrations_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation without its migrations says so instead of failing in Alembic."""
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "a" / "store" / "schema.py"))
    with pytest.raises(StoreError, match="install magma-catalog again"):
        schema.migrations_dir()


def test_developers_reach_the_same_migrations(filled: str, tmp_path: Path) -> None:
    """`alembic -x url=…` with the checkout's own alembic.ini upgrades a new database to head."""
    import argparse

    config = Config(ROOT / "alembic.ini", cmd_opts=argparse.Namespace(x=[f"url=sqlite:///{tmp_path / 'dev.db'}"]))
    command.upgrade(config, "head")
    assert schema.current(str(tmp_path / "dev.db")) == schema.HEAD
    assert objects(tmp_path / "dev.db") == objects(file_of(filled))


def test_a_database_of_somebody_else_is_no_catalog(tmp_path: Path) -> None:
    """Another application's file, one that Alembic migrates included, raises NotACatalogError and keeps every byte."""
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('abc');"
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'ann');"
    )
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotACatalogError):
        Store(f"sqlite:///{path}")
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["theirs.db"]


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_catalog_of_schema_0002_keeps_every_row_and_makes_its_words_again(filled: str, run_alembic) -> None:
    """Going back to 0002 and up again loses no row of what 0002 knew, and opening brings words and search back."""
    path = file_of(filled)
    known = [table for table in TABLES if table not in (*NEW_IN_0003, *NEW_IN_0005, *NEW_IN_0006)]
    before = {table: data for table, data in rows(path).items() if table in known and table != "catalog_state"}
    run_alembic("downgrade", "0002")
    assert schema.current(path) == "0002"
    with open_catalog(filled) as cat:
        assert [hit.name for hit in cat.search("tall bars")] == ["bars"]
        cat.register("tool", "more", "a:b")  # the words are made again with the next change
    after = rows(path)
    assert schema.current(path) == schema.HEAD
    before["revision"] = [(*row[:-1], None) for row in before["revision"]]  # which generation they are of is not known
    for table, data in before.items():
        assert set(map(repr, data)) <= set(map(repr, after[table])), table
    assert [after[table] for table in NEW_IN_0003] == [[]] * len(NEW_IN_0003)


@pytest.fixture
def outdated(filled: str, run_alembic) -> Path:
    """The file of a catalog of schema 0002, alone in its folder."""
    run_alembic("downgrade", "0002")
    return Path(file_of(filled))


def test_the_file_is_kept_before_an_upgrade(outdated: Path) -> None:
    """Once, beside it and as it was: an upgrade can't be undone. A copy of an old file is an old file."""
    copy = outdated.with_name("copy.db")
    copy_file(str(outdated), str(copy))
    with pytest.warns(CatalogWarning, match=r"is upgraded from schema 0002 to .*; the file as it was is kept as"):
        schema.ensure(str(outdated))
    kept = Path(f"{outdated}.before-{schema.HEAD}")
    assert [schema.current(str(path)) for path in (outdated, kept, copy)] == [schema.HEAD, "0002", "0002"]
    assert sqlite3.connect(kept).execute("SELECT count(*) FROM entry").fetchone()[0] > 0


def test_an_upgrade_that_can_not_keep_the_file_is_none(outdated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the copy nothing is upgraded, and the error says how much room there is."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 10))
    with pytest.raises(StoreError, match=r"is not upgraded from schema 0002 .* has room for 0 MB"):
        schema.ensure(str(outdated))
    assert schema.current(str(outdated)) == "0002"
    assert not Path(f"{outdated}.before-{schema.HEAD}").exists()


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_catalog_of_schema_0004_keeps_its_history(filled: str, run_alembic) -> None:
    """Going up to 0005 loses no row; what was changed before has no reason, and what is changed after has its own."""
    path = file_of(filled)
    run_alembic("downgrade", "0004")
    old = [table for table in TABLES if table not in (*NEW_IN_0005, *NEW_IN_0006)]
    with closing(sqlite3.connect(path)) as connection:
        before = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in old}
    with open_catalog(filled) as cat:
        after = rows(path)
        assert [row[:-2] for row in after["revision"]] == before["revision"]
        assert {row[-2:] for row in after["revision"]} == {(None, None)}
        others = [table for table in old if table != "revision"]
        assert [after[table] for table in others] == [before[table] for table in others]
        cat.update("tool:bars", tags=["plot", "new"], reason="it is new")
        assert [change.reason for change in cat.history("tool:bars")] == ["it is new", None, None]
        assert (cat.aliases("tool:bars"), cat.audit(), cat.check()) == ({}, [], [])


@pytest.mark.parametrize("older", ["0001", "0002", "0003", "0004"])
def test_an_upgraded_catalog_is_sound(filled: str, run_alembic, older: str) -> None:
    """A check does not miss what the next change makes, and that makes it."""
    run_alembic("downgrade", older)
    with pytest.warns(CatalogWarning, match="is upgraded from schema"):
        cat = open_catalog(filled)
    with cat:
        upgraded = cat.check()
        cat.register("tool", "one_more", "plots:one_more")
        assert (upgraded, cat.check()) == ([], [])
