"""``backup_into``: dated backups, each compared before it counts, and only what was made so is deleted."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from factories import open_catalog
from make_fixture import FIXTURES, load
from test_upgrades import REVISIONS, of_revision, rows

from catalog import CatalogWarning, StoreError, backup_into
from catalog.store import rotation

pytestmark = pytest.mark.sqlite("backups are files")


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A catalog with rows in every table."""
    file = tmp_path / "team.db"
    load(FIXTURES / f"{REVISIONS[-1]}.sql", file)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for backups."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder, hidden ones left out."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_the_last_few_stay(team: Path, folder: Path) -> None:
    """Of five backups with --keep 3 the last three are there, each with the rows of its time; the others are named."""
    made, deleted = [], []
    with open_catalog(team) as cat:
        for turn in range(5):
            cat.register("tool", f"turn-{turn}", "a:b")
            done = backup_into(str(team), folder, keep=3)
            made.append((done.file, rows(team)))
            deleted += done.deleted
            assert (done.rows["entry"], done.spared) == (len(rows(team)["entry"]), [])
    assert [str(folder / name) for name in names(folder)] == sorted(file for file, _ in made[2:])
    assert deleted == [file for file, _ in made[:2]]
    assert [rows(Path(file)) for file, _ in made[2:]] == [content for _, content in made[2:]]
    assert all(re.fullmatch(r"team-[\dT-]+Z(-\d)?\.db", Path(file).name) for file, _ in made)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_backup_is_the_file_as_it_is(tmp_path: Path, folder: Path, revision: str) -> None:
    """A catalog of an older schema is backed up, not upgraded."""
    file = of_revision(revision, tmp_path)
    assert rows(Path(backup_into(f"sqlite:///{file}", folder, keep=1).file)) == rows(file)


def test_files_of_others_are_never_deleted(team: Path, folder: Path) -> None:
    """A file of such a name that was not made here, one that was changed, one of another database and a link stay."""
    (folder / "team-2020-01-01T00-00-00Z.db").write_text("not made here")
    (folder / "notes.txt").write_text("mine")
    other = team.with_name("other.db")
    other.write_bytes(team.read_bytes())
    theirs = Path(backup_into(str(other), folder, keep=1).file)
    changed, linked, gone = (Path(backup_into(str(team), folder, keep=9).file) for _ in range(3))
    changed.write_bytes(b"changed")
    linked.rename(folder / "moved.db")
    linked.symlink_to(folder / "moved.db")
    gone.unlink()
    done = backup_into(str(team), folder, keep=1)
    assert (done.deleted, done.spared) == ([], [str(changed), str(linked)])
    kept = {theirs.name, changed.name, linked.name, Path(done.file).name}
    assert set(names(folder)) == kept | {"team-2020-01-01T00-00-00Z.db", "notes.txt", "moved.db"}
    assert backup_into(str(team), folder, keep=1).deleted == [done.file]


def test_databases_of_one_name_do_not_push_each_other_out(team: Path, folder: Path, tmp_path: Path) -> None:
    """Two databases called the same, with backups in one folder, have the last few of their own there."""
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / team.name
    other.write_bytes(team.read_bytes())
    suffixed = team.with_suffix(".sqlite")
    suffixed.write_bytes(team.read_bytes())
    kept = []
    for _ in range(3):
        kept = [backup_into(str(file), folder, keep=1).file for file in (team, other, suffixed)]
    assert [str(folder / name) for name in names(folder)] == sorted(kept)


