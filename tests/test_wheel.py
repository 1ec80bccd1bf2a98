"""What people install: the wheel, alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.mark.packaging
def test_the_wheel_holds_two_names_only(wheel: Path) -> None:
    """Installed, the distribution adds `catalog` and `catalog_cli` and no other importable name."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"catalog", "catalog_cli"}
    assert "catalog/migrations/env.py" in names
    assert "catalog/migrations/versions/0001_entries.py" in names
    assert "catalog/py.typed" in names
    assert "catalog/discovery/recognised.toml" in names
    assert [name for name in names if "tests/" in name or name.endswith((".pyc", ".db"))] == []


@pytest.mark.packaging
def test_the_wheel_works_where_nothing_else_of_us_is(wheel: Path, tmp_path: Path) -> None:
    """Unpacked into an empty folder, with only its dependencies, it makes a database, scans, searches and loads."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "CATALOG_URL": f"sqlite:///{tmp_path}/w.db"}

    def run(*arguments: str) -> str:
        # -P and a folder of its own: the checkout must not be found
        done = subprocess.run(
            [sys.executable, "-P", "-m", "catalog_cli", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [sys.executable, "-P", "-c", "import catalog; print(catalog.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.strip() == str(site / "catalog" / "__init__.py")
    assert run("db", "upgrade") != ""
    report = json.loads(run("scan", "json", "--public", "--json"))
    assert "tool:dumps" in json.dumps(report)
    assert [one["key"] for one in json.loads(run("search", "serialize obj formatted str", "--json"))][:1] == [
        "tool:dumps"
    ]
    assert run("run", "tool:dumps", "--input", '{"obj": [1, 2]}') == "[1, 2]\n"
