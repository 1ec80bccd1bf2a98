"""``catalog init``."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.gate import asked
from catalog_cli.mcp_clients import without_password
from catalog_cli.options import command
from catalog_cli.reports import show

TABLE = """
[tool.catalog]
url = "{url}"
"""

FILE = """# The catalog of this folder; `catalog info` shows what it holds.
url = "{url}"
"""


@command(
    "init",
    examples="""
        catalog init
        catalog init --scan src --scan langchain_community --yes
        catalog init --database sqlite:////srv/team.db
        catalog init --trust
    """,
    embedder=True,
)
@click.option("--database", metavar="URL", help="Where it is kept; else --url, or sqlite:///catalog.db.")
@click.option("--scan", "targets", multiple=True, metavar="PACKAGE|PATH", help="What to fill it from.")
@click.option("--trust", is_flag=True, help="Follow what the configuration of this folder says of code, from now on.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@pass_app
def init(app: Application, database: str | None, targets: tuple[str, ...], trust: bool, yes: bool) -> None:
    """Give this folder a catalog of its own.

    Writes [tool.catalog] into pyproject.toml, or a catalog.toml where there is none, and scans what you name. What is
    configured already stays as it is.

    A configuration that somebody else wrote, in a repository you cloned for example, may name entries, but no code: its
    embedder, runner, strategies, plug-in groups and databases elsewhere are set aside, and its entries are not loaded.
    With --trust they are, as long as it stays as it is; after a change say it again. CATALOG_TRUST=1 trusts all.
    """
    from catalog import SettingsError, database_place, load_settings

    if trust:
        _trust(app)
        return
    database = database or app.url or "sqlite:///catalog.db"
    path = database_place(database)  # raises for a URL that is not valid before anything is written
    written = without_password(database)
    here = Path.cwd()
    project, own = here / "pyproject.toml", here / "catalog.toml"
    if own.exists() or (project.exists() and "catalog" in _tables(project)):
        there = own if own.exists() else project
        app.screen.print(f"{there} configures a catalog already; it stays as it is")
    elif project.exists():
        text = project.read_text(encoding="utf-8")
        _write(project, text.rstrip("\n") + "\n" + TABLE.format(url=written))
        _remember(project)
        app.screen.print(f"wrote [tool.catalog] into {project}")
    else:
        _write(own, FILE.format(url=written))
        _remember(own)
        app.screen.print(f"wrote {own}")
    if written != database:
        app.screen.remark("The password stays out of it: libpq takes it from PGPASSWORD or ~/.pgpass.")
        app.url = app.url or database
    try:
        app.url = app.url or load_settings().place()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if not targets and not yes and app.screen.is_terminal:
        folder = "src" if (here / "src").is_dir() else "."
        answer = asked("Scan what? A folder or a package; empty for nothing", folder)
        targets = tuple(answer.split())
    app.look_here()
    app.catalog.generation  # noqa: B018 - opening it is what makes it
    app.screen.print(f"the catalog is {app.schema().path or path}")
    for target in targets:
        with app.screen.progress(f"scanning {target}") as progress:
            show(app.screen, app.catalog.scan(target, progress=progress), verbose=False)
    if os.path.isdir(here / ".git") and path is not None and Path(path).is_relative_to(here):
        app.screen.hint(f"Keep {Path(path).name} out of git: add it to .gitignore.")
    app.screen.hint("Look around with `catalog ls`, find something with `catalog search TEXT`.")


def _trust(app: Application) -> None:
    """Trust the configuration of this folder, or that of the nearest above, and say what it names."""
    from catalog import SettingsError, code_in_configuration, load_settings, read_configuration

    try:
        file = load_settings().file
        if file is None:
            raise click.UsageError("there is no configuration here to trust; `catalog init` makes one")
        names = code_in_configuration(read_configuration(file), file)
        _remember(file)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    here = Path.cwd()
    shown = file.relative_to(here) if file.is_relative_to(here) else file
    app.screen.print(f"{shown} is trusted as it is now")
    for name in names:
        app.screen.print(f"  {name} is followed")


def _remember(file: Path) -> None:
    from catalog import read_configuration, trust_configuration

    trust_configuration(file, read_configuration(file))


def _tables(project: Path) -> dict[str, object]:
    try:
        tool = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.FileError(str(project), f"it is no TOML: {error}") from None
    return tool if isinstance(tool, dict) else {}


def _write(path: Path, text: str) -> None:
    from catalog import whole_file

    try:
        with whole_file(path) as file:
            file.write(text)
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from None
