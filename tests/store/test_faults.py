"""Faults at random moments, each a few times (the long version: ``python -m benchmarks faults``)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from factories import WHOLE
from forks import forks

from benchmarks.store.faults import FAULTS
from benchmarks.store.soak import ROLES, soak

pytestmark = pytest.mark.sqlite("benchmarks of a file")

TRY = """
import sys
from benchmarks.store.faults import tried
seen = tried(sys.argv[1], int(sys.argv[2]), seed=7)
print(seen.runs, seen.lost, seen.unopened, seen.faults, seen.acknowledged > 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_nothing(tmp_path: Path, fault: str) -> None:
    """After each run the catalog opens and is sound, and has every write that was acknowledged."""
    times = 4 if WHOLE else 2
    status, out, err = forks().python(TRY, tmp_path, os.environ, fault, str(times))  # it forks, and sets limits
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == f"{times} 0 0 () True"


def test_a_crowd_of_all_kinds_sees_no_error_and_nothing_stale() -> None:
    """Eight processes write, read, search, refresh and verify: each reads what was committed before, and none fails."""
    reports, faults, _ = soak(0.1 if WHOLE else 0.05, 8)
    assert [(one.role, one.stale, one.errors) for one in reports] == [(role, 0, []) for role in ROLES]
    assert all(one.done for one in reports)
    assert faults == []
