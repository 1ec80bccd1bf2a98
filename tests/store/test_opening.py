"""Which files open, under which names, and what is said of those that do not."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from factories import blank_catalog, open_catalog, run_sql
from forks import STRICT, forks

from catalog import AutoCouncil, Catalog, CatalogWarning, ReadOnlyError, Settings, database_place
from catalog.errors import CatalogError, MissingExtraError, NotACatalogError, StoreBusyError, StoreError
from catalog.store.store import Store

pytestmark = pytest.mark.sqlite("where it lies, how it is opened, and what lies beside it")


@pytest.mark.parametrize(
    "name",
    [
        "plain.db",
        "with space.db",
        "50%.db",
        "100%25.db",
        "why?.db",
        "a#b.db",
        "a&b=c.db",
        "数据-é.db",
        "it's.db",
        'q".db',
    ],
)
def test_a_file_of_any_name_is_created_written_and_opened_again(tmp_path: Path, name: str) -> None:
    """Spaces, percent signs, question marks and other scripts in a path mean themselves."""
    url = f"sqlite:///{tmp_path / name}"
    with open_catalog(url) as cat:
        cat.register("tool", "here", "os:getcwd")
    with open_catalog(url) as cat:
        assert cat.list("tool") == ["here"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_path_is_taken_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sqlite:///team.db` is a file of the current folder, and stays so when the folder changes afterwards."""
    monkeypatch.chdir(tmp_path)
    with open_catalog("sqlite:///sub/team.db") as cat:
        monkeypatch.chdir("/")
        cat.register("tool", "here", "os:getcwd")
    assert (tmp_path / "sub" / "team.db").is_file()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sqlite:///~/team.db` is a file of the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    open_catalog("sqlite:///~/team.db").close()
    assert (tmp_path / "team.db").is_file()


def test_a_link_to_a_catalog_is_that_catalog(tmp_path: Path) -> None:
    """Through a symbolic link one sees and writes the file it points to, changes by its real name included."""
    real = blank_catalog(tmp_path / "real.db")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(real)
    with open_catalog(link) as by_link, open_catalog(real) as by_name:
        by_link.register("tool", "one", "os:getcwd")
        assert by_name.list("tool") == ["one"]
        by_name.register("tool", "two", "os:getcwd")
        assert by_link.list("tool") == ["one", "two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "real.db"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("team", "sqlite:///team"),
        ("sqlite:team.db", "write sqlite:///"),
        ("sqlite:///", "names no file"),
        ("sqlite:///file:team.db", "names no file"),
        ("sqlite:///team.db?mode=rwc", "leave out .mode=rwc"),
        ("sqlite:///team.db?cache=shared&mode=ro", "leave out"),
        ("sqlite://team.db", "sqlite:///team.db"),
        ("postgresql://127.0.0.1:1", "names no database; write postgresql://host/name"),
        ("mysql://host/db", "no driver for mysql://"),
    ],
)
def test_a_url_that_names_no_file_says_what_to_write(url: str, said: str) -> None:
    """A wrong URL raises StoreError with the right form in it."""
    with pytest.raises(StoreError, match=said):
        open_catalog(url)


@pytest.mark.parametrize("url", ["postgresql://u:p@h/x", "postgres://h/x", "postgresql://u:[p@h/x"])
def test_a_server_without_a_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Where psycopg is not installed, opening a catalog on a server says what to install, and so does its place."""
    for name in [name for name in sys.modules if name.startswith("catalog.store.postgres.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for use in (Catalog, database_place):
        with pytest.raises(MissingExtraError, match=r"pip install 'magma-catalog\[postgres\]'"):
            use(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", ":memory:"])
def test_a_url_without_a_path_is_a_private_catalog(url: str) -> None:
    """Two catalogs without a path know nothing of each other, and leave no file."""
    with open_catalog(url) as one, open_catalog(url) as other:
        one.register("tool", "mine", "os:getcwd")
        assert (one.list("tool"), other.list("tool")) == (["mine"], [])
        folders = [Path(cat.workspace.store.path).parent for cat in (one, other)]
    assert [folder.exists() for folder in folders] == [False, False]


def test_a_text_file_is_no_catalog(tmp_path: Path) -> None:
    """A file that is no database raises NotACatalogError and keeps every byte."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"these are my notes\n" * 100)
    with pytest.raises(NotACatalogError):
        open_catalog(path)
    assert path.read_bytes() == b"these are my notes\n" * 100


