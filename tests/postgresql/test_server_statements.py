"""Every statement of the store is one that PostgreSQL understands, too."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import psycopg
import pytest
from postgres_server import Server

import catalog.store
from catalog.store import fulltext
from catalog.store.postgres.dialect import translated

_OF_FILES = {"pages", "damage", "mend", "salvage", "rotation", "placing", "carry"}  # they know the format of SQLite
STATEMENTS = {
    f"{module.name}.{name}": value
    for module in iter_modules([str(Path(catalog.store.__file__).parent)])
    if not module.ispkg and module.name not in _OF_FILES
    for name, value in vars(import_module(f"catalog.store.{module.name}")).items()
    if isinstance(value, str) and value.startswith(("SELECT", "WITH", "INSERT", "DELETE", "UPDATE"))
    if "entry_fts" not in value
}
_PARTS = {"ids": "1", "where": "1 = 1", "marks": "?", "then": "true"}


@pytest.fixture(scope="module")
def connection(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection to an empty catalog."""
    with psycopg.connect(postgres.url("blank"), autocommit=True, options="-c search_path=catalog") as connection:
        yield connection


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_of_the_store_prepares_on_a_server(connection: psycopg.Connection[Any], name: str) -> None:
    """A statement that is kept as text is prepared by PostgreSQL without an error once it is translated."""
    sql = STATEMENTS[name]
    for part, value in _PARTS.items():
        sql = sql.replace("{" + part + "}", value)
    text = translated(sql)
    for mark in ("%(p1)s", "%s"):
        for number in range(text.count(mark)):
            text = text.replace(mark, f"${number + 1}" if mark == "%s" else "$1", 1)
    text = text.replace("%%", "%").replace(":keys", "$1").replace(":id", "$1").replace(":template", "$2")
    text = text.replace(":kind", "$1").replace(":name", "$2").replace(":last", "$1")
    connection.execute(f"PREPARE checked AS {text}")
    connection.execute("DEALLOCATE checked")


def test_weights_of_words_are_those_of_the_file() -> None:
    """A word counts as much in each field on a server as in a file."""
    from catalog.store.postgres.install import WEIGHTS

    assert dict(WEIGHTS) == dict(zip(fulltext.FIELDS, fulltext.WEIGHTS, strict=True))
