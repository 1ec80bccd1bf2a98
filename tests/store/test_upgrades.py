"""A catalog of every schema there has ever been is upgraded with everything in it; a downgrade loses nothing."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from factories import open_catalog
from make_fixture import FIXTURES, REQUESTS, Tiny, load, make, said

from catalog import CatalogWarning, SchemaOutdatedError, Settings
from catalog.store import schema
from catalog.store.engine import keys_off, make_engine

pytestmark = pytest.mark.sqlite("files of every schema, upgraded when they are opened")

REVISIONS = sorted(script.revision for script in ScriptDirectory(str(schema.migrations_dir())).walk_revisions())
OLDER = REVISIONS[:-1]
MADE_AGAIN = ("alembic_version", "catalog_state", "search_doc", "entry_text", "entry_reference", "entry_change")
"""Tables whose rows the program makes again from entries, or counts on in."""


def of_revision(revision: str, folder: Path) -> Path:
    """Put the catalog that is kept of a revision into a folder; return its file."""
    assert FIXTURES.joinpath(f"{revision}.sql").exists(), (
        f"no database of schema {revision} is kept: run `python tests/store/make_fixture.py` in a checkout whose "
        f"newest migration is {revision}, and commit what it writes to tests/store/fixtures/"
    )
    file = folder / f"of-{revision}.db"
    load(FIXTURES / f"{revision}.sql", file)
    return file


def rows(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table but those of the full-text index."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in names.fetchall()}


def opened(file: Path, revision: str) -> Any:
    """Open a catalog as the program of its revision had it open, with the embedder of its vectors."""
    return open_catalog(file, embedder=None if revision == "0001" else Tiny(), settings=Settings(embedder="none"))


def migrate(file: Path, name: str, revision: str) -> None:
    """Run an Alembic command on a file, as the package itself does."""
    engine = make_engine(f"sqlite:///{file}").execution_options(sqlite_begin="IMMEDIATE")
    try:
        with engine.connect() as connection, keys_off(connection), connection.begin():
            getattr(command, name)(schema.alembic_config(connection=connection), revision)
    finally:
        engine.dispose()


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_catalog_of_every_schema_says_the_same_after_its_upgrade(tmp_path: Path, revision: str) -> None:
    """Whole entries, histories, searches, vectors, golden cases, uses and decisions are what the old program said."""
    file = of_revision(revision, tmp_path)
    before = json.loads((FIXTURES / f"{revision}.json").read_text(encoding="utf-8"))
    with opened(file, revision) as cat:
        after = json.loads(json.dumps(said(cat)))
    assert schema.current(str(file)) == schema.HEAD
    known = zip(after["entries"], before["entries"], strict=True)  # a newer program may know more of an entry
    assert [{name: entry[name] for name in was} for entry, was in known] == before["entries"]
    assert after.pop("generation") >= before.pop("generation")  # making words again counts as a change
    assert {what: after[what] for what in before if what not in ("entries", "by meaning")} == {
        what: value for what, value in before.items() if what not in ("entries", "by meaning")
    }
    for text, keys in before.get("by meaning", {}).items():  # how far below the best a hit may lie is a newer rule
        both = min(len(keys), len(after["by meaning"][text]))
        assert (both > 0, after["by meaning"][text][:both]) == (bool(keys), keys[:both])


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_catalog_of_every_schema_is_written_after_its_upgrade(tmp_path: Path, revision: str) -> None:
    """It takes new entries and changes, histories go on where they stopped, and a check finds nothing."""
    file = of_revision(revision, tmp_path)
    with opened(file, revision) as cat:
        past = len(cat.history("tool", "bars"))
        cat.register("tool", "bars", "plots:bars", description="Draw wide bars.", tags=["plot", "wide"])
        cat.register("tool", "more", "plots:more", description="Draw even more.")
        assert [change.revision for change in cat.history("tool", "bars")] == list(range(past + 1, 0, -1))
        assert [hit.key for hit in cat.search("wide bars", mode="lexical")] == ["tool:bars"]
        cat.restore("tool", "gone")
        assert cat.entry("tool", "gone").tags == ("io",)
        assert cat.check() == []
    with open_catalog(file, embedder=Tiny()) as cat:
        cat.embed_update()
        found = {text: [hit.key for hit in cat.search(text, mode="semantic", limit=3)] for text in REQUESTS}
        assert all(len(keys) == 3 for keys in found.values())
        assert cat.check() == []


@pytest.mark.parametrize("revision", OLDER)
def test_the_file_that_is_kept_holds_the_bytes_of_before(tmp_path: Path, revision: str) -> None:
    """Beside an upgraded catalog lies the file as it was, row for row, and byte for byte but what SQLite counts."""
    file = of_revision(revision, tmp_path)
    before, content = file.read_bytes(), rows(file)
    with pytest.warns(CatalogWarning, match=f"is upgraded from schema {revision}"):
        opened(file, revision).close()
    kept = Path(f"{file}.before-{schema.HEAD}")
    assert rows(kept) == content
    assert without_counters(kept.read_bytes()) == without_counters(before)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, kept.name])


def without_counters(data: bytes) -> bytes:
    """Return a database file without the header's counters of changes, which a copy has of its own."""
    return data[:24] + data[28:40] + data[44:92] + data[100:]


