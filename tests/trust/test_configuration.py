"""A configuration that nobody has trusted is data: nothing that it names is imported, asked or sent anywhere."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import ROOT, blank_catalog, open_catalog
from forks import forks

from catalog import load_settings

Run = Callable[..., tuple[int, str, str]]

MARK = "import os\nopen(os.environ['RAN'], 'a').write(__name__ + '\\n')\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository that was just cloned: a module that leaves a mark when it runs, and a database."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "evil.py").write_text(
        MARK + "def main(*args, **more):\n    return None\ndef fits(prompt):\n    return True\n"
    )
    blank_catalog(folder / "shipped.db")
    with open_catalog(folder / "shipped.db") as cat:
        cat.register("tool", "plot", "evil:main", description="Draw a chart.", metadata={"root": str(folder)})
    return folder


@pytest.fixture
def run(tmp_path: Path, clone: Path) -> Run:
    """A function that runs the command in the clone, as a user with a key and nothing trusted."""

    def run(*arguments: str, folder: Path = clone, **more: str) -> tuple[int, str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CATALOG_")}
        environment |= {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")]),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "RAN": str(tmp_path / "ran"),
            "OPENAI_API_KEY": "sk-mine",
            **more,
        }
        if "COMMANDS" in more:
            return forks().python(ALL, folder, environment)
        return forks()(folder, environment, *arguments)

    return run


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that keeps what it is sent, and what that was."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(
                f"{self.headers.get('Authorization')} {self.rfile.read(int(self.headers['Content-Length']))!r}"
            )
            self.send_response(400)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    opened = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=opened.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{opened.server_address[1]}", asked
    opened.shutdown()
    thread.join()
    opened.server_close()


ALL = """
import contextlib, json, os, sys
from catalog_cli.app import cli
commands = json.loads(os.environ["COMMANDS"])
for folder, command in commands:
    os.chdir(folder)
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
        cli(command, prog_name="catalog")
print(len(commands), "done")
"""
"""Runs commands, each in its folder, one after the other in one process, whatever they end with."""

COMMANDS = (
    ["ls"], ["search", "chart"], ["search", "chart", "--mode", "semantic"], ["explain", "tool:plot"], ["info"],
    ["route", "draw a chart", "--kind", "tool"], ["route", "lint", "--kind", "tool"], ["verify"], ["doctor"],
    ["refresh"], ["scan", "."], ["run", "tool:plot"], ["similar", "tool:plot"], ["graph"], ["log"], ["export"],
    ["embed", "status"], ["embed", "update", "--yes"], ["register", "tool", "other", "evil:main"], ["db", "check"],
    ["which", "tool:plot"],
)  # fmt: skip

CONFIGURATIONS = {
    "embedder": 'embedder = "evil:main"',
    "embedder of the standard library": 'embedder = "cProfile:main"',
    "runner": 'runner = "evil:main"',
    "strategy": '[router]\nstrategy = "evil:main"',
    "chain": '[router]\nstrategy = "cascade"\nchain = ["rules", "evil:main"]',
    "match": '[entries.tool]\ntempting = {ref = "json:dumps", description = "chart", match = "evil:fits"}',
    "entry": '[entries.tool]\nplot = {ref = "evil:main", description = "chart"}',
    "trust": '[trust]\nmode = "open"\nallow = ["*", "root:/"]',
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_no_command_runs_what_a_clone_names(run: Run, clone: Path, tmp_path: Path, name: str) -> None:
    """In a clone, and in a folder below it, nothing of its code runs, whichever command is given."""
    (clone / "catalog.toml").write_text(f'url = "shipped.db"\n{CONFIGURATIONS[name]}\n')
    below = clone / "below"
    below.mkdir()
    commands = [
        (str(folder), each)
        for folder in (clone, below)
        for each in COMMANDS
        if not (name == "entry" and folder == below and each[0] == "run")
    ]
    status, out, err = run(COMMANDS=json.dumps(commands))
    assert (status, out, (tmp_path / "ran").exists(), "Traceback" in err, "report it" in err) == (
        0, f"{len(commands)} done\n", False, False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "form", ['embedder = "openai:m@{url}"', '[router]\nstrategy = "llm_classify"\nmodel = "m"\nbase_url = "{url}"']
)
def test_no_key_and_no_text_goes_where_a_clone_says(
    run: Run, clone: Path, server: tuple[str, list[str]], form: str
) -> None:
    """A server that a clone names is not asked: neither for vectors nor for a route."""
    url, asked = server
    (clone / "catalog.toml").write_text(f'url = "shipped.db"\n{form.format(url=url)}\n')
    assert run(COMMANDS=json.dumps([(str(clone), each) for each in COMMANDS]))[0] == 0
    assert asked == []
    assert run("init", "--trust")[0] == 0
    run("embed", "update", "--yes")
    run("route", "draw a chart", "--kind", "tool")
    assert asked != []


@pytest.mark.parametrize(
    "url",
    ["sqlite:////tmp/elsewhere.db", "../elsewhere.db", "~/elsewhere.db", "postgresql://evil.example/db", "link.db"],
)
def test_a_database_elsewhere_is_not_opened(run: Run, clone: Path, tmp_path: Path, url: str) -> None:
    """A clone may name a database in its own folder; what lies elsewhere may be the user's, or a stranger's server."""
    (tmp_path / "elsewhere.db").touch()
    (clone / "link.db").symlink_to(tmp_path / "elsewhere.db")
    (clone / "catalog.toml").write_text(f'url = "{url}"\n')
    status, out, err = run("ls")
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert f"names the database '{url}', which is not in its folder" in err
    assert "catalog init --trust" in err
    assert run("--url", "mine.db", "register", "tool", "x", "json:dumps")[0] == 0


@pytest.mark.parametrize("login", ["u:hunter22", "u:hun/ter22", "u:h@hunter22", "u:[hunter22"])
def test_a_password_in_a_clone_is_not_shown(run: Run, clone: Path, login: str) -> None:
    """The error names the server of a database elsewhere, however the password in its URL is written."""
    (clone / "catalog.toml").write_text(f'url = "postgresql://{login}@evil.example/db?password=hunter22"\n')
    status, out, err = run("ls")
    assert (status, out, "hunter22" in err) == (3, "", False)
    assert "names the database 'postgresql://evil.example/db', which" in err


def test_what_is_set_aside_is_said_once(run: Run, clone: Path) -> None:
    """One line names the settings that are not followed and what follows them; data of the clone is used."""
    (clone / "catalog.toml").write_text(
        'url = "shipped.db"\nkinds = ["dataset"]\nembedder = "evil:main"\nrunner = "evil:main"\n'
    )
    status, out, err = run("ls", "--json")
    assert (status, [entry["key"] for entry in json.loads(out)]) == (0, ["tool:plot"])
    assert err == (
        f"Warning: {clone}/catalog.toml is not trusted, so what it says of embedder, runner is not followed; read it, "
        "then say `catalog init --trust`\n"
    )
    status, _, err = run("run", "tool:plot")
    assert status == 3
    assert "names this database, and nobody has trusted that file" in err


def test_trust_is_of_this_content_in_this_place(run: Run, clone: Path, tmp_path: Path) -> None:
    """After ``init --trust`` code is followed; after a change, and in a copy elsewhere, it is not."""
    file = clone / "catalog.toml"
    file.write_text('url = "shipped.db"\n')
    assert run("run", "tool:plot")[0] == 3
    assert run("init", "--trust") == (0, "catalog.toml is trusted as it is now\n", "")
    assert run("run", "tool:plot")[0] == 0
    assert (tmp_path / "ran").read_text() == "evil\n"
    assert (tmp_path / "data" / "catalog" / "trusted.json").stat().st_mode & 0o777 == 0o600
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("catalog.toml", "shipped.db", "evil.py"):
        (copy / name).write_bytes((clone / name).read_bytes())
    assert run("run", "tool:plot", folder=copy)[0] == 3
    file.write_text('url = "shipped.db"\nkinds = ["dataset"]\n')
    assert run("run", "tool:plot")[0] == 3
    assert run("run", "tool:plot", CATALOG_TRUST="1")[0] == 0


def test_a_file_anybody_may_write_to_is_not_trusted(run: Run, clone: Path) -> None:
    """It can't be trusted, and one that becomes writable is trusted no more."""
    file = clone / "catalog.toml"
    file.write_text('url = "shipped.db"\n')
    file.chmod(0o666)
    status, _, err = run("init", "--trust")
    assert (status, "anybody may write to it" in err) == (1, True)
    file.chmod(0o644)
    assert run("init", "--trust")[0] == 0
    file.chmod(0o666)
    assert run("run", "tool:plot")[0] == 3


