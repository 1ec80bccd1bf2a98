"""What a scan tells the person who started it."""

from __future__ import annotations

import time
from typing import Any

from catalog.discovery.finding import ScanResult
from catalog.discovery.report import ScanReport
from catalog.entry.key import format_key
from catalog.errors import close_matches, did_you_mean
from catalog.workspace.workspace import Workspace


def unchanged_report(ws: Workspace, target: str, result: ScanResult, started: float) -> ScanReport:
    """Return the report of a scan after which nothing is to be stored; it began at *started*."""
    return ScanReport(
        target=target,
        unchanged=tuple(sorted(finding.key for finding in result.findings if undeclared(ws, finding.kind) is None)),
        skipped=(*skipped_of(result), *undeclared_of(ws, result)),
        clashes=clashes_of(result),
        files=result.counts["files"],
        seconds=round(time.perf_counter() - started, 3),
    )


def undeclared(ws: Workspace, kind: str) -> str | None:
    """Return why what code marks as being of a *kind* is not registered; None where the kind is known."""
    if kind in ws.kinds():
        return None
    hint = did_you_mean(close_matches(kind, ws.kinds())) or f'; declare it with kinds = ["{kind}"] in [tool.catalog]'
    return f"the kind {kind!r} is not declared{hint}"


def undeclared_of(ws: Workspace, result: ScanResult) -> tuple[dict[str, Any], ...]:
    """Return what is marked as being of a kind that nobody declared, each with the reason."""
    return tuple(
        {"path": finding.path, "reason": f"{finding.key} is not registered: {reason}"}
        for finding in result.findings
        if finding.framework == "catalog" and (reason := undeclared(ws, finding.kind))
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
