"""What a scan tells the person who started it."""

from __future__ import annotations

import time
from typing import Any

from catalog.discovery.finding import ScanResult
from catalog.discovery.report import ScanReport
from catalog.entry.key import format_key


def unchanged_report(target: str, result: ScanResult, started: float) -> ScanReport:
    """Return the report of a scan after which nothing is to be stored; it began at *started*."""
    return ScanReport(
        target=target,
        unchanged=tuple(sorted(finding.key for finding in result.findings)),
        skipped=skipped_of(result),
        clashes=clashes_of(result),
        undecided=undecided_of(result),
        files=result.counts["files"],
        seconds=round(time.perf_counter() - started, 3),
    )


def skipped_of(result: ScanResult) -> tuple[dict[str, Any], ...]:
    """Return the files that were passed over, each with the reason."""
    return tuple({"path": skip.path, "reason": skip.reason} for skip in result.skipped)


def clashes_of(result: ScanResult) -> tuple[dict[str, Any], ...]:
    """Return the keys that two findings claim, and which finding got another name."""
    return tuple(
        {"key": format_key(c.kind, c.name), "kept": c.kept, "other": c.other, "renamed": c.renamed}
        for c in result.clashes
    )


def undecided_of(result: ScanResult) -> tuple[dict[str, Any], ...]:
    """Return the findings that have several definitions of which one runs, with their lines."""
    return tuple(
        {
            "key": finding.key,
            "ref": finding.ref,
            "path": finding.path,
            "lines": [each["line"] for each in finding.metadata["definitions"]],
        }
        for finding in result.findings
        if "definitions" in finding.metadata
    )
