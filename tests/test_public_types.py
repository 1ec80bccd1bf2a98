"""The public names are typed: what is declared is what there is, and type checkers see it in the installed wheel."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from factories import ROOT

import catalog

FOLDER = ROOT / "tests" / "typing"


def declared() -> list[str]:
    """Return the names that `catalog/__init__.py` declares for type checkers, in their order."""
    tree = ast.parse((ROOT / "catalog" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and getattr(node.test, "id", "") != "")
    names: list[str] = []
    for node in block.body:
        if isinstance(node, ast.ImportFrom) and node.module != "typing":
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return [name for name in names if not name.startswith("_")]


def test_the_declared_names_are_the_public_names() -> None:
    """What type checkers see is what `__all__` says, each name once."""
    assert sorted(declared()) == sorted(name for name in catalog.__all__ if name != "__version__")


def test_every_public_name_has_its_type_pinned() -> None:
    """`public_names.py` uses each name of `__all__`, so that none can become `Any` unseen."""
    tree = ast.parse((FOLDER / "public_names.py").read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert [name for name in catalog.__all__ if name not in used] == []


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel and the files to check, away from the checkout."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    for path in FOLDER.glob("*.py"):
        shutil.copy(path, folder)
    return folder


def checked(site: Path, *command: str) -> tuple[int, str]:
    """Run a checker in *site*; return its status and what it printed."""
    environment = {**os.environ, "MYPYPATH": str(site), "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(site / "cache")}
    done = subprocess.run([sys.executable, "-m", *command], cwd=site, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def marked() -> set[int]:
    """Return the numbers of the lines of `errors.py` that hold a mistake."""
    lines = (FOLDER / "errors.py").read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# error")}


CHECKERS = pytest.mark.skipif(
    "CATALOG_TYPE_CHECKERS" not in os.environ,
    reason="they take a minute, and pyright fetches itself when it first runs; .ci/run sets CATALOG_TYPE_CHECKERS",
)

MYPY = ("mypy", "--strict", "--no-error-summary", "--python-version", "3.11", "--cache-dir")


@CHECKERS
@pytest.mark.packaging
def test_mypy_sees_the_public_types(site: Path) -> None:
    """Under `mypy --strict` every public name has the type that users rely on."""
    assert checked(site, *MYPY, str(site / ".mypy"), "public_names.py") == (0, "")


@CHECKERS
@pytest.mark.packaging
def test_mypy_reports_each_mistake(site: Path) -> None:
    """Misspelt names, methods and arguments of wrong types are errors, and nothing else is."""
    _, printed = checked(site, *MYPY, str(site / ".mypy"), "errors.py")
    assert {int(number) for number in re.findall(r"^errors\.py:(\d+): error", printed, re.MULTILINE)} == marked()


@CHECKERS
@pytest.mark.packaging
def test_pyright_sees_the_public_types(site: Path) -> None:
    """Under pyright every public name has the type that users rely on."""
    status, printed = checked(site, "pyright", "--pythonpath", sys.executable, "public_names.py")
    assert (status, printed.strip().splitlines()[-1]) == (0, "0 errors, 0 warnings, 0 informations")


@CHECKERS
@pytest.mark.packaging
def test_pyright_reports_each_mistake(site: Path) -> None:
    """Each line with a mistake has an error, and no other line has one."""
    _, printed = checked(site, "pyright", "--pythonpath", sys.executable, "errors.py")
    assert {int(number) for number in re.findall(r"errors\.py:(\d+):\d+ - error", printed)} == marked()


FACES = sorted((ROOT / "cli" / "catalog_cli").rglob("*.py"))


def test_faces_import_public_names_only() -> None:
    """The command line takes from the package only what `from catalog import …` gives, and the faces that it starts."""
    inner = [
        (path.name, node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for path in FACES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (
            (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("catalog."))
            and not node.module.startswith(STARTED)
        )
        or (isinstance(node, ast.Import) and node.names[0].name.startswith("catalog."))
    ]
    assert inner == []


STARTED = ("catalog.mcp", "catalog.server")
"""Faces that commands start."""

NO_RESULTS = {
    "Entry": "a pydantic model: model_dump",
    "CouncilSpec": "a pydantic model: model_dump",
    "Council": "holds live objects",
    "ObjectRef": "a text in two parts: str",
    "Settings": "what was configured, not what was found",
    "CouncilIssue": "a dictionary",
}


def test_every_public_result_has_to_dict() -> None:
    """Each public class that holds data can be turned into data for JSON, the named exceptions aside."""
    public = {name: getattr(catalog, name) for name in catalog.__all__}
    records = {
        name: value
        for name, value in public.items()
        if isinstance(value, type)
        and (dataclasses.is_dataclass(value) or hasattr(value, "_fields") or hasattr(value, "model_fields"))
    }
    without = {name for name, value in records.items() if not hasattr(value, "to_dict")}
    assert without == NO_RESULTS.keys() - {"CouncilIssue"}


def test_to_dict_gives_every_field_as_json() -> None:
    """What an estimate, a verdict, a reference, a place among the tiers and a revision say survives JSON."""
    with catalog.Catalog("sqlite://", embedder="none") as cat:
        entry = cat.register("tool", "plot", "nowhere:plot", tags=["a"])
        standing, revision = cat.which("tool", "plot")[0], cat.history("tool", "plot")[0]
    moment = revision.at.isoformat()
    stored = entry.model_dump(mode="json")
    results = {
        catalog.Estimate(2, 30, 1, None): {"texts": 2, "tokens": 30, "requests": 1, "dollars": None},
        catalog.Reference("council:a", "router", "router:b", False): {
            "source": "council:a", "path": "router", "target": "router:b", "exists": False,
        },
    }  # fmt: skip
    for result, data in results.items():
        assert json.loads(json.dumps(result.to_dict())) == data
    verdict = catalog.Verdict(entry, "near", 0.5, scores=[0.5, None], reasons={"tool:plot": "plot"}).to_dict()
    assert json.loads(json.dumps(verdict)) == {
        "chosen": "tool:plot", "reason": "near", "score": 0.5, "confidence": None, "threshold": None,
        "scores": [0.5, None], "reasons": {"tool:plot": "plot"}, "steps": [], "cost": verdict["cost"],
        "cacheable": True, "built": False,
    }  # fmt: skip
    assert json.loads(json.dumps(standing.to_dict())) == {
        "tier": "persistent", "wins": True, "why": standing.why, "entry": stored,
    }  # fmt: skip
    assert json.loads(json.dumps(revision.to_dict())) == {
        "key": "tool:plot", "kind": "tool", "name": "plot", "revision": 1, "action": "register",
        "actor": revision.actor, "at": moment, "data": revision.data, "reason": None,
    }  # fmt: skip
