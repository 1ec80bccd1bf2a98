"""Eight writers and eight readers, killed writers, vectors under edits and killed updates: nothing may be lost.

    python -m benchmarks endurance                           # some two minutes
    python -m benchmarks endurance --seconds 2 --kills 5

Counts, whose floor is zero: acknowledged writes that are missing, reads that saw half a transaction, hits by the vector
of another text (:mod:`benchmarks.store.staleness`). Exit status 1 if any is above zero. The test suite runs it briefly.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.options import Parser
from benchmarks.processes import start
from benchmarks.store.staleness import COMMAND, LIBRARY, edited, interrupted

WRITER = """
import sys, time
from catalog import Catalog, Settings
url, number, end = sys.argv[1], sys.argv[2], float(sys.argv[3])
turn = 0
with Catalog(url, settings=Settings()) as cat:
    cat.generation
    print("ready", flush=True)
    while time.time() < end:
        # Twins: whoever sees one without the other, or two that differ, has seen a torn write.
        cat.register_many(
            {"kind": "tool", "name": f"twin-{number}-{side}", "ref": "os:getcwd", "description": f"turn {turn}",
             "tags": [f"writer-{number}"]} for side in ("left", "right"))
        cat.register("tool", f"kept-{number}-{turn}", "os:getcwd", tags=[f"writer-{number}"])
        turn += 1
print(turn, flush=True)
"""

READER = """
import sys, time
from catalog import Catalog, Settings
url, writers, end = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
reads = torn = back = 0
last = 0
with Catalog(url, settings=Settings()) as cat:
    print("ready", flush=True)
    while time.time() < end:
        twins = {}
        for hit in cat.search(tags=[f"writer-{reads % writers}"], limit=None):
            if hit.name.startswith("twin-"):
                twins[hit.name[5:]] = hit.description
        torn += len(twins) not in (0, 2) or len(set(twins.values())) > 1
        kept = len(cat.list("tool"))
        back += kept < last
        last = kept
        cat.search("turn")
        reads += 1
print(reads, torn, back, flush=True)
"""

VICTIM = """
import os, sys
from catalog import Catalog, Settings
url, life = sys.argv[1], sys.argv[2]
with Catalog(url, settings=Settings()) as cat:
    turn = 0
    while True:
        name = f"life-{life}-{turn}"
        cat.register("tool", name, "os:getcwd", description="a tool that survives " + "words " * 50, tags=["survivor"])
        os.write(1, (name + "\\n").encode())
        turn += 1
