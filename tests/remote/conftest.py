"""Servers that tests start, and catalogs with short limits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import LendUrl, open_catalog
from foreign_servers import HONEST, RAW, MakeRaw, Raw, limited

from catalog import Catalog, add_mcp
from catalog.remote.background import run
from catalog.remote.pool import end_all

pytest.importorskip("mcp")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the programs; what was started from it has ended afterwards."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "honest.py").write_text(HONEST, encoding="utf-8")
    (folder / "raw.py").write_text(RAW, encoding="utf-8")
    yield folder
    run(end_all())


@pytest.fixture(scope="module")
def honest(programs: Path, lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog with all that the honest server lists."""
    with lend_url() as url, open_catalog(url, settings=limited()) as cat:
        add_mcp(cat, "demo", sys.executable, str(programs / "honest.py"))
        yield cat


@pytest.fixture
def raw(programs: Path, tmp_path: Path) -> MakeRaw:
    """A function that makes a raw server of a mode and a name."""
    return lambda mode, name="raw": Raw(programs / "raw.py", tmp_path, mode, name)
