"""The file beside the database counts only if this user wrote it: whoever ships one changes no search."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from catalog import Catalog
from catalog.search import vector_file
from catalog.search.vector_file import load, own_secret, save
from catalog.search.vector_rows import Piece, State, state_of
from catalog.store.vectors import Mark


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a user who has nothing yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "catalog"


def some(count: int = 3) -> State:
    """Return a state of a few rows."""
    rows = np.eye(count, 4, dtype=np.float32)
    return state_of(Mark(1, "a", 1), [Piece(np.arange(count, dtype=np.int64), rows, np.empty(0, np.int64))])


@pytest.fixture
def saved(tmp_path: Path, home: Path) -> Path:
    """A file that this user has written."""
    (tmp_path / "c.db").touch()
    save(str(tmp_path / "vectors"), "hash", some(), like=str(tmp_path / "c.db"))
    return tmp_path / "vectors"


def is_taken(path: Path) -> bool:
    """Tell whether the file counts."""
    return load(str(path), "hash") is not None


def test_the_own_file_counts(saved: Path, home: Path) -> None:
    """What was written is read back, and only its owner may write to it or read the secret."""
    state = load(str(saved), "hash")
    assert state is not None
    assert np.array_equal(state.pieces[0].rows, some().pieces[0].rows)
    assert [path.stat().st_mode & 0o777 & ~0o044 for path in (saved, home / "vectors.key", home)] == [
        0o600,
        0o600,
        0o700,
    ]


def test_a_file_of_another_user_does_not_count(saved: Path, home: Path) -> None:
    """A file that somebody made with a secret of theirs is no file of ours, however sound its sums are."""
    (home / "vectors.key").unlink()
    assert not is_taken(saved)
    assert own_secret(make=True) is not None
    assert not is_taken(saved)


@pytest.mark.parametrize("place", [0, 8, 16, 47, 48, 60, 100, 4096, 4104, 4160, 4170])
def test_a_changed_byte_is_seen(saved: Path, place: int) -> None:
    """Whichever byte of head, proof, ids or rows is another, the file does not count."""
    data = bytearray(saved.read_bytes())
    data[place] ^= 1
    saved.write_bytes(data)
    assert not is_taken(saved)


def test_pipes_links_and_folders_are_not_read(saved: Path, tmp_path: Path) -> None:
    """Nothing hangs, and a link is not followed, even to a file that would count."""
    moved = tmp_path / "moved"
    saved.rename(moved)
    saved.symlink_to(moved)
    assert (is_taken(saved), is_taken(moved)) == (False, True)
    saved.unlink()
    os.mkfifo(saved)
    assert not is_taken(saved)
    saved.unlink()
    saved.mkdir()
    assert not is_taken(saved)


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o622])
def test_what_others_can_shorten_is_not_mapped(saved: Path, mode: int) -> None:
    """A file that others may write to could end under a mapping, which would end the process."""
    saved.chmod(mode)
    assert not is_taken(saved)
    saved.chmod(0o644)
    assert is_taken(saved)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_that_another_user_owns_is_not_mapped(saved: Path) -> None:
    """Its owner could shorten it."""
    os.chown(saved, 4242, 4242)
    assert not is_taken(saved)


def test_a_secret_that_others_can_read_proves_nothing(saved: Path, home: Path, tmp_path: Path) -> None:
    """A secret that is readable for others, a link, a pipe or of another length is none."""
    key = home / "vectors.key"
    secret = key.read_bytes()
    key.chmod(0o644)
    assert own_secret() is None
    key.chmod(0o600)
    assert own_secret() == secret
    key.write_bytes(secret + b"x")
    assert own_secret() is None
    shutil.move(key, tmp_path / "k")
    key.symlink_to(tmp_path / "k")
    assert own_secret() is None
    key.unlink()
    os.mkfifo(key)
    assert own_secret() is None


def test_without_a_home_there_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no secret can be kept, nothing is written, and nothing is read."""
    monkeypatch.setattr(vector_file, "data_file", lambda name: None)
    (tmp_path / "c.db").touch()
    with pytest.raises(OSError, match="no data folder"):
        save(str(tmp_path / "vectors"), "hash", some(), like=str(tmp_path / "c.db"))
    assert (load(str(tmp_path / "vectors"), "hash"), sorted(path.name for path in tmp_path.iterdir())) == (
        None,
        ["c.db"],
    )


def test_rows_that_are_no_numbers_hide_no_others(catalog: Catalog) -> None:
    """A vector of NaN or of infinite values, with a right checksum, leaves the search for all others as it was."""
    catalog = Catalog(catalog.url, embedder="hash")
    for name in ("draw a chart", "send a letter", "bake bread"):
        catalog.register("tool", name, "json:dumps", description=name)
    before = [hit.name for hit in catalog.search("draw a chart", mode="semantic")]
    for value in (np.nan, np.inf, 3e38):
        with catalog.workspace.store.writing(actor="x") as transaction:
            of_one = "(SELECT id FROM entry WHERE name LIKE 'bake%')"
            statement = f"UPDATE vector SET vector = ?, checksum = ? WHERE entry_id = {of_one}"
            width = transaction.connection.exec_driver_sql("SELECT width FROM embedder").scalar()
            row = np.full(width, value, "<f4").tobytes()
            transaction.connection.exec_driver_sql(statement, (row, crc32(row)))
        with Catalog(catalog.url, embedder="hash") as cat:
            found = [hit.name for hit in cat.search("draw a chart", mode="semantic")]
            assert [name for name in found if name != "bake bread"] == [name for name in before if name != "bake bread"]
    catalog.close()
