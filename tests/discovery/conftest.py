"""Little packages: those of ``tests/packages``, and ones written for a single test. None may ever be imported."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from factories import loaded_since

Make = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the packages that are kept in the repository."""
    return Path(__file__).parents[1] / "packages"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write files, given by their path, into a fresh folder and return it."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        for name, text in files.items():
            path = tmp_path / "made" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return tmp_path / "made"

    return make


@pytest.fixture(autouse=True)
def unimported(packages: Path, tmp_path: Path) -> Iterator[None]:
    """Fail a test that imports what it should only read."""
    known = dict(sys.modules)
    yield
    assert loaded_since(known, packages, tmp_path) == []