def test_an_empty_file_becomes_a_catalog(tmp_path: Path) -> None:
    """A file without a byte, as `touch` and `mktemp` make it, is filled."""
    path = tmp_path / "empty.db"
    path.touch()
    with open_catalog(path) as cat:
        assert cat.list("tool") == []


def test_a_folder_is_no_catalog(tmp_path: Path) -> None:
    """The path of a folder raises StoreError that names it."""
    with pytest.raises(StoreError, match=str(tmp_path)):
        open_catalog(tmp_path)


def test_a_path_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    """Where the folder can't be created the error says so and names the file."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="can't be used") as caught:
        open_catalog(tmp_path / "file" / "team.db")
    assert str(tmp_path / "file" / "team.db") in str(caught.value)


READ_ONLY = """
import json, os, sys, warnings
from catalog import AutoCouncil, Catalog, ReadOnlyError, Settings, StoreError
with Catalog("sqlite://", settings=Settings()) as cat:  # loads what will be needed: nobody may read every folder
    cat.register("tool", "x", "os:getcwd", match="x")
    cat.search("x"), cat.similar("tool:x"), cat["tool:x"], cat.verify(), cat.check(), cat.log(), cat.embed_status()
    AutoCouncil(cat, kind="tool").resolve("x")
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
path = sys.argv[1]
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    try:
        with Catalog(f"sqlite:///{path}", settings=Settings(trust={"allow": ["os.*", "posix.*"]})) as cat:
            done = [cat.list("tool"), [hit.key for hit in cat.search("x")], cat["tool:x"] is os.getcwd,
                    [change.action for change in cat.log()], AutoCouncil(cat, kind="tool").resolve("x").name,
                    len(cat.verify()), cat.check(), cat.export_jsonl(sys.stderr), bool(cat.embed_status()),
                    [hit.key for hit in cat.similar("tool:x")]]
            try:
                cat.register("tool", "y", "os:getcwd")
            except ReadOnlyError as error:
                done.append(str(error))
            if len(sys.argv) > 2:  # the owner writes meanwhile
                sys.stdin.readline() if print(flush=True) else sys.stdin.readline()
                done.append(cat.list("tool"))
    except StoreError as error:
        done = [str(error)]
print(json.dumps([done, [str(one.message) for one in said]]))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may look into, unlike pytest's own, with a catalog in it."""
    folder = Path(tempfile.mkdtemp(prefix="catalog-tests-"))
    folder.chmod(0o755)
    blank_catalog(folder / "c.db")
    with open_catalog(folder / "c.db", embedder="hash") as cat:
        cat.register("tool", "x", "os:getcwd", match="x")
    yield folder
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    shutil.rmtree(folder)


READ = [["x"], ["tool:x"], True, ["register"], "x", 0, [], 1, True, []]


@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o555), (0o444, 0o777), (0o644, 0o555), (0o666, 0o555)])
def test_a_catalog_that_may_only_be_read_is_read(run_forked, open_folder: Path, file: int, folder: int) -> None:
    """All that reads works, once it is said that the file is read only, a write says so, and nothing is left beside."""
    path = open_folder / "c.db"
    path.chmod(file)
    open_folder.chmod(folder)
    before = path.read_bytes()
    done, said = json.loads(run_forked(READ_ONLY, path, HOME=str(open_folder)))
    assert done[:-1] == READ
    assert done[-1].startswith(f"{path} is read only here: this user may not write to ")
    assert [text.partition(": ")[0] for text in said] == [f"{path} is read only here"]
    assert (path.read_bytes(), [file.name for file in open_folder.iterdir()]) == (before, ["c.db"])


