"""The command line is a user of the package: it imports public names of ``catalog`` and its faces, no others."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest
from factories import ROOT

import catalog

FOLDER = ROOT / "cli" / "catalog_cli"
MODULES = sorted(FOLDER.rglob("*.py"))


FACES = ("catalog.mcp",)
"""Rooms above the catalog with public names of their own: those in their ``__all__``."""


def public_names(module: str) -> set[str]:
    """Return the names that others may import from a module of the package."""
    return set(importlib.import_module(module).__all__) if module in ("catalog", *FACES) else set()


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
    """No module of the command line imports anything of the package but names in an ``__all__``."""
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
