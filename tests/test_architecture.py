"""The house: imports point down, start-up is light, public names are exact, docstrings are there and differ."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from factories import ROOT, blank_catalog

import catalog

PACKAGE = ROOT / "catalog"
MODULES = sorted((*PACKAGE.rglob("*.py"), *(ROOT / "cli" / "catalog_cli").rglob("*.py")))

_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = [layer.split(" | ") for contract in _CONTRACTS for layer in contract.get("layers", [])]
"""The parts of each layer, the highest first; parts of one layer don't know each other."""


def dotted(path: Path) -> str:
    """Return the dotted name of a module."""
    base = ROOT if path.is_relative_to(PACKAGE) else ROOT / "cli"
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


class Module(NamedTuple):
    """What a module is asked for here, read once.

    Attributes:
        imports: what it imports, in functions and for type checkers too.
        functions: each with its length in lines, docstring included.
        docstrings: name and docstring of it and of every public class, function and method in it.
    """

    imports: set[str]
    functions: list[tuple[str, int]]
    docstrings: list[tuple[str, str | None]]


@cache
def read(path: Path) -> Module:
    """Return what is asked of a module."""
    names: set[str] = set()
    lengths = []
    package = dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            names.update({base, *(f"{base}.{alias.name}" for alias in node.names)})
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lengths.append((node.name, (node.end_lineno or node.lineno) - node.lineno + 1))
    return Module(names, lengths, list(documented(tree, dotted(path))))


def layer_of(name: str) -> tuple[int, str] | None:
    """Return number and part of the layer a module is in, counted from the top."""
    for number, parts in enumerate(LAYERS):
        for part in parts:
            if name == part or name.startswith(part + "."):
                return number, part
    return None


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_down(path: Path) -> None:
    """No module imports from a layer above its own, or from another part of its own layer."""
    mine = layer_of(dotted(path))
    if mine is None:
        return
    wrong = set()
    for name in read(path).imports:
        theirs = layer_of(name)
        if theirs is not None and (theirs[0] < mine[0] or (theirs[0] == mine[0] and theirs[1] != mine[1])):
            wrong.add(name)
    assert wrong == set()


def test_only_the_store_speaks_to_the_database() -> None:
    """Outside catalog.store nothing imports SQLAlchemy, sqlite3 or Alembic."""
    guilty = {
        dotted(path)
        for path in MODULES
        if not dotted(path).startswith("catalog.store")
        and any(name.partition(".")[0] in ("sqlalchemy", "sqlite3", "alembic") for name in read(path).imports)
    }
    assert guilty == set()


BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.Match, ast.BoolOp, ast.Lambda)
BRANCHES += (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def test_the_facade_has_no_branches() -> None:
    """Each method of Catalog only hands on: no condition, no loop, nothing caught."""
    tree = ast.parse((PACKAGE / "app.py").read_text(encoding="utf-8"))
    facade = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Catalog")
    branches = [
        f"{method.name}: {type(node).__name__}"
        for method in facade.body
        if isinstance(method, ast.FunctionDef)
        for node in ast.walk(method)
        if isinstance(node, BRANCHES)
    ]
    assert branches == []


ONE_LOOP = ("catalog.source.checksum", "_dump")
"""A loop over millions of syntax nodes with a branch for each kind; a call for each would cost a third more."""


def test_an_adapter_is_short() -> None:
    """What is for one framework has at most 120 lines: a new one must be a small thing to add."""
    shared = {"__init__", "arguments", "base", "finding", "names", "skills", "toolbox"}
    adapters = [path for path in (PACKAGE / "adapters").glob("*.py") if path.stem not in shared]
    lengths = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in adapters}
    assert {"openai", "anthropic", "langchain", "dspy", "mcp"} < set(lengths)
    assert {name: length for name, length in lengths.items() if length > 120} == {}


def test_modules_and_functions_stay_short() -> None:
    """No module is longer than 450 lines, the facade than 900, and no function than 60, one loop excepted."""
    long = [
        (dotted(path), length)
        for path in MODULES
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > (900 if path.name == "app.py" else 450)
    ]
    assert long == []
    assert [
        (dotted(path), name, length)
        for path in MODULES
        for name, length in read(path).functions
        if length > 60 and (dotted(path), name) != ONE_LOOP
    ] == []


FROM = re.compile(r"^\s*from +catalog[\w.]* +import +(\((?:[^()#]|#.*)*\)|.*)", re.MULTILINE)


def private_imports(path: Path) -> list[str]:
    """Return the names with an underscore before them that a file imports from the package or the command line."""
    if not any(re.search(r"\b_", names) for names in FROM.findall(path.read_text(encoding="utf-8"))):
        return []  # parsing five hundred files would take seconds
    return [
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("catalog", "catalog_cli")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]


def test_nobody_imports_private_names() -> None:
    """No module, test or benchmark imports a private name of another module; ruff sees only attributes."""
    files = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert {str(path): private for path in files if (private := private_imports(path))} == {}


