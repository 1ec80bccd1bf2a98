"""Catalogs and entries made quickly."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from catalog import Catalog, Entry, Settings
from catalog.entry.entry import make_entry

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

WHOLE = os.environ.get("CATALOG_WHOLE_TESTS") == "1"
"""Whether the tests that walk over many combinations walk over all; otherwise over some, in which each part occurs."""


@lru_cache(maxsize=1)
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="catalog-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_catalog(folder / "blank.db").close()  # the migrations make it, and the installed plugins are noted
    return folder / "blank.db"


def blank_catalog(path: Path) -> Path:
    """Put an empty catalog at *path*: a copy of one that the migrations made."""
    return Path(shutil.copyfile(_template(), path))


def open_catalog(url: str | Path, **given: Any) -> Catalog:
    """Open a catalog that no configuration file of this machine has a say in."""
    settings = given.pop("settings", Settings(embedder="none"))
    return Catalog(url if isinstance(url, str) else f"sqlite:///{url}", settings=settings, **given)


@contextmanager
def temporary_catalog() -> Iterator[Catalog]:
    """An open, empty catalog in a folder that goes afterwards; for properties, which no fixture serves."""
    with tempfile.TemporaryDirectory(prefix="catalog-tests-") as folder:
        path = blank_catalog(Path(folder) / "catalog.db")
        with open_catalog(path) as cat:
            yield cat


def tool(name: str, **fields: Any) -> Entry:
    """Return an entry of a tool whose reference nobody follows."""
    if "spec" not in fields:
        fields.setdefault("ref", "nowhere.to_be_found:thing")
    return make_entry({"kind": "tool", "name": name, **fields})


def damage(url: str, sql: str) -> None:
    """Write into the database of *url* behind its back, as another program may, and let everybody notice."""
    if url.startswith("postgresql:"):
        pytest.skip("no other program writes a damaged row past the types of a server")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(sql)
        connection.execute("UPDATE catalog_state SET generation = generation + 1")
