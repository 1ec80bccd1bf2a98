"""The command line is a user of the package: it imports the public names of ``catalog``, and nothing below them."""

from __future__ import annotations

import ast
import pkgutil
from pathlib import Path

import pytest
from factories import ROOT

import catalog

FOLDER = ROOT / "cli" / "catalog_cli"
MODULES = sorted(FOLDER.rglob("*.py"))


def inner_imports(source: str) -> list[str]:
    """Return what a module imports of the package besides public names, in functions and for type checkers too."""
    inner = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            inner += [alias.name for alias in node.names if alias.name.startswith("catalog.")]
        elif isinstance(node, ast.ImportFrom) and node.module == "catalog":
            inner += [f"catalog.{alias.name}" for alias in node.names if alias.name not in catalog.__all__]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("catalog."):
            inner += [f"{node.module}.{alias.name}" for alias in node.names]
    return inner


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_only_public_names_are_imported(path: Path) -> None:
    """No module of the command line imports anything of the package but names in ``catalog.__all__``."""
    assert inner_imports(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("from catalog import Catalog, __version__", []),
        ("import catalog", []),
        ("from catalog_cli.output import clean", []),
        ("from catalog import *", ["catalog.*"]),
        ("from catalog import app", ["catalog.app"]),
        ("import catalog.app", ["catalog.app"]),
        ("from catalog.errors import StoreError", ["catalog.errors.StoreError"]),
        ("def run():\n    from catalog.app import Catalog", ["catalog.app.Catalog"]),
        ("if TYPE_CHECKING:\n    from catalog.app import Catalog", ["catalog.app.Catalog"]),
    ],
)
def test_every_form_of_import_is_seen(line: str, inner: list[str]) -> None:
    """An import of an inner module is noticed in each form that Python has for it."""
    assert inner_imports(line) == inner


SHADOWED = {"councils"}
"""Public names that importing a module takes away; to be emptied: the registry ``councils`` is named like a room."""


def test_no_public_name_is_the_name_of_a_module() -> None:
    """No public name is the name of a module of the package, which would take its place once it is imported."""
    modules = {module.name for module in pkgutil.iter_modules(catalog.__path__)}
    assert modules & set(catalog.__all__) == SHADOWED