def test_a_log_beside_a_read_only_file_is_read_with_it(run_forked, open_folder: Path) -> None:
    """While its owner has it open, what is committed but not yet in the file is read from the log."""
    path = open_folder / "c.db"
    with open_catalog(path) as owner:
        owner.register("tool", "x2", "os:getcwd")
        open_folder.chmod(0o555)
        done, _ = json.loads(run_forked(READ_ONLY, path, HOME=str(open_folder)))
        assert done[0] == ["x", "x2"]
        open_folder.chmod(0o755)
        owner.register("tool", "x3", "os:getcwd")
    with open_catalog(path) as owner:
        assert owner.list("tool") == ["x", "x2", "x3"]


def test_a_log_that_can_not_be_read_is_said_with_what_helps(run_forked, open_folder: Path) -> None:
    """With a log and without its index, a reader who may not write is told what is needed, and nothing is changed."""
    path, copy = open_folder / "c.db", open_folder / "copy.db"
    with open_catalog(path) as owner:
        owner.register("tool", "x2", "os:getcwd")
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            Path(f"{copy}{end}").chmod(0o644)
    open_folder.chmod(0o555)
    done, _ = json.loads(run_forked(READ_ONLY, copy, HOME=str(open_folder)))
    assert len(done) == 1
    assert f"its last changes lie in {copy}-wal, which can't be read without {copy}-shm" in done[0]
    assert "as it" not in done[0]


def test_nothing_is_made_where_nothing_may_be_written(run_forked, open_folder: Path) -> None:
    """A catalog that is not there can't be made in a read-only folder, and the error names the folder."""
    open_folder.chmod(0o555)
    done, _ = json.loads(run_forked(READ_ONLY, open_folder / "new.db", HOME=str(open_folder)))
    assert len(done) == 1
    assert str(open_folder / "new.db") in done[0]


def test_a_file_put_in_its_place_is_read_and_written_at_once(catalog: Catalog, database: Path, tmp_path: Path) -> None:
    """After `os.replace`, as a deployment does it, the next call is of the new file: lookups, searches and writes."""
    catalog.register("tool", "old", "os:getcwd")
    for turn in range(3):
        new = blank_catalog(tmp_path / f"new{turn}.db")
        with open_catalog(new) as other:
            other.register("tool", f"new{turn}", "os.path:join", description="Joins")
        for _ in range(300 * turn):  # with and without a watch
            assert "tool:nothing" not in catalog
        os.replace(new, database)
        assert catalog.list("tool") == [f"new{turn}"]
        assert catalog.get("tool:old") is None
        assert catalog[f"tool:new{turn}"] is os.path.join
        assert [hit.name for hit in catalog.search("joins")] == [f"new{turn}"]
        catalog.register("tool", "written", "os:getcwd")
        with open_catalog(database) as fresh:
            assert fresh.list("tool") == [f"new{turn}", "written"]
        assert catalog.check() == []


def test_a_copy_of_the_same_generation_is_another_file(catalog: Catalog, database: Path, tmp_path: Path) -> None:
    """Another file with the same generation and the same keys is not taken for the one that was read before."""
    catalog.register("tool", "same", "os:getcwd", description="first")
    other = blank_catalog(tmp_path / "other.db")
    with open_catalog(other) as second:
        second.register("tool", "same", "os:getcwd", description="second")
        assert second.generation == catalog.generation
    assert catalog.entry("tool:same").description == "first"
    os.replace(other, database)
    assert catalog.entry("tool:same").description == "second"


@pytest.mark.parametrize("looks", [0, 500])
def test_another_file_behind_a_link_or_a_folder_is_seen(tmp_path: Path, looks: int) -> None:
    """A deployment may turn a link, or move the folder: the next call is of the file that the path leads to then."""
    for name in ("one", "two", "three"):
        with open_catalog(tmp_path / "releases" / name / "c.db") as made:
            made.register("tool", name, "os:getcwd")
    current = tmp_path / "current"
    current.symlink_to("releases/one")

    def read(cat: Catalog) -> list[str]:
        for _ in range(looks):
            cat.list("tool")
        return cat.list("tool")

    with open_catalog(current / "c.db") as cat:
        assert read(cat) == ["one"]
        (tmp_path / "next").symlink_to("releases/two")
        os.replace(tmp_path / "next", current)
        assert cat.list("tool") == ["two"]
        assert read(cat) == ["two"]
        os.rename(tmp_path / "releases", tmp_path / "old")
        with pytest.raises(StoreError, match="was moved or deleted"):
            cat.list("tool")
        shutil.copytree(tmp_path / "old" / "three", tmp_path / "releases" / "two")
        assert cat.list("tool") == ["three"]


