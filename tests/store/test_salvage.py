"""Files that SQLite can't open or can't read to their end, and the good databases that come of them."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from damage import quiet
from factories import blank_catalog, open_catalog

from catalog import salvage
from catalog.errors import StoreError

pytestmark = pytest.mark.sqlite("its pages are damaged")

COUNT = 300


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a catalog whose entries fill many pages, some of them beyond one page."""
    file = blank_catalog(tmp_path_factory.mktemp("salvage") / "whole.db")
    with open_catalog(file) as cat:
        cat.register_many(
            {"kind": "tool", "name": f"t{n}", "ref": f"m:t{n}", "description": f"Does {n}." + " More." * (n % 1500)}
            for n in range(COUNT)
        )
        cat.golden.add("do five", "tool:t5")
        cat.unregister("tool", "t7")
    return file.read_bytes()


def zeroed(*places: int) -> Callable[[bytes], bytes]:
    """Return what makes pages of a file zeros."""

    def damage(data: bytes) -> bytes:
        pages = bytearray(data)
        for place in places:
            pages[place * 4096 : (place + 1) * 4096] = bytes(4096)
        return bytes(pages)

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data,
        lambda data: b"no magic at all!" + data[16:],
        lambda data: bytes(100) + data[100:],
        lambda data: data[:16] + b"\xff\xff" + data[18:],
        zeroed(0),
    ],
    ids=["whole", "magic", "header", "page size", "first page"],
)
def test_what_leads_to_the_rows_may_be_gone(whole: bytes, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Without magic, header or the page that names the tables, every entry, revision and golden case comes over."""
    bad = tmp_path / "bad.db"
    bad.write_bytes(damage(whole))
    done = salvage(f"sqlite:///{bad}", tmp_path / "good.db")
    assert done.rows == {"entry": COUNT - 1, "golden_case": 1, "revision": COUNT + 1, "source": 1}
    assert bad.read_bytes() == damage(whole)
    with quiet(), open_catalog(tmp_path / "good.db") as cat:
        assert cat.check() == []
        assert cat.list("tool") == sorted(f"t{n}" for n in range(COUNT) if n != 7)
        assert cat.entry("tool:t299").description == "Does 299." + " More." * 299
        assert [hit.name for hit in cat.search("250", limit=1)] == ["t250"]


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_gives_a_sound_database(whole: bytes, tmp_path: Path, seed: int) -> None:
    """Pages of zeros, flipped bits and a cut end: what is written is sound, and holds nothing that never was."""
    dice = random.Random(seed)
    data = bytearray(whole)
    for _ in range(dice.randrange(4)):
        at = dice.randrange(len(data) // 4096) * 4096
        data[at : at + 4096] = bytes(4096)
    for _ in range(dice.randrange(60)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    (tmp_path / "bad.db").write_bytes(data[: dice.randrange(len(data) // 2, len(data))])
    done = salvage(f"sqlite:///{tmp_path / 'bad.db'}", tmp_path / "good.db")
    with quiet(), open_catalog(tmp_path / "good.db") as cat:
        assert cat.check() == []
        names = cat.list("tool")
    assert len(names) <= done.rows["entry"]
    assert len(names) > COUNT // 4


def test_what_was_committed_to_the_log_counts(whole: bytes, tmp_path: Path) -> None:
    """A log beside the damaged file is read, as far as it was committed."""
    live = tmp_path / "live.db"
    live.write_bytes(whole)
    with open_catalog(live) as cat:
        cat.register("tool", "late", "m:late")
        with closing(sqlite3.connect(live)) as other:
            other.execute("BEGIN")
            (tmp_path / "bad.db").write_bytes(bytes(100) + live.read_bytes()[100:])
            (tmp_path / "bad.db-wal").write_bytes((tmp_path / "live.db-wal").read_bytes())
    salvage(f"sqlite:///{tmp_path / 'bad.db'}", tmp_path / "good.db")
    with open_catalog(tmp_path / "good.db") as cat:
        assert cat.entry("tool:late").ref == "m:late"


def test_entries_whose_rows_are_gone_come_back_from_their_history(whole: bytes, tmp_path: Path) -> None:
    """Where the pages of entries are destroyed, the history has them; what was unregistered stays away."""
    bad = tmp_path / "bad.db"
    bad.write_bytes(whole)
    with closing(sqlite3.connect(bad)) as connection:
        connection.execute("DELETE FROM entry WHERE name IN ('t1', 't2')")
        connection.commit()
    done = salvage(f"sqlite:///{bad}", tmp_path / "good.db")
    assert done.lost == [f"tool:{name}: its row; it is as its history has it" for name in ("t1", "t2")]
    with open_catalog(tmp_path / "good.db") as cat:
        assert cat.entry("tool:t2").description == "Does 2. More. More."
        assert ("tool", "t7") not in cat


def test_nothing_is_written_where_nothing_can_be_read(tmp_path: Path) -> None:
    """A text, an empty file and one that is not there are refused, and no file is made."""
    (tmp_path / "text.db").write_text("these are notes" * 1000)
    (tmp_path / "empty.db").touch()
    for name in ("text.db", "empty.db", "missing.db"):
        with pytest.raises(StoreError):
            salvage(f"sqlite:///{tmp_path / name}", tmp_path / "good.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.db", "text.db"]


def test_what_is_salvaged_is_as_private_as_the_file(whole: bytes, tmp_path: Path) -> None:
    """A file that only its owner may read gives one like it; a log that lies there keeps it from being made."""
    bad, good = tmp_path / "bad.db", tmp_path / "good.db"
    bad.write_bytes(whole)
    bad.chmod(0o600)
    (tmp_path / "good.db-wal").write_bytes(b"frames")
    with pytest.raises(StoreError, match="was left by a database that was there before"):
        salvage(str(bad), str(good))
    (tmp_path / "good.db-wal").unlink()
    salvage(str(bad), str(good))
    assert good.stat().st_mode & 0o777 == 0o600
