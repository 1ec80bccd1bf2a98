"""A real wheel with entry points: built, installed, used, uninstalled."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import ROOT

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
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
    python = home / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([sys.executable, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    its = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    (Path(its) / "beside.pth").write_text(f"{ROOT}\n{ROOT / 'cli'}\n{own}\n")
    return python


@pytest.fixture
def environment(made: Path) -> Iterator[Path]:
    """The same, with no plugin in it before and after."""
    yield made
    for left in made.parent.parent.glob("lib/python*/site-packages/greeter*"):
        shutil.rmtree(left)


def run(python: Path, *arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in an environment."""
    environment = {**os.environ, "CATALOG_URL": url}
    return subprocess.run(
        [python, "-m", "catalog_cli", *arguments], capture_output=True, text=True, env=environment, cwd=python.parent
    )


def keys(python: Path, url: str) -> list[str]:
    """Return the keys the command line lists in an environment."""
    return [one["key"] for one in json.loads(run(python, "ls", "--json", url=url).stdout or "[]")]


@pytest.mark.packaging
def test_a_plugin_comes_with_its_wheel_and_goes_with_it(environment: Path, tmp_path: Path) -> None:
    """Entries of an installed plugin are listed without loading it, loaded on demand, and gone after uninstall."""
    url = f"sqlite:///{tmp_path}/plugins.db"
    assert keys(environment, url) == []
    pip = [environment, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", wheel(tmp_path)], check=True, capture_output=True)
    assert keys(environment, url) == ["tool:greet", "tool:shout"]

    entry = json.loads(run(environment, "explain", "tool:greet", "--json", url=url).stdout)
    assert (entry["ref"], entry["distribution"], entry["source"]) == (
        "greeter_plugin.tools:greet",
        "greeter==1.0",
        "plugin:magma_plugins:greeter:tools",
    )
    trace = (
        next((environment.parent.parent / "lib").glob("python*")) / "site-packages" / "greeter_plugin" / "loaded.txt"
    )
    assert not trace.exists()
    assert run(environment, "run", "tool:greet", "--input", '{"name": "Ada"}', url=url).stdout == "Hello, Ada!\n"
    assert trace.exists()

    subprocess.run([*pip, "uninstall", "-q", "-y", "greeter"], check=True, capture_output=True)
    assert keys(environment, url) == []
    log = json.loads(run(environment, "log", "tool:greet", "--json", url=url).stdout)
    assert [one["action"] for one in log] == ["gone", "plugin"]


@pytest.mark.packaging
def test_another_environment_without_the_plugin_takes_nothing_away(environment: Path, tmp_path: Path) -> None:
    """A database that serves two environments keeps the plugin of one when the other, which lacks it, opens it."""
    url = f"sqlite:///{tmp_path}/plugins.db"
    subprocess.run(
        [environment, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps", "--no-index",
         wheel(tmp_path)], check=True, capture_output=True)  # fmt: skip
    assert keys(environment, url) == ["tool:greet", "tool:shout"]
    assert keys(Path(sys.executable), url) == ["tool:greet", "tool:shout"]


@pytest.mark.packaging
def test_what_a_plugin_brings_needs_review_until_somebody_approves_its_source(
    environment: Path, tmp_path: Path
) -> None:
    """A warning names the sources; `info` counts them, no router picks them, and one command approves them all."""
    url = f"sqlite:///{tmp_path}/plugins.db"
    keys(environment, url)
    pip = [environment, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", wheel(tmp_path)], check=True, capture_output=True)
    said = run(environment, "ls", url=url).stderr
    assert (
        "Warning: 2 new entries of plugins installed since need review; no router picks them before `catalog approve "
        "--source plugin:magma_plugins:greeter:shout --source plugin:magma_plugins:greeter:tools`\n"
    ) in said
    assert run(environment, "ls", url=url).stderr == ""  # it is said once
    assert json.loads(run(environment, "info", "--json", url=url).stdout)["states"] == {"needs review": 2}
    listed = json.loads(run(environment, "ls", "--state", "needs review", "--json", url=url).stdout)
    assert [one["key"] for one in listed] == ["tool:greet", "tool:shout"]
    asked = run(environment, "route", "greet somebody by name", "--kind", "tool", url=url)
    assert (asked.returncode, asked.stdout) == (1, "")
    tools = "plugin:magma_plugins:greeter:tools"
    done = run(environment, "approve", "--source", tools, url=url)
    assert (done.stdout, done.stderr) == ("approved tool:greet; this is revision 2\n", "")
    assert json.loads(run(environment, "info", "--json", url=url).stdout)["states"] == {"needs review": 1}
    assert run(environment, "approve", "--source", "plugin:magma_plugins", url=url).returncode == 0
    assert json.loads(run(environment, "info", "--json", url=url).stdout)["states"] == {}
    assert run(environment, "approve", "--source", "plugin:magma_plugins", url=url).returncode == 1
