"""``copy_catalog``: a whole catalog in another database, compared, or nothing at all."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path

import pytest
from factories import ROOT, blank_catalog, open_catalog
from make_fixture import FIXTURES, Tiny, load, said
from test_upgrades import REVISIONS, of_revision, rows

from catalog import NotACatalogError, SchemaOutdatedError, StoreBusyError, StoreError, copy_catalog
from catalog.store import carry, schema, tables

pytestmark = pytest.mark.sqlite("the copy is another file; tests/postgresql copies to and from a server")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A catalog with rows in every table, of the newest schema there is a fixture of."""
    file = tmp_path / "old.db"
    load(FIXTURES / f"{REVISIONS[-1]}.sql", file)
    return file


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A path in a folder of its own, where nothing is."""
    (tmp_path / "there").mkdir()
    return tmp_path / "there" / "new.db"


def test_every_row_of_every_table_arrives(old: Path, new: Path) -> None:
    """Two databases with the same rows in each table, whose catalogs say and find the same; the report counts them."""
    before = old.read_bytes()
    copied = copy_catalog(f"sqlite:///{old}", f"sqlite:///{new}")
    assert rows(new) == rows(old)
    assert {name: total.rows for name, total in copied.tables.items()} == {
        name: len(data) for name, data in rows(old).items() if name != "alembic_version"
    }
    empty = [name for name in tables.metadata.tables if not copied.tables[name].rows]
    assert empty == [], "store something there in make_fixture.fill, and make the fixture of the newest schema again"
    assert (copied.found, copied.left, copied.replaced) == (schema.HEAD, [], False)
    assert old.read_bytes() == before
    assert [path.name for path in new.parent.iterdir()] == ["new.db"]
    assert sorted(path.name for path in old.parent.iterdir()) == ["old.db", "there"]
    with open_catalog(old, embedder=Tiny()) as here, open_catalog(new, embedder=Tiny()) as there:
        assert said(here) == said(there)
        assert there.check() == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_catalog_of_every_schema_is_copied_and_not_upgraded(tmp_path: Path, new: Path, revision: str) -> None:
    """The copy is of the newest schema, the old file stays byte for byte, and no third file is made."""
    file = of_revision(revision, tmp_path)
    before, content = file.read_bytes(), rows(file)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copied = copy_catalog(str(file), str(new))
    assert (copied.found, schema.current(str(new)), file.read_bytes() == before) == (revision, schema.HEAD, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, "there"])
    for name in ("entry_tag", "revision", "golden_case", "used", "calibration", "embedder"):
        old_rows = content.get(name, [])
        width = len(old_rows[0]) if old_rows else 0  # columns that came later are empty, and behind the others
        assert [row[:width] for row in rows(new)[name]] == old_rows
        assert {cell for row in rows(new)[name] for cell in row[width:]} <= {None}


def test_what_lies_in_the_log_is_copied_and_stays_there(old: Path, new: Path, tmp_path: Path) -> None:
    """What a process that was killed left in the log arrives; neither the file nor its log changes."""
    with closing(sqlite3.connect(old, isolation_level=None)) as writing:
        writing.execute("PRAGMA wal_autocheckpoint=0")
        writing.execute("UPDATE entry SET description = 'in the log' WHERE name = 'scatter'")
        for end in ("", "-wal", "-shm"):
            (tmp_path / f"left.db{end}").write_bytes(Path(f"{old}{end}").read_bytes())
    left = tmp_path / "left.db"
    before = [Path(f"{left}{end}").read_bytes() for end in ("", "-wal")]
    copy_catalog(str(left), str(new))
    assert [Path(f"{left}{end}").read_bytes() for end in ("", "-wal")] == before
    with open_catalog(new) as cat:
        assert cat.entry("tool", "scatter").description == "in the log"


def test_a_copy_is_of_one_moment_while_others_write(old: Path, new: Path) -> None:
    """A process that writes all the time neither stops a copy nor gets half a change into it."""
    code = (
        "import sys, time; from catalog import Catalog, Settings\n"
        "with Catalog(sys.argv[1], settings=Settings(embedder='none')) as cat:\n"
        "    print('ready', flush=True)\n"
        "    for turn in range(10 ** 6):\n"
        "        cat.register_many({'kind': 'tool', 'name': f'{side}-{turn}', 'ref': 'a:b'} for side in 'lr')\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
    writer = subprocess.Popen(
        [sys.executable, "-c", code, f"sqlite:///{old}"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        for turn in range(5):
            copy_catalog(str(old), f"{new}{turn}")
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    for turn in range(5):
        with open_catalog(f"sqlite:///{new}{turn}") as cat:
            names = cat.list("tool")
            assert [name for name in names if name[:2] == "l-"] == [
                f"l-{name[2:]}" for name in names if name[:2] == "r-"
            ]
            assert cat.check() == []


def test_a_catalog_is_never_written_over(old: Path, tmp_path: Path) -> None:
    """A target with entries, one that is no catalog, and the source itself are refused, and keep every byte."""
    other, notes = blank_catalog(tmp_path / "other.db"), tmp_path / "notes.txt"
    notes.write_text("notes " * 1000)
    with open_catalog(other) as cat:
        cat.register("tool", "mine", "a:b")
    before = other.read_bytes(), notes.read_bytes(), old.read_bytes()
    with pytest.raises(StoreError, match="holds a catalog already; name a new file, or replace it"):
        copy_catalog(str(old), str(other))
    for replace in (False, True):
        with pytest.raises(NotACatalogError):
            copy_catalog(str(old), str(notes), replace=replace)
        with pytest.raises(StoreError, match="are one file"):
            copy_catalog(str(old), str(old), replace=replace)
    assert (other.read_bytes(), notes.read_bytes(), old.read_bytes()) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "old.db", "other.db"]


@pytest.mark.parametrize("there", ["nothing", "an empty file", "an empty catalog", "a catalog"])
def test_what_may_be_there_before(old: Path, new: Path, there: str) -> None:
    """No file, an empty one and a catalog nobody has stored anything in are filled; another only where it is asked."""
    if there == "an empty file":
        new.touch()
    elif there != "nothing":
        blank_catalog(new)
    if there == "a catalog":
        with open_catalog(new) as cat:
            cat.register("tool", "mine", "a:b")
    copied = copy_catalog(str(old), str(new), replace=there == "a catalog")
    assert copied.replaced is (there == "a catalog")
    assert rows(new) == rows(old)
    assert [path.name for path in new.parent.iterdir()] == ["new.db"]


def test_a_catalog_in_use_is_not_replaced(old: Path, new: Path) -> None:
    """While a process has the target open the copy is refused: its log would be read with the new file."""
    blank_catalog(new)
    with open_catalog(new) as cat:
        cat.register("tool", "mine", "a:b")
        with pytest.raises(StoreBusyError, match="is in use by another process"):
            copy_catalog(str(old), str(new), replace=True)
        cat.register("tool", "yours", "a:b")
        assert cat.list("tool") == ["mine", "yours"]
    with open_catalog(new) as cat:
        assert (cat.list("tool"), cat.check()) == (["mine", "yours"], [])
    assert copy_catalog(str(old), str(new), replace=True).replaced


def test_a_copy_that_differs_is_no_copy(old: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that does not arrive as it was is named by its table; what was there stays, and nothing is left beside."""
    blank_catalog(new)
    with open_catalog(new) as cat:
        cat.register("tool", "mine", "a:b")
    before = new.read_bytes()
    fulltext = carry.fulltext
    spoilt = (*fulltext.INSTALL, "UPDATE golden_case SET text = 'another' WHERE id = 1")
    monkeypatch.setattr(fulltext, "INSTALL", spoilt)
    with pytest.raises(StoreError, match="was not copied: the table 'golden_case' has other rows there"):
        carry.carry(str(old), str(new), replace=True)
    assert new.read_bytes() == before
    assert [path.name for path in new.parent.iterdir()] == ["new.db"]


