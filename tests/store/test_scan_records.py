"""What a scan leaves for the next lies in rows of its own: read piece by piece, written where it differs."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from factories import open_catalog, run_sql
from make_fixture import FIXTURES, load

from catalog import Catalog, CatalogWarning
from catalog.store import schema
from catalog.store.engine import keys_off, make_engine
from catalog.store.scan_records import LISTS, MAPPINGS, DamagedRecordError, scan_record

TARGET = "/srv/team/big"
EMPTY: dict[str, Any] = {**{part: {} for part in MAPPINGS}, **{part: [] for part in LISTS}}


def record(files: int, seed: int = 0) -> dict[str, Any]:
    """Return what a scan of so many files leaves: with texts of all kinds, in the order of a scan."""
    odd = random.Random(seed)
    texts = ["ä, 日本語", 'with "quotes" and \\', "}]", "line\nend\t", "\u2028", "😀", "", "{[,:"]
    return {
        "options": "16 fingerprint 0 linux",
        "target": TARGET,
        "distribution": None,
        "base": "/srv/team",
        "files": {
            f"big/part {number}.py": [f"stamp {number}", None, {"items": [odd.choice(texts), 1.5, True]}, {}, []]
            for number in range(files)
        },
        "outside": {f"/usr/lib/{number}.py": odd.choice(texts) for number in range(files // 10)},
        "findings": [
            {"kind": "tool", "name": f"f{number}", "description": odd.choice(texts) * odd.randint(1, 9), "line": number}
            for number in odd.sample(range(10 * files), 10 * files)
        ],
        "clashes": [["tool", "f1", "a", "b", odd.choice(texts)]],
        "faults": [],
        "top": "/srv/team/big",
        "generated": 3,
        "documents": {},
    }


def whole(cat: Catalog, target: str = TARGET) -> dict[str, Any] | None:
    """Return a record with all its parts."""
    with scan_record(cat.workspace.store.reader, target) as found:
        if found is None:
            return None
        parts = {part: dict(found[part].items()) for part in MAPPINGS} | {part: list(found[part]) for part in LISTS}
        return {**found, **parts}


def save(cat: Catalog, kept: dict[str, Any]) -> None:
    """Keep a record."""
    with cat.workspace.writing() as transaction:
        transaction.save_source(TARGET, {"public": False}, None, kept)


def test_a_record_comes_back_as_it_was_kept(catalog: Catalog) -> None:
    """Paths, numbers and texts of all kinds, in their order; without a record there is none."""
    assert whole(catalog) is None
    save(catalog, record(30))
    assert whole(catalog) == record(30)
    with scan_record(catalog.workspace.store.reader, "other", TARGET) as found:
        assert found is not None
        files, findings = found["files"], found["findings"]
        assert (len(files), len(findings), findings[-1], findings[1:3]) == (
            30, 300, record(30)["findings"][-1], record(30)["findings"][1:3],
        )  # fmt: skip
        assert files["big/part 7.py"] == record(30)["files"]["big/part 7.py"]
        assert (files.get("big/part 77.py"), "big/part 77.py" in files) == (None, False)
        assert sorted(files) == sorted(record(30)["files"])
    save(catalog, EMPTY)
    assert whole(catalog) == EMPTY


@pytest.mark.sqlite("triggers of SQLite count")
def test_only_what_differs_is_written(catalog: Catalog, database: Path) -> None:
    """Of another scan that found nearly the same, SQLite changes the rows that differ, and takes away what is gone."""
    save(catalog, record(30))
    kept = record(30)
    del kept["files"]["big/part 3.py"], kept["findings"][-1]
    kept["files"]["big/new.py"] = ["new"]
    kept["findings"][7] = {"kind": "tool", "name": "other"}
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "CREATE TABLE seen (what); "
            "CREATE TRIGGER i AFTER INSERT ON source_part BEGIN INSERT INTO seen VALUES ('+' || new.place); END;"
            "CREATE TRIGGER d AFTER DELETE ON source_part BEGIN INSERT INTO seen VALUES ('-' || old.place); END;"
            "CREATE TRIGGER u AFTER UPDATE ON source_part BEGIN INSERT INTO seen VALUES ('=' || new.place); END;"
        )
        with make_engine(f"sqlite:///{database}").begin() as other:
            from catalog.store.scan_records import save as keep

            keep(other, TARGET, {}, None, kept, "2026-01-01T00:00:00+00:00")
        seen = sorted(row[0] for row in connection.execute("SELECT what FROM seen"))
        connection.executescript("DROP TRIGGER i; DROP TRIGGER d; DROP TRIGGER u; DROP TABLE seen")
    assert seen == ["+big/new.py", "-0000000299", "-big/part 3.py", "=0000000007"]
    assert whole(catalog) == kept


@pytest.mark.sqlite("a check mends it there")
def test_a_record_that_is_not_whole_is_none(catalog: Catalog) -> None:
    """With a row too few or too many nothing is known; a row that is no JSON is no file, and stops what reads all."""
    save(catalog, record(10))
    run_sql(catalog.url, "UPDATE source_part SET data = '{' WHERE place IN ('big/part 3.py', '0000000050')")
    with scan_record(catalog.workspace.store.reader, TARGET) as found:
        assert found is not None
        assert (found["files"].get("big/part 3.py"), found["findings"][49]) == (None, record(10)["findings"][49])
        for part in ("files", "findings"):
            with pytest.raises(DamagedRecordError):
                list(found[part])
    assert [fault.partition(": ")[0] for fault in catalog.check()] == [
        f"source_part target '{TARGET}' part '{part}' place '{place}', column data"
        for part, place in (("files", "big/part 3.py"), ("findings", "0000000050"))
    ]
    assert catalog.mend() == []
    assert (catalog.check(), whole(catalog)) == ([], None)


def test_a_target_that_is_forgotten_leaves_no_rows(catalog: Catalog) -> None:
    """Rows go with the source they are of."""
    save(catalog, record(10))
    with catalog.workspace.writing() as transaction:
        transaction.forget_source(TARGET)
    assert run_sql(catalog.url, "SELECT count(*) FROM source_part") == [(0,)]


@pytest.mark.parametrize("row", ["files", "findings"])
def test_a_damaged_row_makes_the_next_scan_read_again(catalog: Catalog, code: Path, row: str) -> None:
    """Entries stay, a refresh finds them unchanged, and the record is whole again."""
    before = whole(catalog, str(code))
    assert len(run_sql(catalog.url, ("UPDATE source_part SET data = '[' WHERE part = ? RETURNING 1", row))) == 2
    reports = {report.target: (report.unchanged, report.found, report.gone) for report in catalog.refresh()}
    assert reports[str(code)] == (("tool:bar", "tool:pie"), (), ())
    assert whole(catalog, str(code)) == before
    assert catalog.check() == []


@pytest.fixture
def code(catalog: Catalog, tmp_path: Path) -> Path:
    """A folder of two modules that was scanned, long enough ago for its stamps to count."""
    folder = tmp_path / "code"
    folder.mkdir()
    for name in ("pie", "bar"):
        file = folder / f"{name}.py"
        file.write_text(f"import catalog\n\n\n@catalog.tool\ndef {name}(x: int) -> int:\n    return x\n")
        os.utime(file, ns=(10**18, 10**18))
    catalog.scan(folder)
    return folder


# -- databases of before -----------------------------------------------------------------------------------------------


def migrate(file: Path, name: str, revision: str) -> None:
    """Run an Alembic command on a file, as the package itself does."""
    engine = make_engine(f"sqlite:///{file}").execution_options(sqlite_begin="IMMEDIATE")
    try:
        with engine.connect() as connection, keys_off(connection), connection.begin():
            getattr(command, name)(schema.alembic_config(connection=connection), revision)
    finally:
        engine.dispose()


def documents(file: Path) -> dict[str, str]:
    """Return what the table of sources holds, by target."""
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("SELECT target, files FROM source ORDER BY target"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of schema 0005 with the record of a big scan, an empty one, one that is cut off, and a small one."""
    file = tmp_path / "old.db"
    load(FIXTURES / "0005.sql", file)
    text = json.dumps(record(1_000), ensure_ascii=False, separators=(",", ":"))
    kept = {TARGET: text, "empty": json.dumps(EMPTY), "cut": text[:-1000], "pin-source:tool:a": '{"text":"findings"}'}
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO source VALUES (?, '{}', NULL, ?, '2026-01-01T00:00:00+00:00')", kept.items()
        )
    return file


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_big_record_of_an_old_database_survives_its_upgrade(old: Path) -> None:
    """It holds what it held, in rows; what is no record, or is cut off, stays as it is."""
    before = documents(old)
    with open_catalog(old) as cat:
        assert whole(cat) == record(1_000)
        assert whole(cat, "empty") == EMPTY
        with closing(sqlite3.connect(old)) as connection:
            counts = dict(connection.execute("SELECT target, count(*) FROM source_part GROUP BY target").fetchall())
    assert counts == {TARGET: 1_000 + 100 + 10_000 + 1, "/srv/team/charts.py": counts["/srv/team/charts.py"]}
    after = documents(old)
    assert {name for name in before if after[name] == before[name]} == {"cut", "pin-source:tool:a"} | {
        name for name in before if name.startswith("plugins@")
    }
    assert len(after[TARGET]) < 400


def test_a_downgrade_makes_documents_of_records_again(old: Path) -> None:
    """Schema 0005 finds what it had left, to the byte but for blanks and the order of what is looked up by path."""
    before = documents(old)
    migrate(old, "upgrade", "0006")
    migrate(old, "downgrade", "0005")
    after = documents(old)
    assert {name: text for name, text in after.items() if name == "cut"} == {"cut": before["cut"]}
    assert {name: json.loads(text) for name, text in after.items() if name != "cut"} == {
        name: json.loads(text) for name, text in before.items() if name != "cut"
    }


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_copies_and_backups_have_the_record(old: Path, tmp_path: Path) -> None:
    """A copy of an old database, and a backup of a new one, hold it whole."""
    from catalog import copy_catalog

    copy_catalog(str(old), str(tmp_path / "copy.db"))
    with open_catalog(tmp_path / "copy.db") as cat:
        assert whole(cat) == record(1_000)
        cat.backup(tmp_path / "backup.db")
    with open_catalog(tmp_path / "backup.db") as cat:
        assert whole(cat) == record(1_000)
    with pytest.warns(CatalogWarning, match="kept as"), open_catalog(old) as cat:
        assert whole(cat) == record(1_000)