@pytest.mark.parametrize("revision", OLDER)
@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_what_was_kept_can_be_put_back_and_upgraded_again(tmp_path: Path, revision: str) -> None:
    """The kept file in the place of the upgraded one is upgraded as it was the first time."""
    file = of_revision(revision, tmp_path)
    opened(file, revision).close()
    first = rows(file)
    Path(f"{file}.before-{schema.HEAD}").replace(file)
    assert schema.current(str(file)) == revision
    opened(file, revision).close()
    stable = [name for name in first if name not in ("history_mark", "source")]
    assert {name: rows(file)[name] for name in stable} == {name: first[name] for name in stable}


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_what_was_kept_of_another_state_is_not_taken_for_this_one(tmp_path: Path) -> None:
    """An old backup that is put back and upgraded is kept as well, beside what was kept the first time."""
    file = of_revision("0002", tmp_path)
    other = tmp_path / "backup.db"
    shutil.copy(file, other)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("UPDATE catalog_state SET generation = generation + 1")
    contents = [rows(file), rows(other)]
    opened(file, "0002").close()
    other.replace(file)
    opened(file, "0002").close()
    kept = [Path(f"{file}.before-{schema.HEAD}"), Path(f"{file}.before-{schema.HEAD}-2")]
    assert [rows(path) for path in kept] == contents
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, *(path.name for path in kept)]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_downgrade_restores_or_refuses(tmp_path: Path, revision: str) -> None:
    """One step back loses no row that can't be made again: else it is refused, in words, and nothing is changed."""
    file = of_revision(revision, tmp_path)
    before = rows(file)
    refused = ""
    try:
        migrate(file, "downgrade", "-1")
    except CommandError as error:
        refused = str(error)
    if refused:
        assert rows(file) == before
        assert re.match(rf"no downgrade from schema {revision}: .* would be lost\. Put back a backup", refused)
        return
    migrate(file, "upgrade", revision)
    after = rows(file)
    assert {name: data for name, data in after.items() if name not in MADE_AGAIN} == {
        name: data for name, data in before.items() if name not in MADE_AGAIN
    }


def test_a_downgrade_does_not_forget_damage(tmp_path: Path) -> None:
    """Checksums that no longer fit are kept: after a downgrade and an upgrade a damaged vector would pass for sound."""
    file = of_revision("0004", tmp_path)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE vector SET checksum = checksum + 1 WHERE part = 1")
    with pytest.raises(CommandError, match="what shows that a vector is damaged would be lost"):
        migrate(file, "downgrade", "0003")


def test_a_newer_schema_is_refused_byte_for_byte(tmp_path: Path) -> None:
    """A file of a program that is newer than this one is named as such, and not a byte of it changes."""
    file = of_revision(REVISIONS[-1], tmp_path)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    with pytest.raises(SchemaOutdatedError, match="written by a newer catalog"):
        open_catalog(file)
    assert file.read_bytes() == before


def test_a_fixture_is_made_anew_with_the_same_content(tmp_path: Path) -> None:
    """What the script writes of this program can be loaded, and is what the fixture of the newest schema holds."""
    (tmp_path / "made").mkdir()
    (tmp_path / "work").mkdir()
    assert make(tmp_path / "work", tmp_path / "made") == REVISIONS[-1]
    load(tmp_path / "made" / f"{REVISIONS[-1]}.sql", tmp_path / "anew.db")
    shutil.rmtree(tmp_path / "work")
    anew, kept = rows(tmp_path / "anew.db"), rows(of_revision(REVISIONS[-1], tmp_path))
    assert {name: len(data) for name, data in anew.items()} == {name: len(data) for name, data in kept.items()}