def test_a_log_that_lies_there_is_not_read_with_the_copy(old: Path, new: Path) -> None:
    """The log of a database that was deleted would be taken for the copy's own: it is named, and nothing is made."""
    Path(f"{new}-wal").write_bytes(b"frames")
    with pytest.raises(StoreError, match=r"new\.db-wal was left by a database that was there before"):
        copy_catalog(str(old), str(new))
    assert [path.name for path in new.parent.iterdir()] == ["new.db-wal"]


def test_what_is_no_part_of_a_catalog_is_named_and_left(old: Path, new: Path) -> None:
    """A table of somebody else stays behind; a trigger and a view that SQLite would run are refused, and a gap is."""
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    assert copy_catalog(str(old), str(new)).left == ["theirs"]
    assert "theirs" not in rows(new)
    for harm, repair in (
        ("CREATE TRIGGER bad AFTER INSERT ON entry BEGIN UPDATE entry SET ref = 'os:system'; END", "DROP TRIGGER bad"),
        (
            "ALTER TABLE used RENAME TO was; CREATE VIEW used AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
            "SELECT x FROM n) SELECT x AS query, '' AS kind, '' AS name, 1 AS weight, 1 AS at, '' AS text FROM n",
            "DROP VIEW used; ALTER TABLE was RENAME TO used",
        ),
        ("DROP TABLE golden_case", ""),
    ):
        with closing(sqlite3.connect(old)) as connection:
            connection.executescript(harm)
        with pytest.raises(StoreError, match=r"which no catalog has made|has no table 'golden_case'"):
            copy_catalog(str(old), f"{new}2")
        with closing(sqlite3.connect(old)) as connection:
            connection.executescript(repair)
    assert [path.name for path in new.parent.iterdir()] == ["new.db"]