def test_a_clock_that_was_set_back_deletes_no_new_backup(
    team: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of making counts, not that of the dates in the names."""

    class Clock(rotation.datetime):
        year_now = 2030

        @classmethod
        def now(cls, tz: object = None) -> Clock:  # type: ignore[override]
            return cls(cls.year_now, 1, 1)

    monkeypatch.setattr(rotation, "datetime", Clock)
    first = backup_into(str(team), folder, keep=1)
    Clock.year_now = 2001
    second = backup_into(str(team), folder, keep=1)
    assert (second.deleted, names(folder)) == ([first.file], ["team-2001-01-01T00-00-00Z.db"])


def test_a_damaged_database_pushes_no_good_backup_out(team: Path, folder: Path) -> None:
    """What is damaged is no backup: the error says so, and the old backups stay."""
    good = backup_into(str(team), folder, keep=1).file
    with closing(sqlite3.connect(team)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_entry_ref'").fetchone()
    data = bytearray(team.read_bytes())
    data[(page - 1) * 4096 + 100 : page * 4096] = b"\xff" * 3996
    team.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged"):
        backup_into(str(team), folder, keep=1)
    assert names(folder) == [Path(good).name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '["x"]',
        '[{"file": "OTHER", "sha256": "SUM", "of": "DB"}]',
        '[{"file": "notes.txt", "of": "DB", "sha256": "SUM"}]',
    ],
)
def test_a_list_edited_by_hand_deletes_nothing_else(team: Path, folder: Path, tmp_path: Path, text: str) -> None:
    """A list that can't be read, or names other files, leads to no file but those that were made."""
    (tmp_path / "precious.db").write_text("mine")
    (folder / "notes.txt").write_text("mine")
    for mark, stands in (("OTHER", "../precious.db"), ("SUM", sha256(b"mine").hexdigest()), ("DB", str(team))):
        text = text.replace(mark, stands)
    (folder / ".team.db.backups.json").write_text(text)
    if text.startswith("[{"):
        first = backup_into(str(team), folder, keep=1)
    else:
        with pytest.warns(CatalogWarning, match="backups made before now are not deleted any more"):
            first = backup_into(str(team), folder, keep=1)
    second = backup_into(str(team), folder, keep=1)
    assert (first.deleted, second.deleted) == ([], [first.file])
    assert (tmp_path / "precious.db").exists()
    assert names(folder) == ["notes.txt", Path(second.file).name]


def test_a_list_that_is_a_link_is_not_written_through(team: Path, folder: Path, tmp_path: Path) -> None:
    """A link in the place of the list is replaced by a list; what it leads to stays as it is."""
    (tmp_path / "precious.json").write_text("[]")
    (folder / ".team.db.backups.json").symlink_to(tmp_path / "precious.json")
    with pytest.warns(CatalogWarning, match="can't be read"):
        done = backup_into(str(team), folder, keep=1)
    assert (tmp_path / "precious.json").read_text() == "[]"
    assert [item["file"] for item in json.loads((folder / ".team.db.backups.json").read_text())] == [
        Path(done.file).name
    ]


def test_a_folder_that_is_not_there_is_not_made(team: Path, tmp_path: Path) -> None:
    """A drive that is not mounted gets no backup in the folder it would be mounted at."""
    with pytest.raises(StoreError, match="is its drive mounted"):
        backup_into(str(team), tmp_path / "nowhere", keep=1)
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(StoreError, match="at least the new backup must stay"):
        backup_into(str(team), tmp_path, keep=0)


def test_a_backup_is_as_private_as_the_file(team: Path, folder: Path) -> None:
    """A database that only its owner may read has backups that only its owner may read."""
    team.chmod(0o600)
    assert os.stat(backup_into(str(team), folder, keep=1).file).st_mode & 0o777 == 0o600


def test_halves_of_killed_backups_go(team: Path, folder: Path) -> None:
    """What a backup that was killed has left is deleted by a later one, an hour after; a fresh half and others stay."""
    half = "team-2026-01-01T00-00-00Z.db.4194303.tmp"
    for name in (half, "team-2026-01-02T00-00-00Z.db.4194303.tmp", "mine.db.4194303.tmp"):
        (folder / name).write_text("half")
        os.utime(folder / name, (1, 1))
    os.utime(folder / "team-2026-01-02T00-00-00Z.db.4194303.tmp")
    done = backup_into(str(team), folder, keep=1)
    assert names(folder) == [
        "mine.db.4194303.tmp", "team-2026-01-02T00-00-00Z.db.4194303.tmp", Path(done.file).name,
    ]  # fmt: skip
