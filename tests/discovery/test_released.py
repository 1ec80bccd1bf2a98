"""What a scan has read is let go of when it is over."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.discovery.root_scan import RootScan
from catalog.discovery.scan import scan

pytestmark = pytest.mark.sqlite("files only")


def test_nothing_waits_for_the_collector(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The roots of a scan, with the extracts of their files, are gone before any collection."""
    roots: list[weakref.ref[RootScan]] = []
    real = RootScan.to_look_at

    def noted(self: RootScan) -> Iterator[str]:
        roots.append(weakref.ref(self))
        return real(self)

    monkeypatch.setattr(RootScan, "to_look_at", noted)
    gc.collect()
    gc.disable()
    try:
        result = scan(packages)
        there = [root for root in roots if root() is not None]
    finally:
        gc.enable()
    assert (len(result.findings) > 100, len(roots) > 0, there) == (True, True, [])
