"""What a scan did, as data."""

from __future__ import annotations

import json

import pytest

from catalog.discovery.report import ScanReport


def test_a_report_is_plain_data() -> None:
    """A report as a dictionary has every field, tuples as lists, and goes through JSON."""
    report = ScanReport(
        "mypkg", found=("tool:a",), skipped=({"path": "x.py", "reason": "broken"},), files=2, seconds=0.5
    )
    assert json.loads(json.dumps(report.to_dict())) == {
        "target": "mypkg",
        "found": ["tool:a"],
        "updated": [],
        "unchanged": [],
        "drifted": [],
        "gone": [],
        "skipped": [{"path": "x.py", "reason": "broken"}],
        "clashes": [],
        "renamed": [],
        "undecided": [],
        "shadows": [],
        "files": 2,
        "seen": 0,
        "opened": 0,
        "left_out": {},
        "unread": {},
        "seconds": 0.5,
    }


@pytest.mark.parametrize(
    ("report", "quiet"),
    [
        (ScanReport("x"), True),
        (ScanReport("x", unchanged=("tool:a",)), True),
        (ScanReport("x", found=("tool:a",)), False),
        (ScanReport("x", drifted=({"key": "tool:a"},)), False),
    ],
)
def test_a_report_is_quiet_if_nothing_needs_a_look(report: ScanReport, quiet: bool) -> None:
    """Only new, updated, drifted or missing entries make a report one to read."""
    assert report.is_quiet is quiet
