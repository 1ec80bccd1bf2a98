"""Many processes on one catalog, and processes that die (the long version: ``python -m benchmarks endurance``)."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import WHOLE

from benchmarks.store.endurance import crowd, kills

pytestmark = pytest.mark.sqlite("benchmarks of a file")


def test_writers_and_readers_lose_and_tear_nothing(tmp_path: Path) -> None:
    """As many writing as reading processes see no error, no half transaction and no write undone."""
    of_each, seconds = (8, 3) if WHOLE else (4, 2)
    seen = crowd(tmp_path / "crowd.db", seconds=seconds, writers=of_each, readers=of_each)
    assert seen._replace(writes=0, reads=0) == (0, 0, 0, 0, 0, [], [])
    assert seen.writes > 0
    assert seen.reads > 0


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    """After each of many kills the catalog opens, is whole, and has every write its writer was told of."""
    times = 12 if WHOLE else 4
    seen = kills(tmp_path / "kills.db", times=times)
    assert (seen.killed, seen.lost, seen.faults) == (times, 0, [])
    assert seen.acknowledged >= times