"""


class Crowd(NamedTuple):
    """What :func:`crowd` saw.

    Attributes:
        writes: entries whose writing was acknowledged.
        reads: rounds of the readers.
        lost: acknowledged entries that are not there.
        torn: reads that saw half a transaction.
        back: reads that saw fewer entries than an earlier one.
        failures: what the processes wrote to standard error.
        faults: what the check of the database reports.
    """

    writes: int
    reads: int
    lost: int
    torn: int
    back: int
    failures: list[str]
    faults: list[str]


class Kills(NamedTuple):
    """What :func:`kills` saw: processes killed, writes that were acknowledged, how many of those are missing."""

    killed: int
    acknowledged: int
    lost: int
    faults: list[str]


def crowd(path: Path, *, seconds: float, writers: int = 8, readers: int = 8) -> Crowd:
    """Let processes write and read one catalog for some seconds, and count what went wrong."""
    from catalog import Catalog, Settings

    url = f"sqlite:///{path}"
    Catalog(url, settings=Settings()).close()
    end = time.time() + seconds + 0.1 * (writers + readers)  # starting so many takes a while
    running = [start(WRITER, url, number, end) for number in range(writers)]
    running += [start(READER, url, writers, end) for _ in range(readers)]
    outputs = [process.communicate(timeout=seconds + 120) for process in running]
    failures = [error for _, error in outputs if error]
    numbers = [[int(word) for word in out.split()[1:]] for out, _ in outputs]  # the first word is "ready"
    turns = [(counts or [0])[0] for counts in numbers[:writers]]
    with Catalog(url, settings=Settings()) as cat:
        there = set(cat.list("tool"))
        expected = {f"kept-{number}-{turn}" for number in range(writers) for turn in range(turns[number])}
        faults = cat.check()
    rounds = [counts for counts in numbers[writers:] if len(counts) == 3]
    reads, torn, back = (sum(counts[column] for counts in rounds) for column in range(3))
    return Crowd(3 * sum(turns), reads, len(expected - there), torn, back, failures, faults)


def kills(path: Path, *, times: int, seed: int = 1) -> Kills:
    """Kill a writing process *times* times at a random moment; count acknowledged writes that are missing."""
    from catalog import Catalog, Settings

    url = f"sqlite:///{path}"
    Catalog(url, settings=Settings()).close()
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    faults: list[str] = []
    lost = 0
    for life in range(times):
        process = start(VICTIM, url, life)
        assert process.stdout is not None
        first = process.stdout.readline()  # a first write is acknowledged, so the process is at work
        time.sleep(chance.random() * 0.06)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged |= set((first + rest).split("\n")[:-1])  # the last line may be cut short
        with Catalog(url, settings=Settings()) as cat:
            lost += len(acknowledged - set(cat.list("tool")))
            if life % 10 == 0 or life == times - 1:
                faults += cat.check()
    return Kills(times, len(acknowledged), lost, faults)


def _crowd(folder: Path, seconds: float) -> bool:
    """Print what writers and readers saw; return whether anything was wrong."""
    seen = crowd(folder / "crowd.db", seconds=seconds)
    print(
        f"8 writers, 8 readers, {seconds:g} s: {seen.writes} writes, {seen.reads} rounds of reading; "
        f"{seen.lost} lost, {seen.torn} torn, {seen.back} backwards, {len(seen.failures)} failed, faults {seen.faults}",
        flush=True,
    )
    for text in seen.failures[:3]:
        print(text, file=sys.stderr)
    return bool(seen.lost or seen.torn or seen.back or seen.failures or seen.faults)


def _kills(folder: Path, times: int) -> bool:
    """Print what killed writers left behind; return whether anything was lost."""
    seen = kills(folder / "kills.db", times=times)
    print(
        f"kill -9, {seen.killed} times: {seen.acknowledged} acknowledged writes, {seen.lost} lost, "
        f"faults {seen.faults}",
        flush=True,
    )
    return bool(seen.lost or seen.faults)


def _edited(folder: Path, seconds: float) -> bool:
    """Print how vectors fared under edits; return whether any hit was by the vector of another text."""
    seen = edited(folder / "edited.db", seconds=seconds)
    print(
        f"1 editor, 2 searchers, {seconds:g} s: {seen.edits} edits, {seen.searches} searches, {seen.hits} hits; "
        f"{len(seen.wrong)} by a vector of another text, {len(seen.failures)} failed",
        flush=True,
    )
    for text in (*seen.wrong, *seen.failures)[:3]:
        print(text, file=sys.stderr)
    return bool(seen.wrong or seen.failures)


def _interrupted(folder: Path, times: int, name: str, code: str) -> bool:
    """Print how vectors fared when their updates were killed; return whether anything was wrong."""
    seen = interrupted(folder / f"{name[:7]}.db", times=times, code=code)
    print(
        f"kill -9 in {name}, {seen.killed} times: {seen.searched} hits, {len(seen.wrong)} by a vector of another "
        f"text, {seen.lost} vectors lost, {seen.left} missing at the end, faults {seen.faults}",
        flush=True,
    )
    return bool(seen.wrong or seen.lost or seen.left or seen.faults)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all and print the counts; return 1 if anything was lost."""
    parser = Parser("endurance", __doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of writing and reading, and of editing")
    parser.add_argument("--kills", type=int, default=200, help="of writers; of updates a quarter")
    options = parser.options(arguments)
    times = max(1, options.kills // 4)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        failed = [
            _edited(folder, options.seconds),
            _interrupted(folder, times, "embed_update()", LIBRARY),
            _interrupted(folder, times, "catalog embed update", COMMAND),
            _crowd(folder, options.seconds),
            _kills(folder, options.kills),
        ]
    return int(any(failed))


if __name__ == "__main__":
    raise SystemExit(main())
