"""``catalog db``."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys

import pytest

from catalog.store.schema import HEAD


def test_upgrade_creates_and_then_has_nothing_to_do(run_cli, project) -> None:
    """The first upgrade makes the database, the second finds it up to date."""
    file = project / "new.db"
    other = ("--url", f"sqlite:///{file}")
    assert run_cli(*other, "db", "upgrade") == (0, f"created {file} (schema {HEAD})\n", "")
    assert run_cli(*other, "db", "upgrade") == (0, f"{file} is up to date (schema {HEAD})\n", "")


def test_current_creates_nothing(run_cli, project) -> None:
    """Asking for the version of a database that is not there is a no, and does not make it."""
    file = project / "new.db"
    assert run_cli("db", "current", "--url", f"sqlite:///{file}") == (
        1,
        "",
        f"there is no database at {file} yet; the first command that needs it makes it\n",
    )
    assert not file.exists()


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
def test_current_shows_place_and_version(run_cli, database, url) -> None:
    """The file and its schema are shown, for programs with the URL and the newest schema."""
    assert run_cli("db", "current") == (0, f"{database}: schema {HEAD}\n", "")
    assert run_cli("db", "current", "--json").data == {
        "url": url,
        "path": str(database),
        "schema": HEAD,
        "newest": HEAD,
    }


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
def test_a_newer_schema_is_a_no(run_cli, database) -> None:
    """A database of a newer version is named with what to do, which is not an upgrade of the database."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert run_cli("db", "current") == (
        1,
        f"{database}: schema 9999\n",
        f"schema 9999 is newer than {HEAD}, which this version works with; upgrade magma-catalog\n",
    )
    done = run_cli("ls")
    assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_check_finds_and_mends_a_broken_index(run_cli, database) -> None:
    """Damage of the full-text index is a no; ``--fix`` makes the index again."""
    assert run_cli("db", "check") == (0, f"{database} is sound\n", "")
    assert run_cli("db", "check", "--json") == (0, "[]\n", "")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("DELETE FROM search_doc WHERE entry_id = (SELECT min(id) FROM entry)")
    connection.close()
    broken = run_cli("db", "check", "--json")
    assert (broken.status, len(broken.data), broken.err) == (1, 1, f"1 fault in {database}\n")
    assert run_cli("db", "check").out == broken.data[0] + "\n"
    assert run_cli("db", "check", "--fix") == (
        0,
        f"{database} is sound\n",
        "1 fault before it was mended\n",
    )


@pytest.mark.sqlite("a backup is a file")
@pytest.mark.usefixtures("three")
def test_a_backup_is_a_catalog(run_cli, project) -> None:
    """The copy lists the same entries, and is never written over."""
    assert run_cli("db", "backup", "copy.db") == (0, "backed up to copy.db\n", "")
    assert run_cli("--url", f"sqlite:///{project / 'copy.db'}", "ls") == run_cli("ls")
    assert run_cli("db", "backup", "copy.db") == (3, "", "Error: copy.db exists; name a new file\n")


def test_a_misspelt_subcommand_is_answered(run_cli) -> None:
    """A typing error below ``db`` names the command that was meant."""
    assert run_cli("db", "upgrad") == (2, "", "Error: no such command 'upgrad'; did you mean 'upgrade'?\n")


