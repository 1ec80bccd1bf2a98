"""Ordinary surroundings: closed and full streams, folders that are gone, users without a home, early interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import ROOT, WHOLE, open_catalog, tool
from forks import forks

Run = Callable[..., tuple[int, str, str]]
RunCli = Callable[..., tuple[int, str, str]]

CATALOG = f'"{sys.executable}" -m catalog_cli'


@pytest.fixture
def environment(url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a process of its own, with a home of its own and a catalog of two tools."""
    with open_catalog(url) as cat:
        cat.register("tool", "here", "os:getcwd", description="Says where.")
        cat.register("tool", "who", "os:getpid")
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}",
        "CATALOG_URL": url,
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": "",
    }


def shell_of(command: str, environment: dict[str, str], folder: Path) -> Run:
    """Return a function that runs a line of a shell, in which ``catalog`` is *command*, and returns how it ended."""

    def run(line: str, **more: str) -> tuple[int, str, str]:
        done = subprocess.run(
            ["bash", "-c", line.replace("catalog ", f"{command} ")],
            cwd=folder,
            env={**environment, **more},
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def shell(environment: dict[str, str], tmp_path: Path) -> Run:
    """A shell whose command starts anew."""
    return shell_of(CATALOG, environment, tmp_path)


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A command whose processes are forked off one that has the libraries ready."""
    file = tmp_path_factory.mktemp("forked") / "command"
    forks().put_command(file)
    return file


@pytest.fixture
def quick_shell(environment: dict[str, str], forked: Path, tmp_path: Path) -> Run:
    """A shell whose command does not start anew: for what is not about its streams and its start."""
    return shell_of(str(forked), environment, tmp_path)


LISTED = "tool:here\tSays where.\t\tpersistent\ntool:who\t\t\tpersistent\n"
NO_ROOM = "Error: standard output can't be written: No space left on device\n"


FULL = ["ls", "ls --json", "search where", "explain here", "export", "log", "--help", "--version", "ls --help"]


@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [(command, "") for command in FULL] + [(command, "1") for command in (FULL if WHOLE else ("ls", "--help"))],
)
def test_a_full_output_is_said(shell: Run, command: str, unbuffered: str) -> None:
    """Where nothing more can be written to, one line says so, and the exit status is 3."""
    assert shell(f"catalog {command} >/dev/full", PYTHONUNBUFFERED=unbuffered) == (3, "", NO_ROOM)


def test_a_full_or_closed_error_stream_changes_nothing(shell: Run) -> None:
    """What can't be said is not said; results and exit statuses are what they were."""
    for stream in ("2>/dev/full", "2>&-"):
        assert shell(f"catalog ls {stream}") == (0, LISTED, "")
        assert shell(f"catalog export out.jsonl {stream}") == (0, "", "")
        assert shell(f"catalog explain nothing {stream}") == (1, "", "")


@pytest.mark.sqlite("a stream may get its number")
def test_closed_streams_are_no_fault(shell: Run, database: Path) -> None:
    """Without an output the work is done all the same; without an input a command that reads it says so."""
    for command in ("ls", "ls --json", "register tool new os:getcwd", "export", "db check"):
        assert shell(f"catalog {command} >&- 2>&- <&-") == (0, "", "")
    for command in ("import -", "route -", "run here -i -", "route golden import -", "route eval - --kind tool"):
        status, out, err = shell(f"catalog {command} <&-")
        assert (status, out) == (2, "")
        assert err.startswith("Error: standard input is closed; name a file")
    with open_catalog(database) as cat:  # nothing was printed into the file that got the number of a closed stream
        assert (cat.list("tool"), cat.check()) == (["here", "new", "who"], [])


def test_a_folder_that_is_gone_is_no_fault(shell: Run, tmp_path: Path) -> None:
    """In a deleted folder all works that needs no folder; what does says that it is gone."""
    gone = "mkdir gone && cd gone && rmdir ../gone && "
    for command in ("ls", "search where", "explain here", "log", "verify", "doctor", "db check", "db current"):
        status, out, err = shell(f"{gone}catalog {command}")
        assert (status, bool(out or err), "report" in err) == (0, True, False)
    assert shell(f"{gone}catalog export {tmp_path / 'out.jsonl'}")[0] == 0
    for command in ("--url team.db ls", "scan .", "db backup copy.db", "export out.jsonl"):
        status, out, err = shell(f"{gone}catalog {command}")
        assert (status in (2, 3), out, err.count("\n")) == (True, "", 1)
    assert "the current folder is gone" in shell(f"{gone}catalog --url team.db ls")[2]


@pytest.mark.sqlite("its path is not UTF-8")
def test_a_path_that_is_not_utf8_is_a_path(quick_shell: Run, tmp_path: Path) -> None:
    """Databases, exports and backups lie where they were put; what would have to be kept as text is refused."""
    folder = os.fsdecode(b"b\xff")
    os.mkdir(tmp_path / folder)
    bad = "$'b\\xff"
    assert quick_shell(
        f"catalog export >e && catalog --url {bad}/c.db' import - <e && catalog --url {bad}/c.db' ls"
    ) == (
        0,
        f"imported 2 entries that were new or different\n{LISTED}",
        "",
    )
    assert (
        quick_shell(f"catalog export {bad}/e.jsonl' && catalog import {bad}/e.jsonl' && catalog db backup {bad}/b.db'")[
            0
        ]
        == 0
    )
    assert sorted(os.listdir(tmp_path / folder)) == ["b.db", "c.db", "e.jsonl"]
    (tmp_path / folder / "tools.py").write_text(
        "import catalog\n\n@catalog.tool\ndef shout(x: str) -> str:\n    return x\n"
    )
    for command in (f"scan {bad}'", f"register tool {bad}' os:getcwd", f"register tool x os:getcwd -d {bad}'"):
        status, out, err = quick_shell(f"catalog {command}")
        assert (status in (2, 3), out, err.count("\n"), "please report" in err) == (True, "", 1, False)
    assert quick_shell("catalog register tool x os:getcwd", CATALOG_ACTOR=folder)[0] == 0


def test_an_early_interrupt_says_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    """Whenever the interrupt comes, there is neither a traceback of this program nor a report of a fault."""
    moments = 40 if WHOLE else 8
    for number in range(moments):
        process = subprocess.Popen(
            [sys.executable, "-m", "catalog_cli", "search", "where"],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(number * 0.32 / moments)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert "catalog" not in said  # Python itself may be interrupted while it starts
        assert "fault" not in said


@pytest.mark.parametrize("other", ["ImportError('numpy')", "RuntimeError('x')", "OSError('x')", "SystemError('x')"])
def test_an_interrupt_that_a_library_makes_an_error_of_is_one(
    environment: dict[str, str], tmp_path: Path, other: str
) -> None:
    """Whatever error the interrupted code raises in its place, the status is 130, and nothing is said."""
    code = f"""
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests in the background ignores it
import catalog.verbs.search
def interrupted(*args):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        while True: pass
    except KeyboardInterrupt:
        raise {other} from None
catalog.verbs.search.search = interrupted
import sys
sys.argv = ["catalog", "search", "where"]
from catalog_cli.app import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.sqlite("the folder it lies in is looked at")
def test_an_ended_export_leaves_the_old_one(environment: dict[str, str], database: Path, tmp_path: Path) -> None:
    """Ended by a signal in the middle, the old file is there, and nothing beside it."""
    with open_catalog(database) as cat:
        cat.register_many([tool(f"t{number}", description="x" * 300) for number in range(5_000)])
    out = tmp_path / "out"
    out.mkdir()
    (out / "e.jsonl").write_text("the old one\n")
    for end in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-m", "catalog_cli", "export", out / "e.jsonl"], env=environment, stderr=subprocess.PIPE
        )
        while process.poll() is None and len(os.listdir(out)) == 1:
            time.sleep(0.001)
        process.send_signal(end)
        process.communicate(timeout=60)
        left = (out / "e.jsonl").read_text()
        assert process.returncode in (0, 128 + end)
        assert left == "the old one\n" if process.returncode else left.count("\n") == 5_002
        assert os.listdir(out) == ["e.jsonl"]


@pytest.mark.sqlite("the folder it lies in is looked at")
def test_a_full_disk_leaves_the_old_export_and_is_no_wrong_use(shell: Run, database: Path, tmp_path: Path) -> None:
    """An export that finds no room ends with 3, says what is left, and leaves that."""
    with open_catalog(database) as cat:
        cat.register_many([tool(f"t{number}", description="x" * 300) for number in range(500)])
    (tmp_path / "e.jsonl").write_text("the old one\n")
    assert shell("ulimit -f 100; catalog export e.jsonl") == (
        3,
        "",
        "Error: e.jsonl can't be written: File too large; a file that was there is as it was\n",
    )
    assert (tmp_path / "e.jsonl").read_text() == "the old one\n"
    assert shell("ulimit -f 100; catalog db backup b.db")[0] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog.db", "e.jsonl"]


URLS = {
    "{folder}": "is a folder; name the file of the database in it",
    "sqlite:///{folder}": "is a folder; name the file of the database in it",
    "/dev/null": "is no file but a device or a pipe",
    "sqlite:///": "names no file; write sqlite:///team.db",
    "sqlite:///c.db?mode=ro": "there is no database at",
    "sqlite:///c.db?mode=rwc": "leave out ?mode=rwc",
    "sqlite:///file:c.db?mode=ro&uri=true": "leave out ?mode=ro&uri=true",
    "sqlite:c.db": "for a file write sqlite:///",
    "team": "for a file write sqlite:///team",
    "postgresql://127.0.0.1:1": "names no database; write postgresql://host/name",
    "sqlite:///{file}/c.db": "is no folder",
}


@pytest.mark.sqlite("the folder it lies in is looked at")
@pytest.mark.parametrize("given", URLS)
@pytest.mark.parametrize("command", ["ls", "register tool x os:getcwd", "db current", "db backup b.db"])
def test_an_odd_url_is_answered_and_makes_nothing(
    run_cli: RunCli, database: Path, project: Path, given: str, command: str
) -> None:
    """What can't be opened ends with 3 and one line that says what to write; no file and no folder is made."""
    (project / "file").touch()
    url = given.format(folder=project, file=project / "file")
    status, out, err = run_cli("--url", url, *command.split())
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert (URLS[given] in err) or (command.startswith("db backup") and "there is no database at" in err)
    assert [path.name for path in project.iterdir()] == ["file"]
    assert sorted(path.name for path in project.parent.iterdir()) == [database.name, "project"]


def test_reading_what_is_not_there_makes_no_folder(quick_shell: Run, tmp_path: Path) -> None:
    """A mistyped folder is not made by a read, and it is said; a write makes it."""
    status, out, err = quick_shell("catalog --url sqlite:///no/c.db ls")
    assert (status, out) == (1, "")
    assert f"Warning: there is no database at {tmp_path / 'no' / 'c.db'}; the first write makes it\n" in err
    assert not (tmp_path / "no").exists()
    assert quick_shell("catalog --url no/c.db register tool x os:getcwd")[:2] == (0, "registered tool:x (revision 1)\n")
    assert quick_shell("catalog --url no/c.db ls") == (0, "tool:x\t\t\tpersistent\n", "")


def test_a_private_database_says_that_nothing_stays(quick_shell: Run) -> None:
    """`sqlite://` is allowed, but what is stored in it goes with the command, and that is said."""
    for url in ("sqlite://", ":memory:"):
        status, out, err = quick_shell(f"catalog --url {url} register tool x os:getcwd")
        assert (status, out) == (0, "registered tool:x (revision 1)\n")
        assert f"Warning: {url} is a private database: what is stored goes with this command\n" in err


@pytest.mark.sqlite("it is upgraded when it is opened")
def test_the_advice_on_an_outdated_file_holds(quick_shell: Run, database: Path) -> None:
    """`db current` on an older schema changes nothing, and what it says will happen happens, once and said."""
    quick_shell(f"cd '{ROOT}' && {sys.executable} -m alembic -x url=sqlite:///{database} downgrade 0002")
    kept = f"{database}.before-0007"
    assert quick_shell("catalog db current") == (
        1,
        f"{database}: schema 0002\n",
        "schema 0002 is not 0007, which this version works with; `catalog db upgrade` upgrades it, and so does the "
        f"first command that needs it; the file as it is will be kept as {kept}\n",
    )
    assert quick_shell("catalog db backup old.db")[0] == 0
    assert quick_shell("catalog --url old.db db current")[1].endswith("schema 0002\n")
    assert quick_shell("catalog db current")[1] == f"{database}: schema 0002\n"
    status, out, err = quick_shell("catalog ls")
    assert (status, out) == (0, LISTED)
    assert err == (f"Warning: {database} is upgraded from schema 0002 to 0007; the file as it was is kept as {kept}\n")
    assert quick_shell("catalog ls") == (0, LISTED, "")
    assert quick_shell(f"catalog --url {kept} db current")[1] == f"{kept}: schema 0002\n"
