"""The command line as a whole: help, typing errors, exit statuses, start-up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from factories import ON_SERVER, ROOT

from catalog import __version__, errors
from catalog_cli.app import COMMANDS, EXIT_CODES, cli
from catalog_cli.commands.db import COMMANDS as DB_COMMANDS

HEAVY = ("sqlalchemy", "alembic", "numpy", "griffe", "pydantic", "snowballstemmer", "tomllib", "importlib.metadata")
EVERY = [(), *((name,) for name in COMMANDS), *(("db", name) for name in DB_COMMANDS)]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}", "PYTHONUTF8": "1"}


def command(*names: str) -> click.Command:
    """Return a command by its path."""
    found: click.Command = cli
    for name in names:
        assert isinstance(found, click.Group)
        below = found.get_command(click.Context(found), name)
        assert below is not None
        found = below
    return found


def process(*arguments: object, cwd: Path, before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "catalog_cli", *map(str, arguments)],
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("names", EVERY, ids=" ".join)
def test_every_help_has_examples_that_name_the_command(run_cli, names) -> None:
    """``--help`` of every command ends with 0 and a block of examples, one of which runs that very command."""
    done = run_cli(*names, "--help")
    block = done.out.partition("\nExamples:\n")[2]
    assert (done.status, done.err) == (0, "")
    assert f" catalog {' '.join(names)}".rstrip() in f" {block}"
    assert max(map(len, done.out.splitlines())) <= 80


def test_no_two_help_texts_are_equal() -> None:
    """Every command says something of its own."""
    texts = [command(*names).help for names in EVERY]
    assert len(set(texts)) == len(texts)
    assert None not in texts


@pytest.mark.parametrize("names", EVERY[1:], ids=" ".join)
def test_the_table_says_what_the_command_says(names) -> None:
    """The line in the list of commands is the first line of the command's own help."""
    table = DB_COMMANDS if len(names) == 2 else COMMANDS
    assert (command(*names).help or "").splitlines()[0] == f"{table[names[-1]].help}."
    assert command(*names).name == names[-1]


@pytest.mark.parametrize("name", [*COMMANDS, *(f"db {name}" for name in DB_COMMANDS)])
def test_every_command_of_the_table_is_exercised(name: str) -> None:
    """Some test runs the command: here, or, if it goes on until it is stopped, in a process of its own elsewhere."""
    words = ", ".join(f'"{word}"' for word in name.split())
    ways = (f"run_cli({words}", f"run_cli(*other, {words}", f'"catalog_cli", {words}', f"served.url, {words}")
    tests = [path.read_text() for path in Path(__file__).parents[1].rglob("*.py")]
    assert any(way in text for text in tests for way in ways)


@pytest.mark.parametrize(
    "name", ["ls", "search", "explain", "which", "verify", "log", "scan", "refresh", "doctor", "db current"]
)
def test_every_reading_command_takes_json(run_cli, name: str) -> None:
    """``--json`` is an option of every command that reads."""
    assert "--json" in run_cli(*name.split(), "--help").out


def test_the_list_of_commands_is_grouped(run_cli) -> None:
    """``catalog --help`` lists every command once, below its heading."""
    out = run_cli("--help").out
    assert [out.count(f"\n  {name.ljust(10)}  {entrance.help}\n") for name, entrance in COMMANDS.items()] == [1] * len(
        COMMANDS
    )
    assert [
        out.index(f"\n{heading}:\n") for heading in ("Find and use", "Fill and change", "Check and mend")
    ] == sorted(out.index(f"\n{heading}:\n") for heading in ("Find and use", "Fill and change", "Check and mend"))
    assert "_CATALOG_COMPLETE=bash_source" in out


def test_version(run_cli) -> None:
    """``--version`` prints the version of the library."""
    assert run_cli("--version") == (0, f"catalog {__version__}\n", "")


def test_without_a_command_help_is_shown_as_wrong_use(run_cli) -> None:
    """``catalog`` alone ends with 2 and shows the help on standard error."""
    done = run_cli()
    assert (done.status, done.out, done.err) == (2, "", run_cli("--help").out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serach",), "no such command 'serach'; did you mean 'search'?"),
        (("qqqq",), "no such command 'qqqq'; see 'catalog --help'"),
        (("--urll", "x"), "No such option '--urll'. Did you mean '--url'?"),
        (("explain",), "Missing argument 'KEY'; see 'catalog explain --help'"),
        (("explain", "tool", "x"), "Got unexpected extra argument (x); see 'catalog explain --help'"),
    ],
)
def test_wrong_use_is_one_line(run_cli, arguments, said) -> None:
    """A typing error ends with 2 and one line that names what was meant, or where to look."""
    assert run_cli(*arguments) == (2, "", f"Error: {said}\n")


def test_the_url_may_stand_before_and_after_the_command(run_cli, project, three) -> None:
    """``--url`` is understood in both places, and wins over the environment."""
    other = f"sqlite:///{project / 'other.db'}"
    run_cli("--url", other, "register", "tool", "x", "nowhere:f")
    before, after = run_cli("--url", other, "ls"), run_cli("ls", "--url", other)
    assert before == after == (0, "tool:x\t\t\tpersistent\n", "")


def test_exit_statuses_are_decided_by_known_codes() -> None:
    """Every code in the table belongs to an error of the tree, and every status is 1 or 2."""
    codes = {
        one.code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.CatalogError)
    }
    assert set(EXIT_CODES) <= codes
    assert set(EXIT_CODES.values()) == {1, 2}


