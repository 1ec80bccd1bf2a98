"""Damage of one value: the walk over every column of every table that ``tables.py`` has, and what flips in vectors."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from damage import COLUMNS, OTHERS, answers, chosen, damaged_copy, fill, opened, quiet, ways
from factories import WHOLE

from catalog import CatalogWarning, StoreBusyError
from catalog.store import tables
from catalog.store.store import Store

pytestmark = pytest.mark.sqlite("its pages are damaged")


@pytest.fixture(autouse=True)
def unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what other tests have marked: each refresh would look for it in all loaded modules."""
    monkeypatch.delitem(sys.modules, "catalog.authoring", raising=False)


_UNHARMED = "UPDATE entry SET name = name"

_MEANING_LOST = ("embedder",)
"""Tables without whose row nobody knows whose vectors there are, until the next change makes them again."""


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a catalog with rows in every table."""
    return fill(tmp_path_factory.mktemp("damage"))


def test_the_catalog_that_is_damaged_has_rows_in_every_table(full: Path) -> None:
    """No column is passed over because there is nothing to damage."""
    with closing(sqlite3.connect(full)) as connection:
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables.metadata.tables
        }
    assert [name for name, count in counts.items() if count == 0] == []


@pytest.fixture(scope="session")
def sound(full: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What all calls answer where nothing is damaged."""
    folder = tmp_path_factory.mktemp("sound")
    damaged_copy(full, folder / "sound.db", _UNHARMED)
    with quiet(), opened(folder / "sound.db") as cat:
        assert cat.check() == []
        return answers(cat, folder)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda name: name)
def test_a_damaged_value_harms_only_its_row(
    full: Path, sound: dict[str, object], tmp_path: Path, table: str, column: str
) -> None:
    """Whatever stands in a column, all calls answer for all other entries; the check names it, and mending heals it.

    All that can stand there is looked at where the whole walk is asked for; otherwise one of these in each column, a
    different one in each of the same form, and by the check alone those that no column of the form would have.
    """
    one, some = chosen(table, column)
    for number, way in enumerate(ways(table, column)):
        if not WHOLE and number not in some:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        file = folder / "damaged.db"
        if not damaged_copy(full, file, way.statement):
            continue
        with quiet(), opened(file) as cat:
            faults = cat.check()
            named = [fault for fault in faults if fault.startswith(f"{table} ") and f"column {column}: " in fault]
            assert bool(named) or not way.is_noticed, (way.name, faults)
            assert all("`catalog " in fault for fault in faults), (way.name, faults)
            if not WHOLE and number != one:
                continue
            found = answers(cat, folder)
            if table in _MEANING_LOST:
                found["meaning"] = sound["meaning"]
            assert found == sound, way.name
        damaged_copy(full, file, way.statement)
        for left in folder.glob("damaged.db-*"):
            left.unlink()
        with quiet(), opened(file) as cat:
            cat.mend()
            assert cat.check() == [], way.name
            assert answers(cat, folder) == sound, way.name


def test_an_entry_is_mended_as_its_history_has_it(full: Path, tmp_path: Path) -> None:
    """What was damaged comes back, under its key, even where that was damaged, and the history says so."""
    for column, value in (("tags", "'[1]'"), ("name", "X'FF'"), ("id", "9223372036854775807"), ("ref", "NULL")):
        file = tmp_path / f"{column}.db"
        damaged_copy(full, file, f"UPDATE entry SET {column} = {value} WHERE kind = 'tool' AND name = 'bad'")
        with quiet(), opened(file) as cat:
            assert cat.mend() == []
            entry = cat.entry("tool:bad")
            assert (entry.tags, entry.examples) == (("plot",), ("please do bad",))
            assert [one.action for one in cat.history("tool:bad")] == ["repair", "update", "scan"]
            assert [hit.key for hit in cat.search("letters", kind="tool", limit=1)] == ["tool:bad"]


def test_what_is_in_no_other_place_is_said_to_be_lost(full: Path, tmp_path: Path) -> None:
    """A golden case, options of a scan, and the key of all uses: each is named, and the others of their table stay."""
    said = {}
    for table, column, where in (
        ("golden_case", "text", "name = 'bad'"),
        ("source", "options", "target NOT LIKE 'plugins@%'"),
        ("used", "text", "query = ''"),
    ):
        file = tmp_path / f"{table}.db"
        damaged_copy(full, file, f"UPDATE {table} SET {column} = X'FF' WHERE {where}")
        with quiet(), opened(file) as cat:
            said[table] = [text.split(" that '")[0] for text in cat.mend()]
            assert len(cat.golden) == (1 if table == "golden_case" else 2)
    assert said == {
        "golden_case": ["a golden case (text could not be read)"],
        "source": ["the options"],
        "used": ["what was learned from all 5 uses: the key of the hashes is damaged"],
    }


@pytest.mark.parametrize("place", [0, 1, 2, 3, 600, 1023])
def test_a_flipped_byte_of_a_vector_is_noticed(full: Path, tmp_path: Path, place: int) -> None:
    """The vector is left out with a warning, the check names it, and an update of the vectors makes it again."""
    file = tmp_path / "flipped.db"
    damaged_copy(full, file, _UNHARMED)
    where = "entry_id = (SELECT id FROM entry WHERE kind = 'tool' AND name = 'alpha') AND part = 1"
    with closing(sqlite3.connect(file)) as connection:
        (before,) = connection.execute(f"SELECT vector FROM vector WHERE {where}").fetchone()
        flipped = bytearray(before)
        flipped[place] ^= 1
        connection.execute(f"UPDATE vector SET vector = ? WHERE {where}", (bytes(flipped),))
        connection.commit()
    with opened(file) as cat:
        with pytest.warns(CatalogWarning, match="a vector of embedder '.*' is damaged and left out of searches"):
            keys = [hit.key for hit in cat.search("scatter plot", mode="semantic", kind="tool", limit=9)]
        assert sorted(keys) == sorted([*OTHERS, "tool:bad"])  # by the vector of its text
        (fault,) = cat.check()
        assert fault == (
            "vector tool:alpha embedder_id 1 part 1, column vector: not the bytes that were stored; "
            "`catalog db check --fix` or `catalog embed update` makes it again"
        )
        with quiet():
            assert cat.embed_update() == 1
        assert cat.check() == []
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(f"SELECT vector FROM vector WHERE {where}").fetchone() == (before,)


def test_a_busy_database_is_not_called_damaged(url: str, database: Path) -> None:
    """While another process writes, a check says that it is busy; afterwards that it is sound."""
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        store = Store(url, busy_ms=50)
        with pytest.raises(StoreBusyError, match="is busy: another process has been writing"):
            store.check()
        writer.execute("ROLLBACK")
        assert store.check() == []
        store.close()


def test_a_lost_state_is_made_again_by_the_next_change(full: Path, tmp_path: Path) -> None:
    """Without its row reading goes on, and the generation goes on from the last that anything notes."""
    file = tmp_path / "lost.db"
    damaged_copy(full, file, _UNHARMED)
    with quiet(), opened(file) as cat:
        before = cat.generation
    damaged_copy(full, file, "DELETE FROM catalog_state")
    with quiet(), opened(file) as cat:
        assert cat.check() == ["catalog_state: its row is gone; `catalog db check --fix` makes it again"]
        cat.register("tool", "new", "os:getcwd")
        assert (cat.generation, cat.check()) == (before + 1, [])
