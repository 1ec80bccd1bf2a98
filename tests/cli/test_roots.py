"""Where an entry's code lies: the same answer to every command from every folder, in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from forks import forks

CHECKOUT = Path(__file__).parents[2]

TOOLS = """
from catalog import tool
import helper_{0}

@tool
def greet(name: str) -> str:
    "Greet."
    return helper_{0}.word() + name
"""
JSON = """
from catalog import tool

@tool
def decode(text: str) -> str:
    "Decode."
    import tools
    return "json {0} " + tools.greet(text)
"""
COPY = """
from catalog import tool
from .inner import ME
from copy.inner import ME as ABSOLUTE

@tool
def duplicate(text: str) -> str:
    "Duplicate."
    return f"copy {{ME}} {{ABSOLUTE}}"
"""
PLAIN = """
from catalog import tool

@tool
def plain_{1}(text: str) -> str:
    "Plain."
    return "{1} {0}"
"""
TARGETS = ("tools", "./json.py", "./copy", "main", "./tests")
KEYS = [
    f"tool:{name}"
    for name in (
        *("decode", "duplicate", "greet", "plain_main", "plain_tests", "two/copy/duplicate", "two/json/decode"),
        *("two/main/plain_main", "two/tests/plain_tests", "two/tools/greet"),
    )
]


def _project(folder: Path) -> Path:
    """Make a folder whose modules have the names of others: of another project's, of Python's."""
    me = folder.name
    for path, text in {
        "tools.py": TOOLS,
        "helper_{0}.py": "def word():\n    return '{0} '\n",
        "json.py": JSON,
        "copy/__init__.py": COPY,
        "copy/inner.py": "ME = '{0}'\n",
        "main.py": PLAIN,
        "tests/__init__.py": PLAIN,
    }.items():
        file = folder / path.format(me)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(me, file.parent.name if file.stem == "__init__" else file.stem))
    return folder


class Shell:
    """Runs the command line on one database."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            **{name: os.environ[name] for name in ("PATH",)},
            "HOME": str(home),
            "PYTHONPATH": f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'cli'}",
            "CATALOG_URL": f"sqlite:///{home / 'c.db'}",
            "CATALOG_PLUGIN_GROUPS": "",
        }

    def __call__(self, folder: Path, *words: str) -> tuple[int, str]:
        """Run a command in *folder*; return its exit status and what it wrote, errors last."""
        status, out, err = forks()(folder, self.environment, *words)
        return status, out + err

    def json(self, folder: Path, *words: str) -> Any:
        """Run a command with ``--json``; return its document."""
        out = self(folder, *words, "--json")[1]
        return json.loads(out[: out.rindex("]") + 1])


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """The command line, on a database of the test's own."""
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with two projects with modules of the same names, both scanned, and the same folder put aside."""
    home = tmp_path_factory.mktemp("scanned")
    shell = Shell(home)
    one, two = _project(home / "one"), _project(home / "two")
    for target in TARGETS:
        assert shell(one, "scan", target)[0] == 0
    for target in (*TARGETS[:3], ".", "./tests"):
        assert shell(two, "scan", target)[0] == 0
    (home / "elsewhere").mkdir()
    return home, Path(shutil.copytree(home, home.with_name("aside")))


class Projects(NamedTuple):
    """The projects ``one`` and ``two`` and a folder that is neither, with a command line that knows both."""

    shell: Shell
    one: Path
    two: Path
    elsewhere: Path


@pytest.fixture
def projects(scanned: tuple[Path, Path]) -> Projects:
    """The scanned projects as they were: a root is a path, so each test has them in the same place."""
    home, aside = scanned
    shutil.rmtree(home)
    shutil.copytree(aside, home)
    return Projects(Shell(home), home / "one", home / "two", home / "elsewhere")


def test_modules_of_one_name_are_two_files(projects: Projects) -> None:
    """Of two projects with the same modules every tool is an entry, is sound from everywhere, and runs its own file."""
    shell, *folders = projects
    for folder in folders:
        assert [entry["key"] for entry in shell.json(folder, "ls")] == KEYS
        for words in (("verify",), ("doctor",), ("doctor", "--fix", "--yes"), ("refresh",), ("verify",)):
            assert (words, shell(folder, *words)[0]) == (words, 0)
    code = "from catalog import tools\nfor name in tools.list(): print(tools[name]('x'))"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=projects.elsewhere,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == [
        *("json one one x", "copy one one", "one x", "main one", "tests one"),
        *("copy two two", "json two two x", "main two", "tests two", "two x"),
    ]


def test_what_is_not_here_is_never_called_gone(projects: Projects) -> None:
    """A root that is away makes its entries unseen to every command, mends nothing, and all is well when it is back."""
    shell, _, two, elsewhere = projects
    before = shell.json(elsewhere, "ls")
    two.rename(two.with_name("away"))
    unseen = [key for key in KEYS if "/" in key]
    assert {drift["key"]: drift["change"] for drift in shell.json(elsewhere, "verify")} == dict.fromkeys(
        unseen, "elsewhere"
    )
    for words in (("doctor",), ("doctor", "--fix", "--yes")):
        faults = shell.json(elsewhere, *words)
        assert {fault["key"]: (fault["trouble"], fault["proposal"]) for fault in faults} == dict.fromkeys(
            unseen, ("elsewhere", None)
        )
    for words in (("verify",), ("doctor",), ("refresh",), ("run", "tool:two/tools/greet", "-i", '"x"')):
        said = shell(elsewhere, *words)[1]
        assert ("gone" in said, "dead" in said, "unregister" in said) == (False, False, False), said
    assert "can't be seen from here" in shell(elsewhere, "refresh")[1]
    two.with_name("away").rename(two)
    assert (shell(elsewhere, "verify")[0], shell.json(elsewhere, "ls")) == (0, before)


@pytest.mark.parametrize("at", ["one", "two", "elsewhere"])
def test_what_is_gone_from_its_root_is_gone_everywhere(projects: Projects, at: str) -> None:
    """Code deleted from its root is gone to every command from every folder, a file of its name there or not."""
    shell, one, *_ = projects
    (one / "main.py").unlink()
    shutil.rmtree(one / "copy")
    gone = {"tool:duplicate", "tool:plain_main"}
    here = one.with_name(at)
    assert {drift["key"]: drift["change"] for drift in shell.json(here, "verify")} == dict.fromkeys(gone, "missing")
    assert {fault["key"]: fault["trouble"] for fault in shell.json(here, "doctor")} == dict.fromkeys(gone, "dead")
    reports = shell.json(here, "refresh")
    assert {key for report in reports for key in report["gone"]} == gone
    assert [report["drifted"] for report in reports if report["drifted"]] == []
    status, said = shell(here, "run", "tool:plain_main", "-i", '"x"')
    assert (status, f"there is no module main in {one}" in said) == (1, True), said


def test_a_registration_keeps_its_root(shell: Shell, tmp_path: Path) -> None:
    """A reference registered in a project is not rewritten from the folder above, where another one would hold."""
    project = tmp_path / "p"
    package = project / "helpdesk"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "tools.py").write_text("def refund(order: str) -> str:\n    return 'refunded ' + order\n")
    assert shell(project, "register", "tool", "refund", "helpdesk.tools:refund")[0] == 0
    entry = json.loads(shell(tmp_path, "explain", "tool:refund", "--json")[1])
    assert entry["metadata"]["root"] == str(project)
    assert shell(tmp_path, "doctor", "--fix") == (0, "no faults: every reference leads somewhere\n")
    assert shell(tmp_path, "run", "tool:refund", "-i", '"7"') == (0, "refunded 7\n")
    (package / "tools.py").rename(package / "money.py")
    assert shell(tmp_path, "doctor", "--fix", "--yes")[0] == 0
    assert json.loads(shell(tmp_path, "explain", "tool:refund", "--json")[1])["ref"] == "helpdesk.money:refund"
    assert shell(tmp_path, "run", "tool:refund", "-i", '"7"') == (0, "refunded 7\n")
