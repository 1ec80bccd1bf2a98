"""kill -9 in every kind of writing, and two upgrades at once."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.children import Child, Tell, lasts, whole
from benchmarks.processes import ROOT
from benchmarks.store.seen import MANY, Seen, described, fill, in_middle, look, opened

FIXTURES = ROOT / "tests" / "store" / "fixtures"
"""A database of every schema there has been."""

_LIVES = 10
"""How many processes write to one catalog, one after the other."""


# -- kill -9 ---------------------------------------------------------------------------------------------------------


def registering(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill what stores one entry after the other."""
    file, seen, expected = folder / "one.db", Seen(), set[str]()
    for life in range(times):
        if life % _LIVES == 0:  # or the catalog grows until looking at it takes longer than all else
            file, expected = folder / f"one{life}.db", set()

        def work(tell: Tell, life: int = life, file: Path = file) -> None:
            with opened(file) as cat:
                for turn in range(1_000):
                    entry = described(f"life{life}-{turn}")
                    cat.register("tool", entry["name"], "os:getcwd", description=entry["description"])
                    tell(f"tool:{entry['name']}")

        # Every tenth time it may be killed before it has made the database.
        stopped, told = in_middle(work, chance, 0.15, begun=life % _LIVES > 0)
        expected.update(told)
        one = look(file, expected, stopped=stopped, check=life % 5 == 0 or life == times - 1)
        seen = seen.and_(one._replace(acknowledged=len(told)))
    return seen