def test_a_damaged_row_is_an_error_and_no_copy(old: Path, new: Path) -> None:
    """A row that the new database does not take stops the copy; the text names the table and what helps."""
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("UPDATE golden_case SET kind = ''")
    with pytest.raises(StoreError, match=r"a row of the table 'golden_case' is damaged and can't be copied"):
        copy_catalog(str(old), str(new))
    assert list(new.parent.iterdir()) == []


def test_what_can_not_be_copied_is_said(old: Path, new: Path, tmp_path: Path) -> None:
    """A missing, an empty and a newer source, a private database and a target that can't be made are errors."""
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="there is no database at"):
        copy_catalog(str(tmp_path / "none.db"), str(new))
    with pytest.raises(NotACatalogError, match="there is nothing to copy"):
        copy_catalog(str(tmp_path / "empty.db"), str(new))
    with pytest.raises(StoreError, match="is a private database"):
        copy_catalog("sqlite://", str(new))
    with pytest.raises(StoreError, match="nothing can be copied to"):
        copy_catalog(str(old), f"sqlite:///{new}?mode=ro")
    with pytest.raises(StoreError, match="can't be written: No such file or directory"):
        copy_catalog(str(old), str(tmp_path / "nowhere" / "new.db"))
    with pytest.raises(StoreError, match="names no database"):
        copy_catalog(str(old), "postgresql://127.0.0.1:1")
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaOutdatedError, match="was written by a newer catalog"):
        copy_catalog(str(old), str(new))
    assert list(new.parent.iterdir()) == []


def test_a_copy_is_as_private_as_the_file(old: Path, new: Path) -> None:
    """A file that only its owner may read is not copied to one that everybody may read."""
    old.chmod(0o600)
    copy_catalog(str(old), str(new))
    assert new.stat().st_mode & 0o777 == 0o600
