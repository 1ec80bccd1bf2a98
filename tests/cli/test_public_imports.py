"""The command line is a user of the package: it imports public names of ``catalog`` and its faces, no others."""

from __future__ import annotations

import ast
import pkgutil
from pathlib import Path

import pytest
from factories import ROOT

import catalog

FOLDER = ROOT / "cli" / "catalog_cli"
MODULES = sorted(FOLDER.rglob("*.py"))
FACES = {
    "catalog.mcp": {"app", "serve"},
    "catalog.server.app": {"create_app"},
    "catalog.server.running": {"serve"},
    "catalog.server.settings": {"server_settings"},
}
"""What rooms above the catalog are for: they can't be public names of ``catalog`` itself, which they import."""


def public_names(module: str) -> set[str]:
    """Return the names that the command line may import from a module of the package."""
    return set(catalog.__all__) if module == "catalog" else FACES.get(module, set())


def inner_imports(source: str) -> list[str]:
    """Return what a module imports of the package besides public names, in functions and for type checkers too."""
    inner = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            inner += [alias.name for alias in node.names if alias.name.startswith("catalog.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "catalog":
            module = str(node.module)
            inner += [f"{module}.{alias.name}" for alias in node.names if alias.name not in public_names(module)]
    return inner


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_only_public_names_are_imported(path: Path) -> None:
    """No module of the command line imports anything of the package but public names, of the catalog or of a face."""
    assert inner_imports(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("from catalog import Catalog, __version__", []),
        ("import catalog", []),
        ("from catalog_cli.output import clean", []),
        ("from catalog import *", ["catalog.*"]),
        ("from catalog import app", ["catalog.app"]),
        ("from catalog.mcp import app", []),
        ("from catalog.mcp import server", ["catalog.mcp.server"]),
        ("from catalog.mcp.http import app", ["catalog.mcp.http.app"]),
        ("import catalog.app", ["catalog.app"]),
        ("from catalog.errors import StoreError", ["catalog.errors.StoreError"]),
        ("def run():\n    from catalog.app import Catalog", ["catalog.app.Catalog"]),
        ("if TYPE_CHECKING:\n    from catalog.app import Catalog", ["catalog.app.Catalog"]),
    ],
)
def test_every_form_of_import_is_seen(line: str, inner: list[str]) -> None:
    """An import of an inner module is noticed in each form that Python has for it."""
    assert inner_imports(line) == inner


def test_no_public_name_is_the_name_of_a_module() -> None:
    """No public name is the name of a module of the package, which would take its place once it is imported."""
    modules = {module.name for module in pkgutil.iter_modules(catalog.__path__)}
    assert modules & set(catalog.__all__) == set()
