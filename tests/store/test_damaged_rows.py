"""A row that holds no JSON: what goes on around it, and how it is mended."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import damage

from catalog import AutoCouncil, Catalog
from catalog.errors import CatalogWarning


@pytest.fixture
def damaged(catalog: Catalog) -> Catalog:
    """A catalog of two tools, of which ``bad`` has a row that holds no JSON."""
    catalog.register("tool", "bad", "os:getcwd", tags=["one"])
    catalog.register("tool", "good", "os:getpid")
    damage(catalog.url, "UPDATE entry SET metadata = '{', tags = '[1' WHERE name = 'bad'")
    return catalog


def test_a_damaged_row_takes_no_other_down(damaged: Catalog, tmp_path: Path) -> None:
    """What reads all entries passes it over with a warning that says what helps; the others are all there."""
    target = tmp_path / "out.jsonl"
    reading: dict[str, Callable[[], object]] = {
        "entries": lambda: [entry.name for entry in damaged.entries()],
        "filter": lambda: damaged.tools.filter(lambda entry: True).list(),
        "verify": lambda: damaged.verify(),
        "diagnose": lambda: [(fault.key, fault.trouble) for fault in damaged.diagnose()],
        "export": lambda: damaged.export_jsonl(target),
        "route": lambda: AutoCouncil(damaged, "rules", kind="tool", on_no_match="abstain").resolve("x").name,
    }
    found = {}
    for name, read in reading.items():
        with pytest.warns(CatalogWarning, match="tool:bad is damaged .*`catalog restore tool:bad` brings back"):
            found[name] = read()
    assert found == {
        "entries": ["good"],
        "filter": ["good"],
        "verify": [],
        "diagnose": [("database", "damage")] * 2,
        "export": 1,
        "route": None,
    }
    assert damaged.reindex() == 1
    assert damaged.list("tool") == ["bad", "good"]


def test_a_damaged_row_is_found_as_it_was(damaged: Catalog) -> None:
    """A search shows it by its last revision, beside the others."""
    hits = {hit.key: (hit.tags, hit.entry.tags, hit.entry.ref) for hit in damaged.search()}
    assert hits == {"tool:bad": (("one",), ("one",), "os:getcwd"), "tool:good": ((), (), "os:getpid")}
    assert [hit.name for hit in damaged.search("bad")] == ["bad"]


@pytest.mark.sqlite("a check mends it there; tests/postgresql checks a server")
def test_a_check_names_a_damaged_row(damaged: Catalog) -> None:
    """It is told what helps, which does."""
    assert [fault.split(": ")[0] + "; " + fault.split("; ")[-1] for fault in damaged.check()] == [
        f"entry tool:bad, column {column}; "
        "`catalog db check --fix` or `catalog restore tool:bad` brings back what the history has"
        for column in ("tags", "metadata")
    ]
    damaged.restore("tool", "bad")
    assert damaged.check() == []


@pytest.mark.parametrize("revision", [None, 1])
def test_a_damaged_row_is_restored(damaged: Catalog, revision: int | None) -> None:
    """The remedy of the message works with the only revision an entry has, and the history goes on."""
    assert damaged.restore("tool", "bad", revision).tags == ("one",)
    assert damaged["tool", "bad"] is os.getcwd
    assert [(one.revision, one.action) for one in damaged.history("tool", "bad")] == [(2, "restore"), (1, "register")]


def test_a_damaged_row_is_replaced_or_taken_away(damaged: Catalog) -> None:
    """Registering over it writes it anew, even with what it said; unregistering leaves its history alone."""
    assert damaged.register("tool", "bad", "os:getcwd", tags=["one"]).revision == 2
    assert [entry.name for entry in damaged.entries()] == ["bad", "good"]
    assert damaged.unregister("tool", "bad")
    assert damaged.list("tool") == ["good"]


def test_a_damaged_row_can_go(damaged: Catalog) -> None:
    """It is taken away as any other, and comes back from its history."""
    damaged.unregister("tool", "bad")
    assert damaged.list("tool") == ["good"]
    assert damaged.restore("tool", "bad").tags == ("one",)


def test_a_damaged_row_with_a_damaged_history_can_be_replaced(damaged: Catalog) -> None:
    """Where nothing of it can be read any more, its key is free to be registered."""
    damage(damaged.url, "UPDATE revision SET data = '{' WHERE name = 'bad'")
    assert damaged.register("tool", "bad", "os:getpid").revision == 2
    assert damaged["tool", "bad"] is os.getpid
