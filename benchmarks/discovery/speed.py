"""The time that a scan of a repository takes, everything on, against a bare walk of ``ast.parse`` over its files."""

from __future__ import annotations

import gc
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.apps.files import counted, known
from benchmarks.discovery.scan import walk
from catalog.discovery.scan import scan

GOALS = dict.fromkeys(("scan", "scan, schemas too", "scan, tests too", "scan, every core"), 1.5)
"""How many times as long as the walk a scan may take, on one core, and with as many as there are."""


def copied(repositories: Sequence[Path], most: int, into: Path, *, whole: bool) -> Iterator[str]:
    """Copy files into one folder, until it has *most* of Python; yield the paths of these.

    They are those that count, or of the *whole* repository: tests and what other people wrote, too.
    """
    done = 0
    for top in repositories:
        for name in known(top) if whole else counted(top):
            target = into / top.name.replace("+", "-") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / name, target)  # with its time: what was written just now is compared by content
            if name.endswith(".py"):
                yield str(target)
                done += 1
                if done == most:
                    return


def measure_speed(repositories: Sequence[Path], most: int, rounds: int, *, whole: bool) -> bool:
    """Print the time of scans and their ratio to the walk; return whether the goals are reached."""
    with tempfile.TemporaryDirectory() as folder:
        paths = list(copied(repositories, most, Path(folder), whole=whole))
        first = scan(folder)
        before = json.loads(json.dumps(first.files))  # what the store keeps is JSON, so that is what a second scan gets
        calls: dict[str, Callable[[], Any]] = {
            "walk": lambda: walk(paths),
            "scan": lambda: scan(folder),
            "scan, schemas too": lambda: scan(folder, schemas=True),
            **({"scan, tests too": lambda: scan(folder, tests=True)} if whole else {}),
            "scan, every core": lambda: on_every_core(lambda: scan(folder)),
            "second scan": lambda: scan(folder, known=before),
        }
        gc.collect()
        gc.freeze()
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, call in calls.items():
                times[name].append(clocked(call))
    print(f"\n{len(paths):,} files of Python, {len(first.findings):,} findings")
    reached = [show(name, times, GOALS.get(name)) for name in calls]
    return all(reached)


def clocked(call: Callable[[], Any]) -> tuple[float, float]:
    """Return the seconds of one call, and those that the processor worked for it: others may use the machine."""
    begin = time.perf_counter(), worked()
    call()
    return time.perf_counter() - begin[0], worked() - begin[1]


def worked() -> float:
    """Return the seconds that processors worked for this process and for those that have helped it."""
    return time.process_time() + sum(os.times()[2:4])


def on_every_core(call: Callable[[], Any]) -> None:
    """Call *call* on all the cores that the system lets this process have."""
    if not hasattr(os, "sched_setaffinity"):
        call()
        return
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        call()
    finally:
        os.sched_setaffinity(0, mine)


def show(name: str, times: dict[str, list[tuple[float, float]]], goal: float | None) -> bool:
    """Print the medians of what was clocked and of the ratios to the walk; return whether the goal is reached."""
    wall, busy = (statistics.median(each[clock] for each in times[name]) for clock in (0, 1))
    pairs = list(zip(times[name], times["walk"], strict=True))
    ratio, ratio_busy = (statistics.median(mine[clock] / walked[clock] for mine, walked in pairs) for clock in (0, 1))
    wanted = "" if goal is None else f"  goal <= {goal}"
    figures = f"{wall:8.3f} s, processor {busy:8.3f} s  ratio {ratio:7.4f}, processor {ratio_busy:.4f}"
    print(f"  {name:<18} {figures}{wanted}")
    return goal is None or ratio <= goal
