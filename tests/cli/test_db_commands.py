"""``catalog db``."""

from __future__ import annotations

import sqlite3

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


def test_current_shows_place_and_version(run_cli, database, url) -> None:
    """The file and its schema are shown, for programs with the URL and the newest schema."""
    assert run_cli("db", "current") == (0, f"{database}: schema {HEAD}\n", "")
    assert run_cli("db", "current", "--json").data == {
        "url": url,
        "path": str(database),
        "schema": HEAD,
        "newest": HEAD,
    }


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
        "1 fault before the index was made again\n",
    )


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
