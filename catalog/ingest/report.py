"""What a scan tells the person who started it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from catalog.discovery.finding import Finding, ScanResult
from catalog.discovery.report import ScanReport
from catalog.entry.key import format_key
from catalog.errors import close_matches, did_you_mean
from catalog.store import queries
from catalog.verbs.lines import CHUNK, batched
from catalog.workspace.workspace import Workspace


def unchanged_report(ws: Workspace, target: str, result: ScanResult, started: float) -> ScanReport:
    """Return the report of a scan after which nothing is to be stored; it began at *started*."""
    known = set(ws.kinds())
    unchanged: list[str] = []
    removed: list[dict[str, Any]] = []
    undeclared: list[dict[str, Any]] = []
    undecided: list[dict[str, Any]] = []
    for findings in batched(result.findings, CHUNK):
        gone = _removed(ws, findings)
        unchanged += (finding.key for finding in findings if finding.kind in known and finding.key not in gone)
        removed += gone.values()
        undeclared += undeclared_of(ws, findings)
        undecided += undecided_of(findings)
    return ScanReport(
        target=target,
        unchanged=tuple(sorted(unchanged)),
        skipped=(*removed, *undeclared, *skipped_of(result)),
        clashes=clashes_of(result),
        undecided=tuple(undecided),
        files=result.counts["files"],
        seen=result.counts["seen"],
        left_out=result.left_out,
        unread=result.unread,
        seconds=round(time.perf_counter() - started, 3),
    )


def undeclared(ws: Workspace, kind: str) -> str | None:
    """Return why what code marks as being of a *kind* is not registered; None where the kind is known."""
    if kind in ws.settings.kinds or kind in ws.kinds():  # the latter asks the database
        return None
    hint = did_you_mean(close_matches(kind, ws.kinds())) or f'; declare it with kinds = ["{kind}"] in [tool.catalog]'
    return f"the kind {kind!r} is not declared{hint}"


def undeclared_of(ws: Workspace, findings: Iterable[Finding]) -> tuple[dict[str, Any], ...]:
    """Return what is marked as being of a kind that nobody declared, each with the reason."""
    return tuple(
        {"path": finding.path, "reason": f"{finding.key} is not registered: {reason}"}
        for finding in findings
        if finding.framework == "catalog" and (reason := undeclared(ws, finding.kind))
    )


def taken_away(path: str, key: str) -> dict[str, Any]:
    """Return what is reported of a finding whose entry somebody unregistered."""
    return {"path": path, "reason": f"{key} was unregistered; `catalog restore {key}` brings it back"}


def _removed(ws: Workspace, findings: Sequence[Finding]) -> dict[str, dict[str, Any]]:
    """Return the report of each finding whose entry somebody unregistered, by key."""
    reader = ws.store.reader
    there = queries.ids_of(reader, [(finding.kind, finding.name) for finding in findings])
    removed = {}
    for finding in findings:
        if (finding.kind, finding.name) not in there:  # as good as none: a look at the history of each is cheap
            last = reader.one(queries.LAST_CHANGE, (finding.kind, finding.name))
            if last is not None and last[0] == "unregister":
                removed[finding.key] = taken_away(finding.ref or finding.key, finding.key)
    return removed


def skipped_of(result: ScanResult) -> tuple[dict[str, Any], ...]:
    """Return the files that were passed over, each with the reason."""
    return tuple({"path": skip.path, "reason": skip.reason} for skip in result.skipped)


def clashes_of(result: ScanResult) -> tuple[dict[str, Any], ...]:
    """Return the keys that two findings claim, and which finding got another name."""
    return tuple(
        {"key": format_key(c.kind, c.name), "kept": c.kept, "other": c.other, "renamed": c.renamed}
        for c in result.clashes
    )


def undecided_of(findings: Iterable[Finding]) -> tuple[dict[str, Any], ...]:
    """Return the findings that have several definitions of which one runs, with their lines."""
    return tuple(
        {
            "key": finding.key,
            "ref": finding.ref,
            "path": finding.path,
            "lines": [each["line"] for each in finding.metadata["definitions"]],
        }
        for finding in findings
        if "definitions" in finding.metadata
    )