def test_a_file_closed_after_it_was_replaced_takes_its_log_along(tmp_path: Path) -> None:
    """A service that ends after a deployment leaves no log that the new file would be read with."""
    path, new = tmp_path / "c.db", tmp_path / "new.db"
    with open_catalog(path) as cat, open_catalog(new) as other:
        other.register("tool", "new", "os:getcwd")
        for number in range(20):
            cat.register("tool", f"old{number}", "os:getcwd")
    cat = open_catalog(path)
    cat.register("tool", "late", "os:getcwd")
    os.replace(new, path)
    cat.close()
    assert os.listdir(tmp_path) == ["c.db"]
    with open_catalog(path) as fresh:
        assert (fresh.list("tool"), fresh.check()) == (["new"], [])


def test_of_two_that_had_the_old_file_open_both_go_on(tmp_path: Path) -> None:
    """While another has the old file open, the new one is read, and a write says why not; then it is written."""
    path, new = tmp_path / "c.db", tmp_path / "new.db"
    with open_catalog(path) as one, open_catalog(path) as other:
        one.register("tool", "old", "os:getcwd")
        assert other.list("tool") == ["old"]
        with open_catalog(new) as made:
            made.register("tool", "new", "os:getcwd")
        os.replace(new, path)
        assert one.list("tool") == ["new"]
        with pytest.raises(ReadOnlyError, match=r"still has the file open .* try again"):
            one.register("tool", "x", "os:getcwd")
        assert other.list("tool") == ["new"]
        one.register("tool", "x", "os:getcwd")
        other.register("tool", "y", "os:getcwd")
        assert one.list("tool") == other.list("tool") == ["new", "x", "y"]


def test_a_url_may_ask_for_reading_only(catalog: Catalog, database: Path, tmp_path: Path) -> None:
    """With `?mode=ro` nothing is written, made or left behind, and what others write is seen."""
    catalog.register("tool", "x", "os:getcwd")
    with pytest.warns(CatalogWarning, match="its URL says"):
        other = open_catalog(f"sqlite:///{database}?mode=ro")
    with other:
        catalog.register("tool", "y", "os:getcwd")
        assert other.list("tool") == ["x", "y"]
        with pytest.raises(ReadOnlyError, match="its URL says"):
            other.register("tool", "z", "os:getcwd")
    with pytest.raises(StoreError, match="there is no database at"):
        open_catalog(f"sqlite:///{tmp_path / 'none.db'}?mode=ro")
    assert not list(tmp_path.glob("none*"))


