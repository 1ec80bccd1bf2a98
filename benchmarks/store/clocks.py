"""Clocks that are set back, and jump, between one change and the next."""

from __future__ import annotations

import random
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from benchmarks.children import Tell, whole
from benchmarks.store.seen import Seen, look, opened


def turn_clock(seconds: float) -> None:
    """Let every module of the catalog, and ``time.time``, see a time that many seconds from now."""
    true = time.time if not hasattr(time.time, "true") else time.time.true

    def shifted() -> float:
        return float(true()) + seconds

    shifted.true = true  # type: ignore[attr-defined]  # functions have attributes, their type does not
    time.time = shifted

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds)

    for name, module in list(sys.modules.items()):
        known = getattr(module, "datetime", None)
        if name.startswith("catalog") and isinstance(known, type) and issubclass(known, datetime):
            vars(module)["datetime"] = Shifted


def clock_set_back(folder: Path, times: int, chance: random.Random) -> Seen:
    """Change entries, golden cases and uses while the clock jumps: order and number of changes hold."""
    file, seen, expected = folder / "clock.db", Seen(), set[str]()
    for life in range(times):
        jumps = [chance.uniform(-10, 2) * 365 * 86_400 for _ in range(4)]

        def work(tell: Tell, life: int = life, jumps: list[float] = jumps) -> None:
            with opened(file) as cat:
                for turn, jump in enumerate(jumps):
                    turn_clock(jump)
                    name = f"life{life}"
                    cat.register("tool", name, "os:getcwd", description=f"turn {turn}")
                    tell(f"tool:{name}")
                    cat.golden.add(f"case {life} {turn}", f"tool:{name}")
                    cat.record_use(f"use {turn}", f"tool:{name}")
                    cat.search("turn", limit=3)
                history = cat.history("tool", name)
                said = [(one.revision, one.data["description"]) for one in history]
                if said != [(turn + 1, f"turn {turn}") for turn in reversed(range(len(jumps)))]:
                    raise AssertionError(said)
                if [one.revision for one in cat.log(2)] != [4, 3] or len(cat.golden) != 4 * (life + 1):
                    raise AssertionError("the log, or the golden cases")
                cat.restore("tool", name, 1)
                cat.prune(keep=4)
                if cat.entry("tool", name).description != "turn 0":
                    raise AssertionError("what was restored")

        told = whole(work)
        expected |= set(told.lines)
        one = look(file, expected, stopped=True, check=life % 10 == 0 or life == times - 1)
        seen = seen.and_(one._replace(faults=one.faults + told.faults))
    return seen._replace(acknowledged=4 * times)