@pytest.mark.parametrize("record", ["{", "[]", '{"a": 1}', "null", "x" * 100])
def test_a_damaged_record_trusts_nothing(run: Run, clone: Path, tmp_path: Path, record: str) -> None:
    """What can't be read of the record of trust is no trust, and no traceback; the next word makes it anew."""
    (clone / "catalog.toml").write_text('url = "shipped.db"\n')
    place = tmp_path / "data" / "catalog" / "trusted.json"
    place.parent.mkdir(parents=True)
    place.write_text(record)
    assert run("run", "tool:plot")[0] == 3
    assert run("init", "--trust")[0] == 0
    assert run("run", "tool:plot")[0] == 0


def test_a_record_that_is_not_the_users_own_counts_for_nothing(run: Run, clone: Path, tmp_path: Path) -> None:
    """A link, a pipe, and a record that others may write to are not read."""
    (clone / "catalog.toml").write_text('url = "shipped.db"\n')
    assert run("init", "--trust")[0] == 0
    place = tmp_path / "data" / "catalog" / "trusted.json"
    place.chmod(0o666)
    assert run("run", "tool:plot")[0] == 3
    place.chmod(0o600)
    place.rename(tmp_path / "moved.json")
    place.symlink_to(tmp_path / "moved.json")
    assert run("run", "tool:plot")[0] == 3
    place.unlink()
    os.mkfifo(place)
    assert run("run", "tool:plot")[0] == 3


def test_a_new_configuration_of_ones_own_is_trusted(run: Run, tmp_path: Path) -> None:
    """``catalog init`` writes the file, so what it configures may be loaded."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "tools.py").write_text("import catalog\n\n@catalog.tool\ndef add(a: int, b: int):\n    return a + b\n")
    assert run("init", "--scan", "tools.py", "--yes", folder=own)[0] == 0
    assert run("run", "add", "a=1", "b=2", folder=own) == (0, "3\n", "")


def test_a_file_that_the_caller_names_is_trusted(tmp_path: Path) -> None:
    """Settings that a program reads from a file it names are followed: the program says which."""
    (tmp_path / "catalog.toml").write_text('runner = "evil:main"\n')
    assert load_settings(file=tmp_path / "catalog.toml").runner == "evil:main"
    found = load_settings(tmp_path)
    assert (found.runner, found.set_aside, found.is_trusted) == (None, ("runner",), False)