def test_a_path_is_taken_for_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`team.db` and `data/team` can only mean files, also in a configuration, whose folder they are taken from."""
    monkeypatch.chdir(tmp_path)
    open_catalog("team.db").close()
    open_catalog(str(tmp_path / "plain")).close()
    (tmp_path / "catalog.toml").write_text('url = "own.db"')
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    Catalog().close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog.toml", "own.db", "plain", "sub", "team.db"]


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    """Where even the folder is missing, a catalog is empty until the first write, by whoever it is."""
    path = tmp_path / "no" / "such" / "c.db"
    with open_catalog(path) as cat, open_catalog(path) as other:
        assert (cat.list("tool"), cat.search("x"), cat.log()) == ([], [], [])
        assert list(tmp_path.iterdir()) == []
        other.register("tool", "x", "os:getcwd")
        assert cat.list("tool") == other.list("tool") == ["x"]
        cat.register("tool", "y", "os:getcwd")
        assert other.list("tool") == ["x", "y"]
    assert [path.name for path in path.parent.iterdir()] == ["c.db"]


@pytest.mark.parametrize("setting", [{"auto_refresh": True}, {"learn": "auto"}, {"route_log": "text"}])
@pytest.mark.filterwarnings("ignore:.*read only here")
def test_what_is_noted_by_the_way_is_not_where_nothing_can_be(
    catalog: Catalog, url: str, setting: dict[str, object]
) -> None:
    """Refreshing, learning from use and logging decisions do not keep a read-only catalog from answering."""
    catalog.register("tool", "x", "os:getcwd", examples=["where am I"])
    with Catalog(f"{url}?mode=ro", settings=Settings(embedder="hash", **setting)) as cat:
        assert [hit.name for hit in cat.search("x")] == ["x"]
        assert cat.get("tool", "x") is os.getcwd
        assert AutoCouncil(cat, kind="tool").resolve("where am I").name == "x"


@pytest.mark.parametrize("looks", [0, 500])
@pytest.mark.parametrize("how", ["unlink", "rename"])
def test_a_file_that_is_gone_is_an_error(catalog: Catalog, database: Path, how: str, looks: int) -> None:
    """A deleted or renamed file is no empty catalog: reads and writes raise StoreError until it is back."""
    catalog.register("tool", "kept", "os:getcwd")
    for _ in range(looks):
        assert "tool:kept" in catalog
    away = database.with_name("away.db")
    os.rename(database, away)
    if how == "unlink":
        copy = away.read_bytes()
        away.unlink()
    for call in (lambda: catalog.list("tool"), lambda: catalog.get("tool:kept"), lambda: catalog.reset_runtime() or
                 catalog.search("kept"), lambda: catalog.register("tool", "lost", "os:getcwd")):  # fmt: skip
        with pytest.raises(StoreError, match="was moved or deleted while it was open"):
            call()
    if how == "unlink":
        database.write_bytes(copy)
    else:
        os.rename(away, database)
    assert isinstance(catalog.list("tool"), list)


def test_many_threads_go_on_while_files_are_replaced(catalog: Catalog, database: Path, tmp_path: Path) -> None:
    """Eight threads read while the file is replaced twenty times: each answer is of one of the files, none an error."""
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                names = catalog.list("tool")
                if len(names) > 1:
                    wrong.append(names)
            except Exception as error:
                wrong.append(repr(error))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(20):
        new = blank_catalog(tmp_path / f"new{turn}.db")
        with open_catalog(new) as other:
            other.register("tool", f"t{turn}", "os:getcwd")
        os.replace(new, database)
        assert catalog.list("tool") == [f"t{turn}"]
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


OPEN = """
import sys, time
from catalog import AutoCouncil, Catalog, CatalogWarning, ReadOnlyError, Settings, database_place
time.sleep(max(0, float(sys.argv[2]) - time.time()))
with Catalog(sys.argv[1], settings=Settings()) as cat:
    cat.register("tool", f"p{sys.argv[3]}", "os:getcwd")
