"""What a scan has read is let go of when it is over."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from catalog.discovery.root_scan import RootScan
from catalog.discovery.scan import scan

pytestmark = pytest.mark.sqlite("files only")


def test_nothing_waits_for_the_collector(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The roots of a scan, with the extracts of their files, are gone before any collection."""
    roots: list[weakref.ref[RootScan]] = []
    real = RootScan.look

    def noted(self: RootScan) -> None:
        roots.append(weakref.ref(self))
        real(self)

    monkeypatch.setattr(RootScan, "look", noted)
    gc.collect()
    gc.disable()
    try:
        result = scan(packages)
        there = [root for root in roots if root() is not None]
    finally:
        gc.enable()
    assert (len(result.findings) > 100, len(roots) > 0, there) == (True, True, [])
