"""To look is not to import: no command makes the working folder importable, whatever lies there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from factories import ROOT, open_catalog

from catalog_cli.app import COMMANDS as TABLE

COMMANDS = (
    ["ls"], ["search", "chart"], ["explain", "tool:plot"], ["info"], ["route", "a chart", "--kind", "tool"],
    ["route", "lint", "--kind", "tool"], ["route", "eval", "--kind", "tool"], ["verify"], ["doctor"],
    ["doctor", "--fix", "--yes"], ["refresh"], ["scan", "."], ["scan", "--public", "."], ["similar", "tool:plot"],
    ["graph"], ["log"], ["export"],
    ["embed", "status"], ["embed", "update", "--yes"], ["register", "tool", "other", "json:dumps"],
    ["which", "tool:plot"], ["register", "tool", "own", "neighbour:f"], ["update", "tool:plot", "-d", "A chart."],
    ["tag", "tool:plot", "+a"],
    ["db", "check"], ["db", "current"], ["use", "export"], ["unregister", "tool:other"], ["restore", "tool:other"],
    ["alias", "tool:plot@prod"], ["approve", "tool:plot"], ["deprecate", "tool:plot"],
    ["approve", "--source", "manual"],
    ["pin"], ["pin", "--check"], ["rename", "tool:other", "another"], ["import", "mine.jsonl", "--replace"], ["init"],
    ["init", "--trust"], ["use", "record", "a chart", "tool:plot"], ["use", "reset", "--yes"], ["db", "upgrade"],
    ["db", "backup", "copy.db"], ["db", "backup", "copies", "--keep", "2"], ["db", "copy", "copy.db", "other.db"],
    ["db", "prune", "--keep", "1"], ["route", "fit", "mine.jsonl", "--kind", "tool"], ["route", "log"],
    ["route", "replay"], ["route", "golden", "list"], ["route", "golden", "add", "a chart", "tool:plot"],
    ["add-mcp", "none", "/nowhere/server"],
    ["verify", "--diff"], ["verify", "--accept"], ["refresh", "--accept-renames"], ["run", "schema:word"],
    ["serve", "--host", "203.0.113.1"], ["mcp", "--install", "claude"], ["docs", "build", "site"],
)  # fmt: skip

ALL = """
import contextlib, json, os, sys
from catalog_cli.app import cli
before = list(sys.path)
for command in json.loads(os.environ["COMMANDS"]):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
        cli(command, prog_name="catalog")
print(json.dumps([sys.path == before, os.path.exists(os.environ["RAN"])]))
"""


@pytest.fixture
def shadows(tmp_path: Path) -> Path:
    """A folder with a module of every name that can be imported here, or that the standard library looks for."""
    folder = tmp_path / "shadows"
    folder.mkdir()
    probed = {"org", "msvcrt", "_winapi", "winreg", "nt", "java", "readline", "usercustomize", "sitecustomize"}
    mark = "import os\nopen(os.environ['RAN'], 'a').write(__name__ + '\\n')\n"
    for name in {*sys.stdlib_module_names, *packages_distributions(), *probed}:
        if name.isidentifier():
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text(mark)
            (folder / f"{name}.py").write_text(mark)
    (folder / "org" / "python").mkdir()
    (folder / "org" / "python" / "__init__.py").write_text(mark)
    (folder / "neighbour.py").write_text(mark + "def f():\n    return 1\n")
    return folder


def test_no_command_runs_what_lies_in_the_working_folder(shadows: Path, url: str, tmp_path: Path) -> None:
    """In a folder that shadows every importable name, nothing of it runs, and the import path stays as it was."""
    with open_catalog(url) as cat:
        cat.register("tool", "plot", "json:dumps", description="Draw a chart.")
        cat.register("schema", "word", {"type": "string"})
        cat.export_jsonl(shadows / "mine.jsonl")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")]),
        "CATALOG_URL": url,
        "COMMANDS": json.dumps(COMMANDS),
        "RAN": str(tmp_path / "ran"),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", ALL], cwd=shadows, env=environment, capture_output=True, text=True, timeout=300
    )
    assert (json.loads(done.stdout), "Traceback" in done.stderr) == ([True, False], False)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_command_is_tried(name: str) -> None:
    """Each command of the command line is among those that are run in the folder of shadows."""
    assert any(command[0] == name for command in COMMANDS)


def test_the_module_is_run_without_the_working_folder(tmp_path: Path, url: str) -> None:
    """``python -m catalog_cli`` in a folder with a ``json.py`` takes Python's own."""
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')\n")
    done = subprocess.run(
        [sys.executable, "-m", "catalog_cli", "ls"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")]), "CATALOG_URL": url},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr[:20]) == (1, "", "the catalog is empty")


def test_taking_an_object_leads_nobody_else_to_its_folder(catalog, tmp_path: Path) -> None:
    """The folder of an entry that was taken is no place where the code of other entries is looked for."""
    (tmp_path / "first_of_two.py").write_text("def f():\n    return 1\n")
    (tmp_path / "second_of_two.py").write_text("def g(a, secret=1):\n    return 2\n")
    catalog.register("tool", "f", "first_of_two:f", metadata={"root": str(tmp_path)})
    catalog.register("tool", "g", "second_of_two:g")
    assert catalog.get("tool:f")() == 1
    assert catalog.register("tool", "g", "second_of_two:g", description="again").signature is None
    assert [drift.key for drift in catalog.verify()] == []
    sys.path.remove(str(tmp_path))
    sys.modules.pop("first_of_two")


def test_the_working_folder_does_not_stand_in_for_what_was_installed(tmp_path: Path, url: str) -> None:
    """An entry of what was installed is not loaded from a module of that name in the folder where `run` is typed."""
    with open_catalog(url) as cat:
        cat.register("tool", "add", "once_installed:add")  # no folder is known, as of all that is installed
    (tmp_path / "catalog.toml").write_text('[trust]\nmode = "open"\n')  # as that of a file is by itself
    (tmp_path / "once_installed.py").write_text("def add(a):\n    return 'of the working folder'\n")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "catalog_cli", "run", "tool:add", "a=1"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")]),
            "CATALOG_URL": url,
            "CATALOG_TRUST": "1",
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no module 'once_installed'" in done.stderr
