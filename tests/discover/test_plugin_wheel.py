"""A real wheel with entry points: built, installed, used, uninstalled."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from factories import ROOT
from forks import ALL, Forks, forks

MODULE = '''"""Loading this module leaves a trace."""
from pathlib import Path

from catalog import tool

Path(__file__).with_name("loaded.txt").write_text("yes")


@tool(tags=["greeting"])
def greet(name: str) -> str:
    """Greet somebody by name."""
    return f"Hello, {name}!"


def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()
'''


def wheel(folder: Path, version: str = "1.0") -> Path:
    """Write a wheel with two entry points of the group magma_plugins, one of them broken beyond use."""
    info = f"greeter-{version}.dist-info"
    files = {
        "greeter_plugin/__init__.py": "",
        "greeter_plugin/tools.py": MODULE,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: greeter\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[magma_plugins]\ntools = greeter_plugin.tools\n"
        "shout = greeter_plugin.tools:shout\nnowhere = greeter_plugin.missing\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        f"{len(text.encode())}\n"
        for name, text in files.items()
    )
    path = folder / f"greeter-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment that also sees what this one has installed."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True, with_pip=find_spec("pip") is None)
    python = home / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([sys.executable, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    its = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    (Path(its) / "beside.pth").write_text(f"{ROOT}\n{ROOT / 'cli'}\n{own}\n")
    return python


@pytest.fixture(scope="module")
def started(made: Path) -> Iterator[Forks]:
    """Processes of that environment, started before anything is installed in it."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    its = Forks(ALL, python=made, environment=variables)
    yield its
    its.close()


def pip(python: Path, *arguments: str | Path) -> None:
    """Run pip for an environment: this one's, or its own where there is none here."""
    which = [sys.executable, "-m", "pip", "--python", python] if find_spec("pip") else [python, "-m", "pip"]
    subprocess.run([*which, "--disable-pip-version-check", *arguments], check=True, capture_output=True)


INSTALL = ("install", "-q", "--no-deps", "--no-index")


@pytest.fixture
def environment(made: Path) -> Iterator[Path]:
    """The same, with no plugin in it before and after."""
    yield made
    for left in made.parent.parent.glob("lib/python*/site-packages/greeter*"):
        shutil.rmtree(left)


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(started: Forks, environment: Path, tmp_path: Path) -> Run:
    """A function that runs a command in the environment, or in another, on a database of the test's own."""
    variables = {**os.environ, "CATALOG_URL": f"sqlite:///{tmp_path}/plugins.db"}

    def call(*arguments: str, there: Forks = started) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, *there(environment.parent, variables, *arguments))

    return call


def keys(run: Run) -> list[str]:
    """Return the keys the command line lists."""
    return [one["key"] for one in json.loads(run("ls", "--json").stdout or "[]")]


@pytest.mark.packaging
def test_a_plugin_comes_with_its_wheel_and_goes_with_it(run: Run, environment: Path, tmp_path: Path) -> None:
    """Entries of an installed plugin are listed without loading it, loaded on demand, and gone after uninstall."""
    assert keys(run) == []
    pip(environment, *INSTALL, wheel(tmp_path))
    assert keys(run) == ["tool:greet", "tool:shout"]

    entry = json.loads(run("explain", "tool:greet", "--json").stdout)
    assert (entry["ref"], entry["distribution"], entry["source"]) == (
        "greeter_plugin.tools:greet",
        "greeter==1.0",
        "plugin:magma_plugins:greeter:tools",
    )
    trace = (
        next((environment.parent.parent / "lib").glob("python*")) / "site-packages" / "greeter_plugin" / "loaded.txt"
    )
    assert not trace.exists()
    assert run("run", "tool:greet", "--input", '{"name": "Ada"}').stdout == "Hello, Ada!\n"
    assert trace.exists()

    pip(environment, "uninstall", "-q", "-y", "greeter")
    assert keys(run) == []
    log = json.loads(run("log", "tool:greet", "--json").stdout)
    assert [one["action"] for one in log] == ["gone", "plugin"]


@pytest.mark.packaging
def test_another_environment_without_the_plugin_takes_nothing_away(run: Run, environment: Path, tmp_path: Path) -> None:
    """A database that serves two environments keeps the plugin of one when the other, which lacks it, opens it."""
    pip(environment, *INSTALL, wheel(tmp_path))
    assert keys(run) == ["tool:greet", "tool:shout"]
    listed = json.loads(run("ls", "--json", there=forks()).stdout)
    assert [one["key"] for one in listed] == ["tool:greet", "tool:shout"]


@pytest.mark.packaging
def test_what_a_plugin_brings_needs_review_until_somebody_approves_its_source(
    run: Run, environment: Path, tmp_path: Path
) -> None:
    """A warning names the sources; `info` counts them, no router picks them, and one command approves them all."""
    keys(run)
    pip(environment, *INSTALL, wheel(tmp_path))
    said = run("ls").stderr
    assert (
        "Warning: 2 new entries of plugins installed since need review; no router picks them before `catalog approve "
        "--source plugin:magma_plugins:greeter:shout --source plugin:magma_plugins:greeter:tools`\n"
    ) in said
    assert run("ls").stderr == ""  # it is said once
    assert json.loads(run("info", "--json").stdout)["states"] == {"needs review": 2}
    listed = json.loads(run("ls", "--state", "needs review", "--json").stdout)
    assert [one["key"] for one in listed] == ["tool:greet", "tool:shout"]
    asked = run("route", "greet somebody by name", "--kind", "tool")
    assert (asked.returncode, asked.stdout) == (1, "")
    tools = "plugin:magma_plugins:greeter:tools"
    done = run("approve", "--source", tools)
    assert (done.stdout, done.stderr) == ("approved tool:greet; this is revision 2\n", "")
    assert json.loads(run("info", "--json").stdout)["states"] == {"needs review": 1}
    assert run("approve", "--source", "plugin:magma_plugins").returncode == 0
    assert json.loads(run("info", "--json").stdout)["states"] == {}
    assert run("approve", "--source", "plugin:magma_plugins").returncode == 1
