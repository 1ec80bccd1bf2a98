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
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = [page for page in PAGES if "```console" in page.read_text(encoding="utf-8")]


def steps(page: Path) -> list[tuple[str, str]]:
    """Return the commands of a page and what it says they print."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                command, printed = found[-1]
                found[-1] = (command, f"{printed}{line}\n")
    return found


@pytest.mark.packaging
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_a_page_prints_what_it_says(page: Path, site: Path, tmp_path: Path) -> None:
    """The commands of a page, in one shell, in a new folder, with what the wheel installs, print just that."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    shim = tmp_path / "bin" / "catalog"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m catalog_cli "$@"\n')
    shim.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CATALOG_")},
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(site),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    end = "--- end of a command ---"
    script = "".join(f"{command}\necho '{end}'\n" for command, _ in steps(page))
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    printed = done.stdout.split(f"{end}\n")[:-1]
    assert list(zip([command for command, _ in steps(page)], printed, strict=True)) == steps(page), done.stderr


def test_the_readme_is_short() -> None:
    """The README has at most 700 words: the rest is in the docs."""
    assert len(README.split()) <= 700


def test_the_reference_is_what_the_code_says() -> None:
    """`docs/reference.md` is what `docs/generate.py` makes of the commands and settings."""
    path = f"{ROOT}{os.pathsep}{ROOT / 'cli'}"
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert done.returncode == 0, "run `python docs/generate.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, run_python) -> None:  # type: ignore[no-untyped-def]
    """The Python in the README and in each page of the docs runs, its assertions included."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert [run_python(block, cwd=tmp_path) for block in blocks] == [""] * len(blocks)


def test_every_link_leads_somewhere_and_every_page_is_linked() -> None:
    """Links between the pages lead to files, and the README leads to every page."""
    for page in PAGES:
        for link in re.findall(r"\]\(([^):#]+\.md)[^)]*\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), f"{page.name} links {link}"
    linked = re.findall(r"\]\(docs/([^)]+)\)", README)
    assert sorted(linked) == sorted(
        str(page.relative_to(ROOT / "docs")) for page in PAGES if page != ROOT / "README.md"
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_reference_has_the_command(name: str) -> None:
    """Every command of the program has its place in the reference."""
    assert f"\n### catalog {name}\n" in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def test_the_ci_script_runs_the_commands_for_developers() -> None:
    """The commands of the section "Develop" are those that the CI script runs."""
    develop = README[README.index("## Develop") :]
    block = re.search(r"```sh\n(.*?)```", develop, re.DOTALL)
    assert block is not None
    tools = re.findall(r"\.venv/bin/(?!pip)([\w-]+(?: check| format)?)", block[1])
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [tool for tool in tools if tool not in script and tool != "pytest"] == []
    assert "pytest -q" in script
