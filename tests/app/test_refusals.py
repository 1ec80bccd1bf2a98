"""Loads that were refused are noted, in nobody's way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog, DriftError
from catalog.store import audit
from catalog.verbs.refusals import record_refusal

REFUSED = DriftError("it has drifted", ref="x:y")


def test_a_refusal_says_who_asked_for_what(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Actor, key, reference, code and message are kept, the newest first, and everything else is as it was."""
    monkeypatch.setenv("CATALOG_ACTOR", "ada")
    entry = catalog.register("tool", "x", "nowhere:f")
    before = catalog.generation
    record_refusal(catalog.workspace, entry, REFUSED)
    record_refusal(catalog.workspace, ("tool", "x@prod"), REFUSED)
    assert [line[1:] for line in catalog.audit()] == [
        ("ada", "tool:x@prod", "x:y", "drift", "it has drifted"),
        ("ada", "tool:x", "nowhere:f", "drift", "it has drifted"),
    ]
    assert (len(catalog.audit(1)), catalog.generation, catalog.check()) == (1, before, [])


@pytest.mark.sqlite("its lock is held, and it is opened read-only")
def test_noting_fails_nobody(catalog: Catalog, database: Path) -> None:
    """In a busy, read-only or closed catalog, or one whose table is gone, nothing is noted and nothing raised."""
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        record_refusal(catalog.workspace, "tool:x", REFUSED)
        writer.execute("ROLLBACK")
    with pytest.warns(match="is read only here"), open_catalog(f"sqlite:///{database}?mode=ro") as reading:
        record_refusal(reading.workspace, "tool:x", REFUSED)
    with catalog.workspace.writing():
        record_refusal(catalog.workspace, "tool:x", REFUSED)
    record_refusal(catalog.workspace, "tool:\ud800", REFUSED)
    assert catalog.audit() == []
    with closing(sqlite3.connect(database, isolation_level=None)) as damaging:
        damaging.execute("DROP TABLE audit")
    record_refusal(catalog.workspace, "tool:x", REFUSED)
    catalog.close()
    record_refusal(catalog.workspace, "tool:x", REFUSED)


def test_the_oldest_go(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many are kept, and pruning by age takes those that are as old."""
    monkeypatch.setattr(audit, "MOST", 3)
    for number in range(5):
        record_refusal(catalog.workspace, f"tool:x{number}", REFUSED)
    assert [line.key for line in catalog.audit(None)] == ["tool:x4", "tool:x3", "tool:x2"]
    catalog.prune(older_than=1)
    assert len(catalog.audit()) == 3
    catalog.prune(older_than=0)
    assert catalog.audit() == []
