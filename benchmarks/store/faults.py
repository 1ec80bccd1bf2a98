"""kill -9 in every kind of writing, full disks, two upgrades at once, clocks set back: nothing acknowledged is lost.

    python -m benchmarks faults                              # each fault strikes 200 times: some minutes
    python -m benchmarks faults --times 20 --only "disk full"

A fault strikes where it comes in the middle of the work; it is tried until it has struck as often as was asked for.

Counts, whose floor is zero: acknowledged writes that are missing or half there, catalogs that do not open afterwards,
and what a check of the database reports. Exit status 1 if any is above zero. A full disk needs a file system of its
own, which only root can make; without it a limit on the size of files stands in. The test suite runs it briefly.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.options import Parser
from benchmarks.store import kills
from benchmarks.store.clocks import clock_set_back
from benchmarks.store.full_disk import disk_full, upgrade_without_room
from benchmarks.store.seen import Seen, opened

FAULTS: dict[str, Callable[[Path, int, random.Random], Seen]] = {
    "kill in register": kills.registering,
    "kill in register_many": kills.registering_many,
    "kill in import": kills.importing,
    "kill in reindex, mend": kills.making_again,
    "kill in backup": kills.backing_up,
    "kill in copy": kills.copying,
    "kill in upgrade": kills.upgrading,
    "two upgrades at once": kills.two_upgrades,
    "disk full": disk_full,
    "disk full in upgrade": upgrade_without_room,
    "clock set back": clock_set_back,
}


def tried(name: str, times: int, seed: int = 1) -> Seen:
    """Try a fault in a folder of its own; return what came of it."""
    with tempfile.TemporaryDirectory(prefix="catalog-faults-") as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(place)
        with opened(folder / "warm.db") as cat:  # what children need is imported before they are made
            cat.register("tool", "warm", "a:b")
        return FAULTS[name](folder, times, random.Random(seed))


def until_struck(name: str, times: int, seed: int = 1) -> Seen:
    """Try a fault until it has struck *times* times; one that never strikes is tried as often as that."""
    seen, wanted = Seen(), times
    for turn in range(10):
        batch = tried(name, wanted, seed + turn)
        seen = seen.and_(batch)
        if seen.is_bad or batch.stopped == 0 or seen.stopped >= times:
            break
        wanted = math.ceil((times - seen.stopped) * seen.runs / seen.stopped)
    return seen


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all faults, or those asked for, and print the counts; return 1 if anything was lost."""
    parser = Parser("faults", __doc__)
    parser.add_argument("--times", type=int, default=200, help="how often each fault strikes")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--only", metavar="TEXT", help="faults with this text in their names")
    options = parser.options(arguments)
    names = [name for name in FAULTS if (options.only or "") in name]
    if not names:
        raise SystemExit(f"no fault is called {options.only!r}; there are: {', '.join(FAULTS)}")
    print(f"{'fault':22} {'runs':>5} {'struck':>8} {'acknowledged':>13} {'lost':>5} {'not opened':>11} {'faults':>7}")
    is_bad = False
    for name in names:
        begun = time.perf_counter()
        seen = until_struck(name, options.times, options.seed)
        print(
            f"{name:22} {seen.runs:5} {seen.stopped:8} {seen.acknowledged:13,} {seen.lost:5} {seen.unopened:11} "
            f"{len(seen.faults):7}   {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        for text in seen.faults[:3]:
            print(f"   {text}", file=sys.stderr)
        is_bad = is_bad or seen.is_bad
    return int(is_bad)


if __name__ == "__main__":
    raise SystemExit(main())
