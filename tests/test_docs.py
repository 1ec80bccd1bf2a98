"""README and docs are true: the tour is run line by line, all Python too, and the commands exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from factories import ROOT

from catalog_cli.app import COMMANDS

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOR_DEVELOPERS = ("architecture.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Pages without Python to run."""

TOUR = re.findall(r"<!-- tour: (\w+) -->\n```console\n(.*?)```", README, re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """Return the commands of the tour and what the README says they print."""
    found: list[tuple[str, str]] = []
    for _, block in TOUR:
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                command, printed = found[-1]
                found[-1] = (command, f"{printed}{line}\n")
    return found


def test_the_tour_prints_what_the_readme_says(tmp_path: Path) -> None:
    """Each command of the tour, run in order on a copy of the examples, prints exactly the lines below it."""
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shim = tmp_path / "bin" / "catalog"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m catalog_cli "$@"\n')
    shim.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}",
        "CATALOG_URL": f"sqlite:///{tmp_path}/tour.db",
    }
    printed = [
        (command, subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True))
        for command, _ in steps()
    ]
    assert [(command, done.stdout) for command, done in printed] == steps()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, run_python) -> None:  # type: ignore[no-untyped-def]
    """The Python in the README and in each page of the docs runs, its assertions included."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert [run_python(block, cwd=tmp_path) for block in blocks] == [""] * len(blocks)
    assert blocks or page.name in FOR_DEVELOPERS


def test_the_pages_are_linked() -> None:
    """The README links every page of the docs, and nothing else in that folder."""
    linked = re.findall(r"\]\(docs/([^)]+)\)", README)
    assert sorted(linked) == sorted(page.name for page in PAGES if page.parent.name == "docs")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_readme_names_the_command(name: str) -> None:
    """Every command of the program is named in the README."""
    assert re.search(rf"\b{name}\b", README)


def test_the_ci_script_runs_the_commands_for_developers() -> None:
    """The commands of the section "Develop" are those that the CI script runs."""
    develop = README[README.index("## Develop") :]
    block = re.search(r"```console\n(.*?)```", develop, re.DOTALL)
    assert block is not None
    tools = re.findall(r"\.venv/bin/(?!pip)([\w-]+(?: check| format)?)", block[1])
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [tool for tool in tools if tool not in script and tool != "pytest"] == []
    assert "pytest -q" in script