"""


def test_six_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    """One of six creates the database, the others wait, and all six write."""
    url, at = f"sqlite:///{tmp_path / 'new.db'}", str(time.time() + 0.7)

    def opened(number: int) -> tuple[int, str, str]:
        return forks().python(STRICT + OPEN, tmp_path, os.environ, url, at, str(number))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(opened, range(6))) == [(0, "", "")] * 6
    with open_catalog(url) as cat:
        assert cat.list("tool") == [f"p{number}" for number in range(6)]
        assert cat.check() == []


def test_a_lock_held_for_too_long_is_busy(url: str, database: Path) -> None:
    """A writer that waits for longer than the busy timeout raises StoreBusyError, which can be retried."""
    waiting = Store(url, busy_ms=50)
    before = waiting.state()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreBusyError) as caught, waiting.writing(actor="ann"):
            pass
        assert (caught.value.retryable, caught.value.code) == (True, "store-busy")
        assert waiting.state() == before  # reading goes on
    finally:
        other.execute("ROLLBACK")
        other.close()
    with waiting.writing(actor="ann"):
        pass
    waiting.close()


def test_a_writer_waits_for_a_lock_that_is_given_back(url: str, database: Path) -> None:
    """Within the busy timeout a writer waits for another process and then writes."""
    other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, other.execute, ("ROLLBACK",))
    with open_catalog(url) as cat:
        release.start()
        cat.register("tool", "patient", "os:getcwd")
        assert cat.list("tool") == ["patient"]
    release.join()
    other.close()


def test_a_change_within_a_change_of_one_thread_is_refused(store: Store) -> None:
    """A second transaction of the thread that is in one already raises instead of waiting for itself for ever."""
    with store.writing(actor="ann"), pytest.raises(StoreError, match="already"), store.writing(actor="ann"):
        pass


def test_an_interrupted_change_leaves_nothing(catalog: Catalog) -> None:
    """An exception within a transaction undoes what it wrote, the generation included."""
    from factories import tool

    def half() -> None:
        with catalog.workspace.store.writing(actor="ann") as transaction:
            transaction.put([tool("half")], "register")
            raise KeyboardInterrupt

    before = catalog.generation
    with pytest.raises(KeyboardInterrupt):
        half()
    assert (catalog.list("tool"), catalog.log(), catalog.generation) == ([], [], before)


CALLS = {
    "get": lambda cat: cat.get("tool", "x"),
    "[]": lambda cat: cat["tool", "x"],
    "in": lambda cat: ("tool", "x") in cat,
    "entry": lambda cat: cat.entry("tool", "x"),
    "list": lambda cat: cat.list("tool"),
    "search": lambda cat: cat.search("x"),
    "filter": lambda cat: cat.search(tags=["x"]),
    "which": lambda cat: cat.which("tool", "x"),
    "register": lambda cat: cat.register("tool", "x", "os:getcwd"),
    "register_many": lambda cat: cat.register_many([{"kind": "tool", "name": "x", "ref": "os:getcwd"}]),
    "unregister": lambda cat: cat.unregister("tool", "x"),
    "history": lambda cat: cat.history("tool", "x"),
    "log": lambda cat: cat.log(),
    "restore": lambda cat: cat.restore("tool", "x"),
    "verify": lambda cat: cat.verify(),
    "entries": lambda cat: list(cat.entries()),
    "len": lambda cat: len(cat.tools),
    "generation": lambda cat: cat.generation,
    "check": lambda cat: cat.check(),
    "diagnose": lambda cat: cat.diagnose(),
    "reindex": lambda cat: cat.reindex(),
    "backup": lambda cat: cat.backup("/nowhere/at/all.db"),
}


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_closed_catalog_says_so(url: str, call: str) -> None:
    """Every call on a closed catalog raises StoreError that says it is closed."""
    cat = open_catalog(url)
    cat.register("tool", "x", "os:getcwd")
    cat.get("tool", "x")
    cat.close()
    with pytest.raises(StoreError, match="is closed; open it again"):
        CALLS[call](cat)


def test_closing_twice_is_fine(url: str) -> None:
    """A second close does nothing."""
    cat = open_catalog(url)
    cat.close()
    cat.close()
    assert repr(cat) == f"<Catalog {url}, closed>"


def test_closing_leaves_one_file(url: str, database: Path) -> None:
    """The log and its index are gone once the last catalog is closed."""
    with open_catalog(url) as cat, open_catalog(url) as other:
        cat.register("tool", "x", "os:getcwd")
        assert other.list("tool") == ["x"]
    assert [path.name for path in database.parent.glob("catalog.db*")] == ["catalog.db"]


def test_each_private_catalog_begins_as_the_first_one_did() -> None:
    """A second private catalog is empty and sound, in the journal mode of every catalog, whatever the first holds."""
    with open_catalog("sqlite://") as first, open_catalog("sqlite://") as second:
        first.register("tool", "a", "os:getcwd")
        assert (first.list("tool"), second.list("tool"), second.check()) == (["a"], [], [])
        second.register("tool", "b", "os:getcwd")
        assert (first.list("tool"), second.list("tool"), second.check()) == (["a"], ["b"], [])
        modes = [run_sql(f"sqlite:///{cat.workspace.store.path}", "PRAGMA journal_mode") for cat in (first, second)]
        assert modes == [[("wal",)], [("wal",)]]


def test_a_failed_opening_leaves_no_folder_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A private catalog that can't be opened takes its temporary folder along."""
    import gc
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def refuse(path: str) -> None:
        raise StoreError("no")

    monkeypatch.setattr("catalog.store.store.put_blank", refuse)
    with pytest.raises(StoreError, match="no"):
        Store("sqlite://")
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_a_catalog_of_its_own(catalog: Catalog, tmp_path: Path) -> None:
    """A backup holds what there was, and later changes of either do not touch the other."""
    catalog.register("tool", "a", "os:getcwd", tags=["x"])
    catalog.backup(tmp_path / "copy.db")
    catalog.register("tool", "b", "os:getcwd")
    with open_catalog(tmp_path / "copy.db") as copy:
        assert copy.list("tool") == ["a"]
        assert [hit.name for hit in copy.search("a", tags=["x"])] == ["a"]
        copy.register("tool", "c", "os:getcwd")
        assert copy.check() == []
    assert catalog.list("tool") == ["a", "b"]