def test_a_wrong_setting_is_wrong_use(run_cli, project) -> None:
    """A configuration with a word nobody knows ends with 2 and names file and word."""
    (project / "catalog.toml").write_text('ulr = "x"\n')
    assert run_cli("ls") == (
        2,
        "",
        f"Error: {project / 'catalog.toml'}: ulr is not a setting; did you mean 'url'?\n",
    )


def test_warnings_of_the_catalog_are_one_line(run_cli, project, three) -> None:
    """A configured entry that can't be is left out with one line on standard error; the rest is listed."""
    (project / "catalog.toml").write_text('[entries.tool]\nbad = "no reference"\n')
    done = run_cli("ls", "tool")
    assert (done.status, done.out.count("\n"), done.err.count("\n")) == (0, 2, 1)
    assert done.err.startswith(f"Warning: {project / 'catalog.toml'}: entries.tool.bad is left out: ")


def test_a_fault_of_ours_is_told_from_an_answer(run_cli, monkeypatch) -> None:
    """An exception nobody foresaw ends with 3 and a traceback, never with 1."""
    monkeypatch.setattr("catalog.app.Catalog.listed", lambda *_, **__: 1 / 0)
    done = run_cli("ls")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("Traceback")
    assert done.err.endswith("Error: ZeroDivisionError, which is a fault of the catalog; please report it\n")


def test_a_reader_that_goes_away_ends_it_quietly(url, project, catalog) -> None:
    """``| head -1`` gets its line and the command ends with 141 and not a word."""
    catalog.register_many(
        [{"kind": "tool", "name": f"t{i:05}", "ref": "nowhere:f", "description": "x" * 200} for i in range(2_000)]
    )
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m catalog_cli ls | head -1 | cut -f1; echo ${{PIPESTATUS[0]}}"],
        cwd=project,
        env={**ENVIRONMENT, "CATALOG_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("tool:t00000\n141\n", "")


def test_letters_survive_a_terminal_without_unicode(url, project, catalog) -> None:
    """Where the encoding has no word for a letter it is written as an escape, in JSON as JSON has it."""
    catalog.register("tool", "世界", "nowhere:f")
    environment = {"CATALOG_URL": url, "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    assert process("ls", cwd=project, **environment).stdout == "tool:\\u4e16\\u754c\t\t\tpersistent\n"
    assert '"key": "tool:\\u4e16\\u754c"' in process("ls", "--json", cwd=project, **environment).stdout


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("search", "--help")], ids=" ".join)
def test_help_loads_nothing_heavy(run_python, project, arguments) -> None:
    """``--help`` imports no command but the one asked for, and none of the heavy libraries."""
    loaded = run_python(
        "import sys\nfrom catalog_cli.app import cli\n"
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): cli.main(sys.argv[1:])\n"
        "print(*sorted(sys.modules))",
        *arguments,
        cwd=project,
    ).split()
    assert [name for name in HEAVY if name in loaded] == []
    assert [name for name in loaded if name.startswith("catalog_cli.commands.")] == [
        f"catalog_cli.commands.{name}" for name in arguments if not name.startswith("-")
    ]
    assert "catalog.app" not in loaded


@pytest.mark.parametrize(
    "arguments", [("search", "--tag", "csv"), ("ls",), ("search", "--tag", "csv", "--json")], ids=" ".join
)
def test_looking_loads_nothing_heavy(run_python, project, url, three, arguments) -> None:
    """Searching by tag and listing import neither SQLAlchemy nor pydantic nor anything else of that weight."""
    code = (
        "import sys\nfrom catalog_cli.app import cli\n"
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    try: cli.main(sys.argv[1:])\n"
        "    except SystemExit as end: status = end.code\n"
        "print(status, 'read_csv' in out.getvalue(), *sorted(sys.modules))"
    )
    run_python(code, *arguments, cwd=project, CATALOG_URL=url)  # the first one takes in what is installed
    status, found, *loaded = run_python(code, *arguments, cwd=project, CATALOG_URL=url).split()
    assert (status, found) == ("0", "True")
    driver = ["importlib.metadata"] * ON_SERVER  # in which psycopg looks up its version
    assert [name for name in HEAVY if name in loaded] == driver


def test_the_module_is_the_command(project) -> None:
    """``python -m catalog_cli`` is ``catalog``."""
    done = process("--version", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"catalog {__version__}\n", "")


READING = [
    ("ls",), ("search", "zzz"), ("search", "draw"), ("similar", "tool:draw"), ("graph",), ("graph", "tool:draw"),
    ("which", "tool:draw"), ("explain", "tool:draw"), ("explain", "tool:nope"), ("log",), ("log", "tool:draw"),
    ("verify",), ("doctor",), ("db", "check"), ("db", "current"), ("embed", "status"), ("route", "log"), ("info",),
    ("refresh",), ("route", "draw", "--kind", "tool"), ("route", "golden", "list"), ("route", "lint", "--kind", "tool"),
]  # fmt: skip


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_json_has_the_exit_status_of_the_table(run_cli, catalog, command, filled) -> None:
    """Whether a command prints for people or for programs, it ends with the same exit status."""
    if filled:
        catalog.register("tool", "draw", "nowhere:f", description="Draw a chart.")
    assert run_cli(*command, "--json").status == run_cli(*command).status
