"""Servers that tests start, and catalogs with short limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import blank_catalog, open_catalog
from servers import HONEST, RAW

from catalog import Catalog, Settings, add_mcp
from catalog.remote.background import run
from catalog.remote.pool import end_all

pytest.importorskip("mcp")

ECHO = {
    "name": "echo",
    "description": "Say it again.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
}


def limited(**remote: Any) -> Settings:
    """Return settings with short limits."""
    return Settings(embedder="none", remote={"start": 20, "call": 20, **remote})


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the programs; what was started from it has ended afterwards."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "honest.py").write_text(HONEST, encoding="utf-8")
    (folder / "raw.py").write_text(RAW, encoding="utf-8")
    yield folder
    run(end_all())


@pytest.fixture(scope="module")
def honest(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """A catalog with all that the honest server lists."""
    path = blank_catalog(tmp_path_factory.mktemp("honest") / "catalog.db")
    with open_catalog(path, settings=limited()) as cat:
        add_mcp(cat, "demo", sys.executable, str(programs / "honest.py"))
        yield cat


class Raw:
    """A raw server: its state, and how it was started."""

    def __init__(self, program: Path, folder: Path, mode: str, name: str) -> None:
        """Have a server called *name* that behaves as *mode* says."""
        self.state = folder / f"{name}.json"
        self.command = [sys.executable, "-S", str(program), mode, str(self.state)]
        self.name = name
        self.has(ECHO)

    def has(self, *tools: dict[str, Any]) -> None:
        """List these tools from now on."""
        self.state.write_text(json.dumps(tools), encoding="utf-8")

    @property
    def starts(self) -> list[int]:
        """The processes that were started, the oldest first."""
        file = Path(f"{self.state}.starts")
        return [int(line) for line in file.read_text().split()] if file.exists() else []


MakeRaw = Callable[..., Raw]


@pytest.fixture
def raw(programs: Path, tmp_path: Path) -> MakeRaw:
    """A function that makes a raw server of a mode and a name."""
    return lambda mode, name="raw": Raw(programs / "raw.py", tmp_path, mode, name)
