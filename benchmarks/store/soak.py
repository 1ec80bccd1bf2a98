"""Writing, reading, searching, refreshing, verifying for minutes in eight processes: no error, stale read or growth.

    python -m benchmarks soak                                # ten minutes
    python -m benchmarks soak --minutes 1 --processes 12

Each writer notes what it has committed in memory that all processes share; whoever reads the note first and the catalog
after it must see that change, or a later one: by key, in listings, and by words and by meaning. Memory is compared
between the first fifth of the time and the end. Exit status 1 after an error, a stale read, or where memory grew by
more than a tenth and 8 MB.
"""

from __future__ import annotations

import json
import mmap
import random
import resource
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.options import Parser
from benchmarks.processes import start

SLOTS = 40
"""Entries that a writer changes again and again."""

ROLES = ("writer", "reader", "searcher", "refresher", "writer", "reader", "searcher", "verifier")
_MODULE = 'import catalog\n\n\n@catalog.tool\ndef made() -> str:\n    """Version {version} of what is made."""\n'


class Report(NamedTuple):
    """What one process did.

    Attributes:
        role: what it was to do.
        done: how often it did that.
        stale: reads that did not see what was committed before.
        errors: tracebacks.
        early: memory after a fifth of the time, in bytes.
        late: memory at the end.
    """

    role: str
    done: int
    stale: int
    errors: list[str]
    early: int
    late: int

    @property
    def has_grown(self) -> bool:
        """Whether it needs more memory at the end than after a fifth of the time, beyond what is chance."""
        return self.late - self.early > max(self.early // 10, 8 << 20)


class Notes:
    """What each writer has committed last in each slot, in memory that all processes share."""

    def __init__(self, file: Path, writers: int) -> None:
        """Map *file*, which holds a number for each slot of each writer."""
        with open(file, "r+b") as held:
            self._map = mmap.mmap(held.fileno(), 8 * SLOTS * writers)

    def __getitem__(self, place: int) -> int:
        return int(struct.unpack_from("<q", self._map, 8 * place)[0])

    def __setitem__(self, place: int, turn: int) -> None:
        struct.pack_into("<q", self._map, 8 * place, turn)


class Work:
    """One process at work.

    Attributes:
        cat: the open catalog.
        stale: reads that did not see what was committed before.
    """

    def __init__(self, cat: Any, folder: Path, number: int, writers: int) -> None:
        """Work as process *number* on *cat*."""
        self.cat = cat
        self.stale = 0
        self._folder = folder
        self._number = number
        self._places = SLOTS * writers
        self._notes = Notes(folder / "notes", writers)
        self._chance = random.Random(number)
        self._turn = 1

    def writer(self) -> None:
        """Change an entry and note it; now and then store and take away others, and prune the history."""
        self._turn += 1
        place = (self._number % (self._places // SLOTS)) * SLOTS + self._turn % SLOTS
        self.cat.register("tool", f"slot{place}", "os:getcwd", description=told(place, self._turn), tags=["slot"])
        self._notes[place] = self._turn
        if self._turn % 25 == 0:
            names = [f"passing-{self._number}-{one}" for one in range(20)]
            self.cat.register_many(
                {"kind": "tool", "name": name, "ref": "os:getcwd", "tags": ["pass"]} for name in names
            )
            for name in names:
                self.cat.unregister("tool", name)
        if self._turn % 200 == 0:
            self.cat.prune(keep=5)
        time.sleep(0.005)

    def reader(self) -> None:
        """Look an entry up, in a listing and in its history."""
        place = self._chance.randrange(self._places)
        noted = self._notes[place]
        entry = self.cat.entry("tool", f"slot{place}")
        self._expect(noted, entry.description)
        self._expect(noted, self.cat.history("tool", f"slot{place}", limit=1)[0].data["description"])
        if self._chance.random() < 0.1:
            listed = {hit.name: hit.description for hit in self.cat.search(tags=["slot"], limit=None)}
            self._expect(noted, listed[f"slot{place}"])
            passing = {hit.name.rpartition("-")[0] for hit in self.cat.search(tags=["pass"], limit=None)}
            assert passing <= {f"passing-{number}" for number in range(self._places // SLOTS)}
        time.sleep(0.002)

    def searcher(self) -> None:
        """Find an entry by the word that only its last change has, and by meaning."""
        place = self._chance.randrange(self._places)
        noted = self._notes[place]
        hits = self.cat.search(mark(place, noted), mode="lexical", limit=3)
        found = [hit.description for hit in hits if hit.name == f"slot{place}"]
        for description in found:
            self._expect(noted, description)
        self.stale += not found and self._notes[place] == noted
        for hit in self.cat.search(
            f"{mark(place, noted)} slot", mode=self._chance.choice(("auto", "semantic")), limit=5
        ):
            if hit.name == f"slot{place}":
                self._expect(noted, hit.description)
        time.sleep(0.002)

    def refresher(self) -> None:
        """Change a module, and refresh: its entry says what it says now."""
        self._turn += 1
        (self._folder / "code" / "made.py").write_text(_MODULE.format(version=self._turn))
        self.cat.refresh()
        said = self.cat.entry("tool", "made").description
        self.stale += said != f"Version {self._turn} of what is made."
        time.sleep(0.05)

    def verifier(self) -> None:
        """Verify all that has code, and now and then check the whole database."""
        self.cat.verify()
        self._turn += 1
        if self._turn % 50 == 0:
            faults = self.cat.check()
            assert not faults, faults
        time.sleep(0.02)

    def _expect(self, noted: int, description: str) -> None:
        self.stale += int(description.split()[1]) < noted


def mark(place: int, turn: int) -> str:
    """Return a word that no other entry has, and of the last sixteen changes of this one only one.

    Not a new one each time: words that searches asked for are remembered, up to a bound that would take hours to reach.
    """
    return f"mark{place}x{turn % 16}"


def told(place: int, turn: int) -> str:
    """Return the description of an entry after a change."""
    return f"turn {turn} of a slot, {mark(place, turn)}"


def work(role: str, number: int, writers: int, folder: Path, minutes: float) -> None:
    """Be one of the processes for some *minutes*; print the report as JSON."""
    from catalog import Catalog, Settings, StoreBusyError

    begun = time.monotonic()
    done, errors, early = 0, list[str](), 0
    with Catalog(f"sqlite:///{folder / 'soak.db'}", settings=Settings(embedder="hash")) as cat:
        task = Work(cat, folder, number, writers)
        act: Callable[[], None] = getattr(task, role)
        while (passed := time.monotonic() - begun) < minutes * 60 and len(errors) < 5:
            try:
                act()
                done += 1
            except StoreBusyError as error:
                if role != "verifier":  # a check may say that it could not compare the index while others wrote
                    errors.append(repr(error))
            except Exception:
                errors.append(traceback.format_exc())
            if not early and passed > minutes * 12:
                early = memory()
    print(json.dumps(Report(role, done, task.stale, errors, early or memory(), memory())))


def memory() -> int:
    """Return how many bytes of memory this process has in use."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # another system: the most it ever had
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _prepared(writers: int) -> Iterator[Path]:
    from catalog import Catalog, Settings

    with tempfile.TemporaryDirectory(prefix="catalog-soak-") as place:
        folder = Path(place)
        (folder / "notes").write_bytes(bytes(8 * SLOTS * writers))
        (folder / "code").mkdir()
        (folder / "code" / "made.py").write_text(_MODULE.format(version=0))
        with Catalog(f"sqlite:///{folder / 'soak.db'}", settings=Settings(embedder="hash")) as cat:
            cat.scan(str(folder / "code"))
            notes = Notes(folder / "notes", writers)
            for slot in range(SLOTS * writers):
                cat.register("tool", f"slot{slot}", "os:getcwd", description=told(slot, 1), tags=["slot"])
                notes[slot] = 1
        yield folder


def soak(minutes: float, processes: int) -> tuple[list[Report], list[str], int]:
    """Let *processes* work for some *minutes*; return their reports, what a check then says, and bytes on disk."""
    from catalog import Catalog, Settings

    roles = [ROLES[number % len(ROLES)] for number in range(processes)]
    writers = max(1, roles.count("writer"))
    with _prepared(writers) as folder:
        code = (
            "import sys; from pathlib import Path; from benchmarks.store.soak import work\n"
            "work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5]))"
        )
        running = [
            start(code, role, roles[:number].count(role), writers, folder, minutes) for number, role in enumerate(roles)
        ]
        reports = []
        for role, process in zip(roles, running, strict=True):
            out, error = process.communicate(timeout=minutes * 60 + 300)
            last = out.splitlines()[-1] if out.strip() else ""
            reports.append(Report(*json.loads(last)) if last else Report(role, 0, 0, [error or "it died"], 0, 0))
            if last and error:
                reports[-1].errors.append(error)
        size = sum(path.stat().st_size for path in folder.glob("soak.db*"))
        with Catalog(f"sqlite:///{folder / 'soak.db'}", settings=Settings(embedder="hash")) as cat:
            faults = cat.check()
    return reports, faults, size


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print the figures; return 1 if anything was wrong."""
    parser = Parser("soak", __doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long")
    parser.add_argument("--processes", type=int, default=8, help="how many; the roles are given in turn")
    options = parser.options(arguments)
    reports, faults, size = soak(options.minutes, options.processes)
    print(
        f"{'process':10} {'done':>9} {'a second':>9} {'stale':>6} {'errors':>7} {'MB at 20 %':>11} {'at the end':>11}"
    )
    for one in reports:
        grown = "  grown" if one.has_grown else ""
        print(
            f"{one.role:10} {one.done:9,} {one.done / (options.minutes * 60):9.1f} {one.stale:6} {len(one.errors):7} "
            f"{one.early / 1e6:11.1f} {one.late / 1e6:11.1f}{grown}"
        )
        for text in one.errors[:2]:
            print(text, file=sys.stderr)
    print(f"{options.minutes:g} minutes; {size / 1e6:.1f} MB on disk; faults {faults}")
    return int(bool(faults) or any(one.stale or one.errors or one.has_grown for one in reports))


if __name__ == "__main__":
    raise SystemExit(main())