def registering_many(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill what stores twenty entries at once: of each twenty all are there, or none."""
    file, seen, expected = folder / "many.db", Seen(), set[str]()
    for life in range(times):
        if life % _LIVES == 0:  # or the catalog grows until looking at it takes longer than all else
            file, expected = folder / f"many{life}.db", set()

        def work(tell: Tell, life: int = life, file: Path = file) -> None:
            with opened(file) as cat:
                for turn in range(1_000):
                    names = [f"life{life}x{turn}-{number}" for number in range(20)]
                    cat.register_many(map(described, names))
                    tell(" ".join(f"tool:{name}" for name in names))

        stopped, told = in_middle(work, chance, 0.2, begun=life % _LIVES > 0)
        keys = {key for line in told for key in line.split()}
        expected |= keys
        one = look(file, expected, stopped=stopped, check=life % 5 == 0 or life == times - 1, groups=True)
        seen = seen.and_(one._replace(acknowledged=len(keys)))
    return seen


def importing(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill an import: all of the file is there, or nothing, and what was there before is."""
    first = folder / "first.db"
    expected = fill(first)
    lines = folder / "more.jsonl"
    more = [described(f"more{number}") for number in range(MANY)]
    lines.write_text("".join(json.dumps(entry) + "\n" for entry in more))

    def work(tell: Tell) -> None:
        with opened(folder / "run.db") as cat:
            cat.import_jsonl(lines)
        tell("all")

    seen, lasting = Seen(), _lasting(folder, first, work)
    for _ in range(times):
        file = _again(folder, first)
        stopped, told = in_middle(work, chance, lasting)
        with opened(file) as cat:
            there = sum(entry.name.startswith("more") for entry in cat.entries())
        torn = there not in (0, MANY)
        want = expected | ({f"tool:more{number}" for number in range(MANY)} if told else set())
        one = look(file, want, stopped=stopped)
        seen = seen.and_(one._replace(lost=one.lost + torn))
    return seen


def making_again(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill what makes the index again, and what mends: entries stay, and the next one mends what is left."""
    first = folder / "first.db"
    expected = fill(first)
    with closing(sqlite3.connect(first)) as connection, connection:
        connection.execute("DELETE FROM search_doc WHERE entry_id % 7 = 0")

    def reindex(_: Tell) -> None:
        with opened(folder / "run.db") as cat:
            cat.reindex()

    def mend(_: Tell) -> None:
        with opened(folder / "run.db") as cat:
            cat.mend()

    seen = Seen()
    lasting = {work: _lasting(folder, first, work) for work in (reindex, mend)}
    for turn in range(times):
        work = (reindex, mend)[turn % 2]
        file = _again(folder, first)
        stopped, _ = in_middle(work, chance, lasting[work])
        again = whole(work)
        one = look(file, expected, stopped=stopped)
        seen = seen.and_(one._replace(faults=one.faults + again.faults))
    return seen


def backing_up(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill a backup: there is a whole one, or none, and the catalog is as it was."""
    first = folder / "first.db"
    expected = fill(first)

    def work(tell: Tell) -> None:
        from catalog import backup_into

        (folder / "kept").mkdir(exist_ok=True)
        backup_into(str(folder / "run.db"), folder / "kept", keep=2)
        tell("made")

    seen, lasting = Seen(), _lasting(folder, first, work)
    for _ in range(times):
        file = _again(folder, first)
        before = set(folder.glob("kept/*.db"))
        stopped, told = in_middle(work, chance, lasting)
        made = set(folder.glob("kept/*.db")) - before
        seen = seen.and_(look(file, expected, stopped=stopped))
        for copy in made:
            seen = seen.and_(look(copy, expected, stopped=False)._replace(runs=0, acknowledged=0))
        seen = seen.and_(Seen(lost=int(bool(told) and not made)))
        for left in folder.glob("kept/*.tmp*"):
            left.unlink()
    return seen


def copying(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill a copy that replaces a catalog: there is the old one or the new one, each whole."""
    from catalog import copy_catalog

    first, other = folder / "first.db", folder / "other.db"
    expected = fill(first)
    with opened(other) as cat:
        cat.register("tool", "old", "a:b")
    target = folder / "target.db"

    def work(tell: Tell) -> None:
        copy_catalog(str(first), str(target), replace=True)
        tell("copied")

    def putold_catalog() -> None:
        for left in folder.glob("target.db*"):
            left.unlink()
        shutil.copy(other, target)

    putold_catalog()
    lasting, seen = lasts(work), Seen()
    for _ in range(times):
        putold_catalog()
        stopped, told = in_middle(work, chance, lasting)
        try:
            with opened(target) as cat:
                is_new = "old" not in cat.list("tool")
        except Exception as error:
            seen = seen.and_(Seen(1, stopped, len(expected), 0, 1, (repr(error),)))
            continue
        one = look(target, expected if is_new else {"tool:old"}, stopped=stopped)
        seen = seen.and_(one._replace(lost=one.lost + (bool(told) and not is_new)))
        seen = seen.and_(look(first, expected, stopped=False, check=False)._replace(runs=0, acknowledged=0))
        for left in folder.glob(".catalog-copy-*"):
            shutil.rmtree(left)
    return seen


def _again(folder: Path, first: Path) -> Path:
    """Put a copy of the database *first* at the place where each run works."""
    for left in folder.glob("run.db*"):
        left.unlink()
    return Path(shutil.copy(first, folder / "run.db"))


def _lasting(folder: Path, first: Path, work: Callable[[Tell], object]) -> float:
    _again(folder, first)
    return lasts(work)


# -- upgrades --------------------------------------------------------------------------------------------------------


def old_catalog(folder: Path, turn: int) -> tuple[Path, set[str], int]:
    """Make a catalog of an older schema; return it, its keys, and how many revisions it has."""
    from catalog.store.schema import HEAD

    older = sorted(path for path in FIXTURES.glob("*.sql") if path.stem < HEAD)
    for left in folder.glob("old.db*"):
        left.unlink()
    file = folder / "old.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(older[turn % len(older)].read_text(encoding="utf-8"))
        keys = {f"{kind}:{name}" for kind, name in connection.execute("SELECT kind, name FROM entry")}
        (revisions,) = connection.execute("SELECT count(*) FROM revision").fetchone()
    return file, keys, revisions


def after_upgrade(file: Path, keys: set[str], revisions: int, *, stopped: bool) -> Seen:
    """Count what an upgraded catalog, or what was kept of it before, has not of these keys and revisions."""
    from catalog.store.schema import HEAD

    one = look(file, keys, stopped=stopped)
    with closing(sqlite3.connect(file)) as connection:
        lost = revisions - connection.execute("SELECT count(*) FROM revision").fetchone()[0]
    with closing(sqlite3.connect(f"{file}.before-{HEAD}")) as connection:  # what was kept is whole
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    return one._replace(lost=one.lost + abs(lost) + (not sound))


def upgrading(folder: Path, times: int, chance: random.Random) -> Seen:
    """Kill the upgrade of every older schema: the next opening does it."""

    def work(_: Tell) -> None:
        opened(folder / "old.db").close()

    old_catalog(folder, 0)
    lasting, seen = lasts(work), Seen()
    for turn in range(times):
        file, keys, revisions = old_catalog(folder, turn)
        stopped, _ = in_middle(work, chance, lasting)
        seen = seen.and_(after_upgrade(file, keys, revisions, stopped=stopped))
    return seen


def two_upgrades(folder: Path, times: int, chance: random.Random) -> Seen:
    """Open an older catalog in two processes at once, of which every second time one is killed: the other succeeds."""

    def work(tell: Tell) -> None:
        with opened(folder / "old.db") as cat:
            cat.register("tool", "new", "a:b")
        tell("done")

    old_catalog(folder, 0)
    lasting, seen = lasts(work), Seen()
    for turn in range(times):
        file, keys, revisions = old_catalog(folder, turn)
        children = [Child(work), Child(work)]
        for child in children:
            child.go()
        if turn % 2:
            time.sleep(chance.random() * lasting)
            children[0].kill()
        told = [child.told() for child in children]
        one = after_upgrade(file, keys | {"tool:new"}, revisions + 1, stopped=not told[0].ended)
        errors = tuple(each.error for each in told if each.error)
        seen = seen.and_(one._replace(lost=one.lost + (not told[1].ended), faults=one.faults + errors))
    return seen
