"""Running commands in this process, on a catalog and in a project folder of the test's own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from factories import ON_SERVER, loaded_since, open_catalog

import catalog
from catalog_cli.app import cli
from catalog_cli.application import Application
from catalog_cli.output import Screen

PLOTS = '''
import catalog

@catalog.tool(tags=["plot"], description="Draw a scatter plot from two CSV columns.", examples=["price by size"])
def create_scatter(x: str, y: str = "size", *, bins: int | None = 10) -> str:
    """Draw.

    Args:
        x: column of the abscissa.
    """
    return f"{x} against {y}"
'''


class Outcome(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)

    @property
    def undated(self) -> Outcome:
        """The same with WHEN for every moment."""
        moment = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.]+(\+00:00|Z)?")
        return Outcome(self.status, moment.sub("WHEN", self.out), moment.sub("WHEN", self.err))


RunCli = Callable[..., Outcome]


def forget_decorators() -> None:
    """Have the package look up its decorators anew: they belong to the module that is loaded then."""
    for name, value in list(vars(catalog).items()):
        if getattr(value, "__module__", None) == "catalog.authoring":
            delattr(catalog, name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, empty and without a configuration; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "catalog.authoring", raising=False)  # what other tests marked is not ours
    forget_decorators()
    known = dict(sys.modules)
    yield folder
    forget_decorators()
    for name in loaded_since(known, folder):
        del sys.modules[name]


@pytest.fixture
def run_cli(url: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """A function that runs a command on the test's catalog; with *width* as on a terminal of so many columns."""
    for name, value in {"CATALOG_URL": url, "CATALOG_ACTOR": "ada", "COLUMNS": "80", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object, stdin: str | bytes | None = None, width: int | None = None) -> Outcome:
        app = Application()
        if width:
            app.screen = Screen(width=width, terminal=True)
        done = CliRunner().invoke(cli, [str(one) for one in arguments], input=stdin, obj=app, prog_name="catalog")
        remarks = done.stderr.splitlines(keepends=True)  # of how it searches by meaning only a server tells
        said = "".join(line for line in remarks if not (ON_SERVER and line.startswith("search by meaning: ")))
        return Outcome(done.exit_code, done.stdout, said)

    return run


@pytest.fixture
def three(url: str) -> None:
    """Three entries in the catalog: two tools and a schema."""
    with open_catalog(url) as cat:
        cat.register(
            "tool", "create_scatter", "nowhere.plots:scatter", tags=["plot", "csv"], description="Draw a scatter plot."
        )
        cat.register("tool", "read_csv", "nowhere.files:read_csv", tags=["csv"], description="Read a table.")
        cat.register("schema", "verdict", {"type": "object"}, description="What a judge says.")


@pytest.fixture
def plots(project: Path) -> Path:
    """The module ``plots`` in the project, with one marked tool."""
    file = project / "plots.py"
    file.write_text(PLOTS)
    return file