def test_a_backup_overwrites_nothing(catalog: Catalog, tmp_path: Path) -> None:
    """A backup to a file that exists, or into a folder that does not, raises StoreError."""
    (tmp_path / "there.db").write_text("mine")
    with pytest.raises(StoreError, match="exists"):
        catalog.backup(tmp_path / "there.db")
    assert (tmp_path / "there.db").read_text() == "mine"
    with pytest.raises(StoreError):
        catalog.backup(tmp_path / "no" / "folder.db")


DAMAGE = {
    "search: 1 entries have no words": "DELETE FROM search_doc WHERE entry_id = 1",
    "tags: 1 are missing from their index": "DELETE FROM entry_tag WHERE entry_id = 1",
    "search: index and words differ": "DELETE FROM entry_fts WHERE rowid = 1",
}


@pytest.mark.parametrize("fault", sorted(DAMAGE))
def test_the_check_finds_the_damage(catalog: Catalog, database: Path, fault: str) -> None:
    """A catalog without a fault has none to report, and each kind of damage is reported as what it is."""
    catalog.register("tool", "a", "os:getcwd", tags=["x"])
    assert catalog.check() == []
    other = sqlite3.connect(database)
    other.execute(DAMAGE[fault])
    other.commit()
    other.close()
    found = catalog.check()
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_words_are_made_again_on_request(catalog: Catalog, database: Path) -> None:
    """Reindexing repairs a full-text index that has lost its words."""
    catalog.register("tool", "scatter", "os:getcwd")
    other = sqlite3.connect(database)
    other.execute("DELETE FROM search_doc")
    other.commit()
    other.close()
    assert catalog.reindex() == 1
    assert [hit.name for hit in catalog.search("scatter")] == ["scatter"]
    assert catalog.check() == []


def test_a_damaged_row_is_said(catalog: Catalog, database: Path) -> None:
    """A row that holds no JSON raises StoreError that names the entry, and other entries are unharmed."""
    catalog.register("tool", "bad", "os:getcwd")
    catalog.register("tool", "good", "os:getpid")
    other = sqlite3.connect(database)
    other.execute("UPDATE entry SET metadata = '{' WHERE name = 'bad'")
    other.execute("UPDATE catalog_state SET generation = generation + 1")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match="tool:bad is damaged"):
        catalog.entry("tool", "bad")
    assert catalog.get("tool", "good") is os.getpid


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    """A catalog whose pages are overwritten raises an error of ours, never one of sqlite3."""
    path = blank_catalog(tmp_path / "damaged.db")
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(bytes(data))
    with pytest.raises(CatalogError) as caught:
        open_catalog(path)
    assert isinstance(caught.value, StoreError)


def test_opening_a_current_catalog_makes_no_change(database: Path) -> None:
    """Opening, listing and closing leaves a file as it is, byte for byte."""
    before = database.read_bytes()
    with Catalog(f"sqlite:///{database}", settings=Settings()) as cat:
        assert cat.list("tool") == []
    assert database.read_bytes() == before


def test_a_catalog_without_a_log_gets_it_back(database: Path) -> None:
    """A file that was left in another mode of SQLite is in WAL mode once it is opened, so that readers don't wait."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    Store(f"sqlite:///{database}?mode=ro").close()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    with open_catalog(database) as cat:
        cat.register("tool", "one", "a:b")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
