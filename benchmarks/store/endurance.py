"""Writers, readers and kill -9 on one catalog: ``python -m benchmarks endurance`` prints what was done and lost.

And vectors under the same treatment (:mod:`benchmarks.store.staleness`): searches while another process edits, updates
that are killed. With ``--seconds`` and ``--kills`` it runs shorter; the test suite does.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

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
        found = {}
        for hit in cat.search(tags=[f"writer-{reads % writers}"], limit=None):
            if hit.name.startswith("twin-"):
                found[hit.name[5:]] = hit.description
        torn += len(found) not in (0, 2) or len(set(found.values())) > 1
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
        writes: entries the writers were told are written.
        reads: rounds of the readers.
        lost: acknowledged entries that are not there.
        torn: reads that saw half a transaction.
        back: reads that saw fewer entries than an earlier one.
        failures: what the processes wrote to standard error.
        faults: what the check of the database says.
    """

    writes: int
    reads: int
    lost: int
    torn: int
    back: int
    failures: list[str]
    faults: list[str]


class Kills(NamedTuple):
    """What :func:`kills` saw: processes killed, writes they were told are written, how many of those are missing."""

    killed: int
    acknowledged: int
    lost: int
    faults: list[str]


def _start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def crowd(path: Path, *, seconds: float, writers: int = 8, readers: int = 8) -> Crowd:
    """Let processes write and read one catalog for some seconds, and count what went wrong."""
    from catalog import Catalog, Settings

    url = f"sqlite:///{path}"
    Catalog(url, settings=Settings()).close()
    end = time.time() + seconds + 0.1 * (writers + readers)  # starting so many takes a while
    running = [_start(WRITER, url, number, end) for number in range(writers)]
    running += [_start(READER, url, writers, end) for _ in range(readers)]
    said = [process.communicate(timeout=seconds + 120) for process in running]
    failures = [error for _, error in said if error]
    numbers = [[int(word) for word in out.split()[1:]] for out, _ in said]
    with Catalog(url, settings=Settings()) as cat:
        there = set(cat.list("tool"))
        expected = {f"kept-{number}-{turn}" for number in range(writers) for turn in range((numbers[number] or [0])[0])}
        faults = cat.check()
    rounds = [one for one in numbers[writers:] if len(one) == 3]
    return Crowd(
        3 * sum((one or [0])[0] for one in numbers[:writers]),
        sum(one[0] for one in rounds),
        len(expected - there),
        sum(one[1] for one in rounds),
        sum(one[2] for one in rounds),
        failures,
        faults,
    )


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
        process = _start(VICTIM, url, life)
        assert process.stdout is not None
        first = process.stdout.readline()  # it writes by now
        time.sleep(chance.random() * 0.06)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged |= {line + "\n" for line in (first + rest).split("\n")[:-1] if line}
        with Catalog(url, settings=Settings()) as cat:
            lost += len({name.strip() for name in acknowledged} - set(cat.list("tool")))
            if life % 10 == 0 or life == times - 1:
                faults += cat.check()
    return Kills(times, len(acknowledged), lost, faults)


def main() -> int:
    """Run both and print the counts; 1 if anything was lost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--kills", type=int, default=200)
    given = options.parse_args()
    stale = _vectors(given.seconds, max(1, given.kills // 4))
    with tempfile.TemporaryDirectory() as folder:
        one = crowd(Path(folder) / "crowd.db", seconds=given.seconds)
        print(
            f"8 writers, 8 readers, {given.seconds:g} s: {one.writes} writes, {one.reads} rounds of reading; "
            f"{one.lost} lost, {one.torn} torn, {one.back} backwards, {len(one.failures)} failed, faults {one.faults}"
        )
        for text in one.failures[:3]:
            print(text, file=sys.stderr)
        other = kills(Path(folder) / "kills.db", times=given.kills)
        print(
            f"kill -9, {other.killed} times: {other.acknowledged} acknowledged writes, {other.lost} lost, "
            f"faults {other.faults}"
        )
    failed = one.lost or one.torn or one.back or one.failures or one.faults or other.lost or other.faults or stale
    return int(bool(failed))


def _vectors(seconds: float, times: int) -> bool:
    """Print how vectors fared; tell whether anything was wrong."""
    from benchmarks.store.staleness import COMMAND, LIBRARY, edited, interrupted

    failed = False
    with tempfile.TemporaryDirectory() as folder:
        seen = edited(Path(folder) / "edited.db", seconds=seconds)
        print(
            f"1 editor, 2 searchers, {seconds:g} s: {seen.edits} edits, {seen.searches} searches, {seen.hits} hits; "
            f"{len(seen.wrong)} by a vector of another text, {len(seen.failures)} failed"
        )
        for text in (*seen.wrong, *seen.failures)[:3]:
            print(text, file=sys.stderr)
        failed |= bool(seen.wrong or seen.failures)
        for name, code in (("embed_update()", LIBRARY), ("catalog embed update", COMMAND)):
            cut = interrupted(Path(folder) / f"{name[:7]}.db", times=times, code=code)
            print(
                f"kill -9 in {name}, {cut.killed} times: {cut.searched} hits, {len(cut.wrong)} by a vector of another "
                f"text, {cut.lost} vectors lost, {cut.left} missing at the end, faults {cut.faults}"
            )
            failed |= bool(cut.wrong or cut.lost or cut.left or cut.faults)
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
