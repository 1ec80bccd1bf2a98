"""The wal-index tells of every commit, and reading it takes no lock away."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from factories import ROOT, blank_catalog, open_catalog

from catalog.store import walindex
from catalog.store.reader import Reader

pytestmark = pytest.mark.sqlite("its log and its shared memory")

COMMITS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA synchronous=OFF")
for line in sys.stdin:
    for _ in range(int(line)):
        connection.execute("UPDATE catalog_state SET generation = generation + 1")
    print("done", flush=True)
"""


@pytest.fixture
def committer(database: Path):
    """A function that has another process commit, and returns when it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMITS, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def commit(times: int = 1) -> None:
        process.stdin.write(f"{times}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    yield commit
    process.communicate()


def test_every_commit_of_another_process_is_seen(database: Path, committer) -> None:
    """Two thousand commits, one by one, each change the header; without a commit it stays."""
    reader = Reader(str(database))
    assert reader.look.__name__ == "header"
    missed = moved = 0
    before = reader.changes()
    for _ in range(2000):
        committer()
        now = reader.changes()
        missed += now == before
        moved += reader.changes() != now
        before = now
    reader.close()
    assert (missed, moved) == (0, 0)


def test_the_header_agrees_with_data_version(database: Path, committer) -> None:
    """Header and `PRAGMA data_version` change together, over checkpoints and restarts of the log too."""
    reader = Reader(str(database))
    before = reader.changes(), reader.data_version()
    disagreements = 0
    for turn in range(300):
        if turn % 3:
            committer(1 + turn % 5)
        if turn % 50 == 49:
            other = sqlite3.connect(database)
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            other.close()
        now = reader.changes(), reader.data_version()
        if turn % 50 != 49:  # a checkpoint may move the header though nothing was committed: one look too many
            disagreements += (now[0] != before[0]) != (now[1] != before[1])
        before = now
    reader.close()
    assert disagreements == 0


def test_without_the_wal_index_freshness_is_the_same(url: str, monkeypatch: pytest.MonkeyPatch, committer) -> None:
    """Where the index can't be mapped the catalog asks SQLite, and sees the same."""
    monkeypatch.setattr(walindex, "watch", lambda path: None)
    with open_catalog(url) as cat, open_catalog(url) as other:
        assert cat.workspace.store.reader.look == cat.workspace.store.reader.data_version
        generation = cat.generation
        for turn in range(20):
            other.register("tool", f"t{turn}", "os:getcwd")
            assert cat.list("tool")[-1:] == [max(f"t{n}" for n in range(turn + 1))]
            assert cat.entry("tool", f"t{turn}").revision == 1
        committer(3)
        assert cat.generation == generation + 23


CHECKPOINT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
connection.execute("UPDATE catalog_state SET generation = generation + 1000")
print(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
try:
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    print("exclusive")
except sqlite3.OperationalError as error:
    print(error.sqlite_errorname)
"""


def test_opening_and_closing_others_drops_no_lock(database: Path, url: str) -> None:
    """While a snapshot is read, catalogs of the same file opened and closed beside it leave its locks in place."""
    reader = Reader(str(database))
    with reader.snapshot() as snapshot:
        before = snapshot.execute("SELECT generation FROM catalog_state").fetchone()
        for _ in range(3):
            with open_catalog(url) as cat:
                cat.register("tool", f"t{cat.generation}", "os:getcwd")
            Reader(str(database)).close()
        done = subprocess.run(
            [sys.executable, "-c", CHECKPOINT, str(database)], capture_output=True, text=True, timeout=60
        )
        busy = done.stdout.split()
        assert busy[0] == "1", (done.stdout, done.stderr)  # the log can't be cut: somebody reads it
        assert snapshot.execute("SELECT generation FROM catalog_state").fetchone() == before
        assert snapshot.execute("SELECT count(*) FROM entry").fetchone() == (0,)
    assert reader.one("SELECT generation FROM catalog_state")[0] >= before[0] + 1003
    reader.close()


def test_a_file_that_is_made_anew_is_mapped_anew(tmp_path: Path) -> None:
    """A catalog deleted and created again under one name is watched as the new one, the old stays readable."""
    path = blank_catalog(tmp_path / "one.db")
    old = Reader(str(path))
    for file in tmp_path.iterdir():
        file.unlink()
    blank_catalog(path)
    with open_catalog(path) as new:
        seen = new.generation
        assert old.changes() == old.changes()
        new.register("tool", "x", "os:getcwd")
        assert new.generation == seen + 1
        assert new.list("tool") == ["x"]
    old.close()


def test_mapped_files_are_few(tmp_path: Path) -> None:
    """Catalogs that were closed leave no descriptor behind once others are opened."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not list descriptors")
    for number in range(12):
        with open_catalog(blank_catalog(tmp_path / f"{number}.db")) as cat:
            cat.list("tool")
    with open_catalog(blank_catalog(tmp_path / "last.db")):
        held = [os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd") if _is_open(one)]
    assert [path for path in held if path.startswith(str(tmp_path)) and "last.db" not in path] == []


def _is_open(number: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{number}")


FRESH = """
import sys
from catalog import Catalog, Settings
with Catalog(sys.argv[1], settings=Settings()) as cat:
    for line in sys.stdin:
        word, name = line.split()
        if word == "add":
            cat.register("tool", name, "os:getcwd", tags=["new"], description=f"does {name}")
        elif word == "change":
            cat.register("tool", name, "os:getpid", tags=["newer"], description="otherwise")
        else:
            cat.unregister("tool", name)
        print("done", flush=True)
"""


def test_what_another_process_commits_the_next_call_sees(url: str) -> None:
    """Each kind of lookup sees an entry appear, change and go as soon as the other process has said so."""
    process = subprocess.Popen(
        [sys.executable, "-c", FRESH, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    def tell(word: str, name: str) -> None:
        process.stdin.write(f"{word} {name}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    looks = {
        "in": lambda cat, name: ("tool", name) in cat,
        "get": lambda cat, name: cat.get("tool", name, verify="off") is not None,
        "list": lambda cat, name: name in cat.list("tool"),
        "len": lambda cat, name: len(cat.tools) == 1,
        "text": lambda cat, name: [hit.name for hit in cat.search(name)] == [name],
        "tags": lambda cat, name: len(cat.search(any_tags=["new", "newer"])) == 1,
        "which": lambda cat, name: bool(cat.history("tool", name)[0].data),
    }
    with open_catalog(url) as cat:
        for word, look in looks.items():
            tell("add", word)
            assert look(cat, word), word
            assert cat.get("tool", word) is os.getcwd
            tell("change", word)
            assert cat.get("tool", word) is os.getpid, word
            assert cat.entry("tool", word).description == "otherwise"
            tell("take", word)
            assert not look(cat, word), word
            assert cat.get("tool", word) is None
    process.communicate()