def test_a_file_that_is_no_catalog_is_unusable(run_cli, project) -> None:
    """A text file, a foreign database and a URL that is none end with 3 and one line."""
    (project / "notes.db").write_text("these are notes, and quite a lot of them" * 50)
    sqlite3.connect(project / "other.db").executescript("CREATE TABLE t (x);").connection.close()
    for url in (f"sqlite:///{project / 'notes.db'}", f"sqlite:///{project / 'other.db'}", "team"):
        done = run_cli("--url", url, "ls")
        assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)
        assert done.err.startswith("Error: ")


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_check_mends_and_says_what_was_lost(run_cli, database) -> None:
    """``--fix`` names what it could not bring back; afterwards the database is sound."""
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO calibration VALUES ('k', '[]', x'00', '2026-01-01T00:00:00+00:00')")
    connection.close()
    broken = run_cli("db", "check")
    assert broken.status == 1
    assert broken.out.startswith("calibration key 'k', column about: not the JSON it must be")
    assert broken.out.endswith("; `catalog db check --fix` takes it away, `catalog route fit` learns again\n")
    assert run_cli("db", "check", "--fix") == (
        0,
        f"{database} is sound\n",
        "lost: what a router had learned (about could not be read)\n1 fault before it was mended\n",
    )


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_a_check_of_a_corrupt_file_says_what_helps(run_cli, database) -> None:
    """That a file can't be opened or read is a fault as others are: it is named with what helps."""
    data = database.read_bytes()
    database.write_bytes(b"garbage!" * 2 + data[16:])
    salvage = "`catalog db check --salvage OUT` writes what can be read into a new database"
    assert run_cli("db", "check") == (
        1,
        f"{database} is not a SQLite database; name another file with --url. If it was a catalog, {salvage}\n",
        f"1 fault in {database}\n",
    )
    database.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    done = run_cli("ls")
    assert (done.status, done.err.count("\n"), salvage in done.err) == (3, 1, True)
    done = run_cli("db", "check")
    assert (done.status, salvage in done.out, done.err) == (1, True, f"1 fault in {database}\n")


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_a_damaged_file_is_salvaged(run_cli, database, project) -> None:
    """A file that does not open gives a sound database with its entries; it is never written over."""
    before = run_cli("ls")
    database.write_bytes(bytes(100) + database.read_bytes()[100:])
    assert run_cli("db", "check", "--salvage", "good.db", "--json").data == {
        "rows": {"entry": 3, "revision": 3, "source": 1},
        "lost": [],
    }
    good = ("--url", f"sqlite:///{project / 'good.db'}")
    assert run_cli(*good, "ls") == before
    assert run_cli(*good, "db", "check").status == 0
    assert run_cli("db", "check", "--salvage", "good.db") == (3, "", "Error: good.db exists; name a new file\n")
    assert run_cli("db", "check", "--salvage", "other.db", "--fix").status == 2
    (project / "empty.db").write_text("no catalog" * 1000)
    done = run_cli("--url", f"sqlite:///{project / 'empty.db'}", "db", "check", "--salvage", "none.db")
    assert (done.status, done.out, (project / "none.db").exists()) == (3, "", False)


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_a_catalog_is_copied_and_compared(run_cli, database, project) -> None:
    """The copy lists the same entries; rows and checksums are shown, and nothing is written over unless it is asked."""
    done = run_cli("db", "copy", str(database), "copy.db")
    assert (done.status, done.err) == (0, "3 entries copied to copy.db; all rows and checksums agree\n")
    table = dict(line.split("\t")[:2] for line in done.out.splitlines())
    assert (table["entry"], table["revision"], table["vector"]) == ("3", "3", "0")
    assert run_cli("--url", f"sqlite:///{project / 'copy.db'}", "ls") == run_cli("ls")
    again = run_cli("db", "copy", str(database), "copy.db")
    assert (again.status, again.out, "--replace" in again.err) == (3, "", True)
    data = run_cli("db", "copy", str(database), f"sqlite:///{project / 'copy.db'}", "--replace", "--json").data
    assert (data["replaced"], data["left"], data["tables"]["entry"]["rows"]) == (True, [], 3)
    assert run_cli("db", "copy", str(database)).status == 2


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_backups_are_rotated(run_cli, database, project) -> None:
    """With --keep a folder gets dated files, of which the last N stay; without it a folder is wrong use."""
    (project / "kept").mkdir()
    first = run_cli("db", "backup", "kept", "--keep", "1")
    assert (first.status, first.err) == (0, "")
    assert re.fullmatch(r"backed up to kept/.*Z\.db \(3 entries\)\n", first.out)
    second = run_cli("db", "backup", "kept", "--keep", "1", "--json").data
    assert second["deleted"] == [first.out.split()[3]]
    assert (second["spared"], second["rows"]["entry"]) == ([], 3)
    assert run_cli("db", "backup", "kept").status == 2
    assert run_cli("db", "backup", "kept", "--keep", "0").status == 2
    assert run_cli("db", "backup", "nowhere", "--keep", "1").status == 3
    assert run_cli("db", "backup", "one.db", "--json").data == {"file": "one.db"}


@pytest.mark.sqlite("the file is looked at, damaged, copied or backed up")
@pytest.mark.usefixtures("three")
def test_a_check_names_what_was_left(run_cli, database) -> None:
    """A temporary file of a process that was killed is no fault; --fix deletes it."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = database.with_name(f"{database.name}.{gone.pid}.tmp")
    left.write_text("half a copy")
    os.utime(left, (1, 1))
    said = f"{left} was left by a copy or an upgrade that was interrupted"
    assert run_cli("db", "check") == (
        0,
        f"{database} is sound\n",
        f"{said}; `catalog db check --fix` deletes it\n",
    )
    assert run_cli("db", "check", "--fix") == (0, f"{database} is sound\n", f"{said}; deleted\n")
    assert not left.exists()
