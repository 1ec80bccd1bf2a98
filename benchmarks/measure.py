"""Timing in turns: ours, theirs, ours, theirs, ... so that a machine whose speed drifts can't favour one side."""

from __future__ import annotations

import gc
import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version


def one_core() -> None:
    """Keep this process, and those it starts, on one core; before numpy is imported, which starts threads."""
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def versions(*packages: str) -> str:
    """Return the versions of Python, SQLite and *packages*, in one line."""
    parts = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    for package in packages:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} (not installed)")
    return ", ".join(parts)


def timed(call: Callable[[], object], repeat: int) -> float:
    """Return the seconds of one of *repeat* calls."""
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter()
        for _ in range(repeat):
            call()
        return (time.perf_counter() - begin) / repeat
    finally:
        gc.enable()


def compare(
    name: str, ours: Callable[[], object], peer: Callable[[], object], *, goal: str, rounds: int = 9, repeat: int = 1
) -> float:
    """Print the medians of both and the median of their ratios, round by round; return the latter."""
    ours(), peer()
    pairs = [(timed(ours, repeat), timed(peer, repeat)) for _ in range(rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, theirs = statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
    print(f"{name:<62} {_shown(mine):>10} {_shown(theirs):>10}  ratio {ratio:8.3f}   goal {goal}", flush=True)
    return ratio


def _shown(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.2f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