def test_the_architecture_page_names_every_room() -> None:
    """`docs/architecture.md` names each module at the top of the package and each room, and says what it is for."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.stem for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    rooms += [str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
    assert [room for room in sorted(rooms) if f"`{room}`" not in page] == []


LOADED = (
    "import sys; before = set(sys.modules)\n{}\n"
    "print(*sorted({{m.partition('.')[0] for m in set(sys.modules) - before}}))"
)
HEAVY = {"pydantic", "sqlalchemy", "sqlite3", "alembic", "click", "griffe", "numpy", "typing"}


def test_importing_the_package_loads_next_to_nothing(run_python) -> None:
    """`import catalog` loads no module but its own."""
    assert run_python(LOADED.format("import catalog")).split() == ["catalog"]


def test_listing_and_filtering_load_neither_sqlalchemy_nor_pydantic(run_python, tmp_path: Path) -> None:
    """Opening a current catalog, listing names and filtering by tag load none of the heavy libraries."""
    path = blank_catalog(tmp_path / "catalog.db")
    code = (
        "from catalog import Catalog, Settings\n"
        f"with Catalog('sqlite:///{path}', settings=Settings()) as cat:\n"
        "    assert cat.list('tool') == []\n"
        "    assert [hit.to_dict(ranked=False) for hit in cat.search(tags=['plot'])] == []\n"
    )
    loaded = set(run_python(LOADED.format(code)).split())
    assert loaded & (HEAVY - {"sqlite3", "typing"}) == set()


def test_a_search_imports_one_stemmer_and_no_masked_arrays(run_python, tmp_path: Path) -> None:
    """A first search by words and meaning loads neither the stemmers of other languages nor numpy's masked arrays."""
    path = blank_catalog(tmp_path / "catalog.db")
    code = (
        "import sys\n"
        "from catalog import Catalog, Settings\n"
        f"with Catalog('sqlite:///{path}', settings=Settings()) as cat:\n"
        "    cat.register('tool', 'pie', 'plots:pie', description='Drawing charts.')\n"
        "    cat.register('tool', 'mail', 'post:mail', description='Sends letters.')\n"
        f"with Catalog('sqlite:///{path}', settings=Settings()) as cat:\n"
        "    assert [hit.name for hit in cat.search('draw a chart. then mail the letters to me', limit=2)]\n"
        "print(*(name for name in ('numpy', 'numpy.ma', 'snowballstemmer') if name in sys.modules))"
    )
    assert run_python(code).split() == ["numpy"]


def test_public_names_are_exact_and_importable() -> None:
    """Every name of `__all__` can be imported and is said once, and no other is."""
    assert len(set(catalog.__all__)) == len(catalog.__all__)
    missing = []
    for name in catalog.__all__:
        try:
            getattr(catalog, name)
        except (ImportError, AttributeError) as error:
            missing.append((name, str(error)))
    assert missing == []
    assert dir(catalog) == sorted(catalog.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Catalogue'"):
        _ = catalog.Catalogue


def test_a_star_import_gives_all_of_it(run_python) -> None:
    """`from catalog import *` works without a database, and gives what `__all__` says."""
    assert run_python("from catalog import *\nimport catalog\nprint(set(catalog.__all__) <= set(globals()))") == "True"


def documented(tree: ast.Module, module: str):
    """Yield name and docstring of a module and of every public class, function and method in it."""
    yield module, ast.get_docstring(tree)

    def walk(body: list[ast.stmt], prefix: str, inside: ast.ClassDef | None):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if node.name.startswith("_"):
                    continue
                marks = {getattr(mark, "id", getattr(mark, "attr", "")) for mark in node.decorator_list}
                if marks & {"overload", "setter", "override"}:
                    continue
                if isinstance(node.body[-1], ast.Expr) and [ast.unparse(line) for line in node.body] == ["..."]:
                    continue  # an attribute of a protocol: the class says what it is
                yield f"{prefix}.{node.name}", ast.get_docstring(node)
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, f"{prefix}.{node.name}", node)

    yield from walk(tree.body, module, None)


def docstrings() -> list[tuple[str, str | None]]:
    """Return name and docstring of all that is public."""
    return [pair for path in MODULES for pair in read(path).docstrings]


def test_everything_public_has_a_docstring() -> None:
    """Every module, public class, function and method says what it gives."""
    assert [name for name, text in docstrings() if not text] == []


def test_no_two_docstrings_are_equal() -> None:
    """No docstring is a copy of another (trap 18); properties of one data protocol may share a word."""
    first: dict[str, str] = {}
    copies = []
    for name, text in docstrings():
        if not text:
            continue
        other = first.setdefault(text, name)
        if other != name and name.rpartition(".")[2] != other.rpartition(".")[2]:
            copies.append((other, name, text))
    assert copies == []


def test_every_module_imports() -> None:
    """Each module of the package can be imported on its own name."""
    for path in MODULES:
        if path.name != "__main__.py":
            importlib.import_module(dotted(path))
