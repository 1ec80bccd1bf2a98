"""Catalogs and entries made quickly."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from catalog import Catalog, Entry, Settings
from catalog.entry.entry import make_entry

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

ON_SERVER = os.environ.get("CATALOG_TEST_PG") == "1"
"""Whether catalogs are on PostgreSQL; tests that are about files are skipped then."""

LendUrl = Callable[..., AbstractContextManager[str]]
"""Given a folder or nothing: a context in which there is an empty catalog; it yields the URL."""

WHOLE = os.environ.get("CATALOG_WHOLE_TESTS") == "1"
"""Whether the tests that walk over many combinations walk over all; otherwise over some, in which each part occurs."""


def some(examples: int) -> int:
    """Return how many examples of a property to take: all in a walk over all, else two in five, new ones each run."""
    return examples if WHOLE else examples * 2 // 5


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
def lent_file(folder: Path | None = None) -> Iterator[str]:
    """The URL of an empty catalog in a file of *folder*, or of a folder that goes afterwards."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="catalog-tests-") as made, lent_file(Path(made)) as url:
            yield url
        return
    path = folder / "catalog.db"
    yield f"sqlite:///{path if path.exists() else blank_catalog(path)}"


@contextmanager
def temporary_catalog(lend_url: LendUrl) -> Iterator[Catalog]:
    """An open, empty catalog that goes afterwards; for properties, which need one for each example."""
    with lend_url() as url, open_catalog(url) as cat:
        yield cat


def loaded_since(known: dict[str, ModuleType], *folders: Path) -> list[str]:
    """Return the names of the modules in *folders* that ``sys.modules`` holds and *known*, a copy of it, does not.

    Only the new ones are looked at: asking some thousand modules of libraries for their file takes long.
    """
    new = [(name, module) for name, module in list(sys.modules.items()) if known.get(name) is not module]
    ours = tuple(map(str, folders))
    return [name for name, module in new if str(getattr(module, "__file__", None) or "").startswith(ours)]


def tool(name: str, **fields: Any) -> Entry:
    """Return an entry of a tool whose reference nobody follows."""
    if "spec" not in fields:
        fields.setdefault("ref", "nowhere.to_be_found:thing")
    return make_entry({"kind": "tool", "name": name, **fields})


def run_sql(url: str, *statements: str | tuple[Any, ...]) -> list[Any]:
    """Run statements in one transaction on the database of *url*, as another program may; return the last one's rows.

    A statement with parameters is a tuple: its text, with ``?``, then their values.
    """
    given = [(one, ()) if isinstance(one, str) else (one[0], one[1:]) for one in statements]
    if url.startswith("postgresql:"):
        import psycopg

        with psycopg.connect(url, options="-c search_path=catalog") as there:
            for text, values in given:
                cursor = there.execute(text.replace("?", "%s") if values else text, values or None)
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        for text, values in given:
            rows = connection.execute(text, values).fetchall()
        return rows


def damage(url: str, *statements: str | tuple[Any, ...]) -> None:
    """Write into the database of *url* behind its back, as another program may, and let everybody notice."""
    try:
        run_sql(url, *statements, "UPDATE catalog_state SET generation = generation + 1")
    except Exception as error:
        if not url.startswith("postgresql:"):
            raise
        pytest.skip(f"a server refuses this damage: {error}")
