"""README and docs are true: the tour is run line by line, all Python too, and the commands exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import Distribution
from pathlib import Path

import click
import pytest
from factories import ROOT
from forks import ALL, STRICT, Forks, forks

from catalog import SettingsError
from catalog.discovery.rules import load_rules
from catalog.settings import Settings, load_settings
from catalog_cli.app import COMMANDS, cli

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.parent.name != "reference"]
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


def outside() -> dict[str, str]:
    """Return the environment of a user who has set nothing for catalogs or Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CATALOG_", "PYTHON"))}


@pytest.fixture(scope="session")
def installed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment as the README makes it, with what the wheel installs and its dependencies.

    What its command starts are processes, each forked off one that has imported what the wheel installs.
    """
    folder = tmp_path_factory.mktemp("installed") / ".venv"
    venv.create(folder, symlinks=True)
    places = {name: sysconfig.get_path(name, vars={"base": str(folder)}) for name in ("purelib", "scripts")}
    # A line of a .pth file adds a folder, but not what its own .pth files name: the checkout stays out of sight.
    Path(places["purelib"], "wheel.pth").write_text(f"{site}\n{sysconfig.get_path('purelib')}\n")
    (metadata,) = site.glob("*.dist-info")
    (script,) = Distribution.at(metadata).entry_points.select(group="console_scripts")
    made = Forks(ALL, python=folder / "bin" / "python", command=script.value, environment=outside())
    made.put_command(Path(places["scripts"], script.name))
    yield folder
    made.close()


@pytest.mark.packaging
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_a_page_prints_what_it_says(page: Path, installed: Path, tmp_path: Path) -> None:
    """The commands of a page, in one shell, in a new folder, succeed and print just that, warnings included."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".venv").symlink_to(installed)
    environment = {**outside(), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    if page.name != "README.md":  # it says itself how the command comes to be there
        environment["PATH"] = f"{installed}/bin{os.pathsep}{os.environ['PATH']}"
    mark = "--- ended with"
    script = "exec 2>&1\n" + "".join(f"{command}\necho '{mark}' $?\n" for command, _ in steps(page))
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    ended = re.findall(rf"(.*?){mark} (\d+)\n", done.stdout, re.DOTALL)
    assert [(command, *end) for (command, _), end in zip(steps(page), ended, strict=True)] == [
        (command, printed, "0") for command, printed in steps(page)
    ]


def test_the_readme_is_short() -> None:
    """The README has at most 700 words: the rest is in the docs."""
    assert len(README.split()) <= 700


@pytest.mark.parametrize("maker", ["generate.py", "picture.py"])
def test_what_is_made_is_what_the_code_says(maker: str) -> None:
    """The reference and the picture of the terminal are what their commands make of the code as it is."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / maker, "--check"], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), f"run `python docs/{maker}`"


def test_the_settings_of_the_reference_are_those_a_file_may_have(tmp_path: Path) -> None:
    """A configuration file may have each setting that the reference names, and no other attribute of `Settings`."""
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8").partition("## Environment")[0]
    known = []
    for field in fields(Settings):
        file = tmp_path / "catalog.toml"
        file.write_text(f"{field.name} = 1979-05-27\n")  # a value that no setting can have
        with pytest.raises(SettingsError) as raised:
            load_settings(file=file)
        known += [] if "is not a setting" in str(raised.value) else [field.name]
    assert re.findall(r"^\| `(\w+)`", page, re.MULTILINE) == [
        name for name in re.findall(r"^        (\w+): ", Settings.__doc__ or "", re.MULTILINE) if name in known
    ]
    assert len(known) == len(re.findall(r"^\| `", page, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """The Python in the README and in each page of the docs runs, its assertions included, and says nothing."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ended = [forks().python(STRICT + block, tmp_path, os.environ) for block in blocks]
    assert ended == [(0, "", "")] * len(blocks)


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[str]:
    """Return where the links of a page to files lead; what looks like a link in code is none."""
    return re.findall(r"\]\((?!https:)([^)#]+)[^)]*\)", re.sub(r"`[^`]*`", "``", prose(page)))


def test_every_link_leads_somewhere_and_every_page_is_linked() -> None:
    """Links between the pages, pictures too, lead to files; the README leads to every page, a page to every picture."""
    pictures = set()
    for page in PAGES:
        for link in links(page):
            assert (page.parent / link).is_file(), f"{page.name} links {link}"
            pictures.add((page.parent / link).resolve())
    assert sorted(set((ROOT / "docs" / "images").iterdir()) - pictures) == []
    linked = re.findall(r"\]\(docs/([^)]+)\)", README)
    assert sorted(linked) == sorted(
        path.relative_to(ROOT / "docs").as_posix()
        for path in [*PAGES, ROOT / "docs" / "images" / "tour.svg"]
        if path != ROOT / "README.md"
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_reference_has_the_command(name: str) -> None:
    """Every command of the program has its place in the reference."""
    assert f"\n## catalog {name}\n" in (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")


def named(page: Path) -> list[tuple[str, list[str]]]:
    """Return what a page says of commands without running them: the words behind `catalog`, the options among them."""
    blocks = "".join(re.findall(r"^```(?!console)\w+\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    found = re.findall(r"`catalog ([^`]*)`", prose(page)) + re.findall(r"\bcatalog ([^`|;&)#\n]*)", blocks)
    return [(words, re.findall(r"(?<!\S)--[a-z-]+", words)) for words in found]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_what_a_page_says_of_commands_exists(page: Path) -> None:
    """Every option that a page names with a command, without running it, is an option of that command."""
    unknown = []
    for words, options in named(page):
        command: click.Command = cli
        above = click.Context(cli, info_name="catalog")
        known = {"--help"}
        for word in words.split():
            known.update(name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts))
            inner = command.get_command(above, word) if isinstance(command, click.Group) else None
            command = inner or command
        known.update(name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts))
        unknown += [(words, option) for option in options if option not in known]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_configuration_of_a_page_is_valid(page: Path, tmp_path: Path) -> None:
    """Each block of TOML is a `pyproject.toml` that the catalog takes, recognisers included."""
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        file = tmp_path / "pyproject.toml"
        file.write_text(block, encoding="utf-8")
        found = load_settings(file=file)
        assert found.file == file
        load_rules(found.recognise)


def test_every_attack_names_a_test_that_is_there() -> None:
    """Each row of the tables of attacks has an attack, what happens, and tests that exist, as file and name."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| attack |", "| --- |"))
    ]
    named = [re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[-1]) for row in rows]
    there = [
        bool(tests) and all(f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") for file, name in tests)
        for tests in named
    ]
    assert [row for row, fine in zip(rows, there, strict=True) if len(row) != 3 or not fine] == []


def test_the_ci_script_runs_the_commands_for_developers() -> None:
    """The commands of the section "Develop" are those that the CI script runs."""
    develop = README[README.index("## Develop") :]
    block = re.search(r"```sh\n(.*?)```", develop, re.DOTALL)
    assert block is not None
    tools = re.findall(r"\.venv/bin/(?!pip)([\w-]+(?: check| format)?)", block[1])
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [tool for tool in tools if tool not in script and tool != "pytest"] == []
    assert "pytest -q" in script
