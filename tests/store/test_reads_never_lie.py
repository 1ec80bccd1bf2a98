"""What can't be read is an error, never "nothing there"."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

from catalog import AutoCouncil, Catalog, StoreError

pytestmark = pytest.mark.sqlite("its pages are damaged")

READS: dict[str, Callable[[Catalog], Any]] = {
    "list": lambda cat: cat.list("tool"),
    "entry": lambda cat: cat.entry("tool", "plot"),
    "get": lambda cat: cat.get("tool", "plot"),
    "in": lambda cat: ("tool", "plot") in cat,
    "entries": lambda cat: list(cat.entries()),
    "kinds": lambda cat: cat.kinds(),
    "search": lambda cat: cat.search("draw a chart"),
    "search by tag": lambda cat: cat.search(tags=["plot"]),
    "similar": lambda cat: cat.similar("tool", "plot"),
    "which": lambda cat: cat.which("tool", "plot"),
    "references": lambda cat: cat.references("tool", "plot"),
    "used_by": lambda cat: cat.used_by("tool", "plot"),
    "history": lambda cat: cat.history("tool", "plot"),
    "log": lambda cat: cat.log(),
    "audit": lambda cat: cat.audit(),
    "aliases": lambda cat: cat.aliases("tool", "plot"),
    "as_of": lambda cat: cat.as_of(1).list("tool"),
    "verify": lambda cat: cat.verify(),
    "export": lambda cat: cat.export_jsonl(io.StringIO()),
    "embed_status": lambda cat: cat.embed_status(),
    "golden": lambda cat: list(cat.golden),
    "uses": lambda cat: list(cat.uses()),
    "route": lambda cat: AutoCouncil(cat, "rules", "tool", on_no_match="abstain").resolve("a chart"),
}


KEPT = ("alembic_version", "catalog_state", "history_mark", "source", "entry_fts_config")
"""Tables that opening a catalog reads."""


def lose_tables(database: Path) -> None:
    """Overwrite the first page of every table and index but those that opening reads."""
    with closing(sqlite3.connect(database)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        roots = connection.execute("SELECT rootpage, tbl_name FROM sqlite_master WHERE rootpage > 1").fetchall()
    with database.open("r+b") as file:
        for page, table in roots:
            if table not in KEPT:
                file.seek((page - 1) * size)
                file.write(bytes(size))


@pytest.fixture
def filled(database: Path) -> Path:
    """A database with some entries, closed."""
    with open_catalog(database) as cat:
        cat.register("tool", "plot", "json:dumps", description="Draw a chart.", tags=["plot"], match="chart")
    return database


@pytest.mark.parametrize("read", READS)
def test_a_table_that_can_not_be_read_is_an_error(filled: Path, read: str) -> None:
    """The catalog can be opened and its tables can't be read: every reading call ends in an error of the store."""
    lose_tables(filled)
    with open_catalog(filled) as cat, pytest.raises(StoreError):
        READS[read](cat)


@pytest.mark.parametrize("read", READS)
def test_a_file_that_was_cut_is_an_error(filled: Path, read: str) -> None:
    """Of a file of which only the first page is left nothing is opened."""
    with filled.open("r+b") as file:
        file.truncate(4096)
    with pytest.raises(StoreError), open_catalog(filled) as cat:
        READS[read](cat)
