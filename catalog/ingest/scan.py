"""Scanning a package or path, and storing what it holds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from catalog.discovery.remembered import looked_at
from catalog.discovery.report import ScanReport
from catalog.discovery.rules import with_kinds
from catalog.discovery.scan import scan as scan_source
from catalog.entry.kinds import KINDS
from catalog.ingest.merge import Merge
from catalog.ingest.report import unchanged_report
from catalog.store.scan_records import DamagedRecordError, scan_record
from catalog.store.sources import options_of
from catalog.workspace.workspace import Workspace

Progress = Callable[[int, int, str], None]
_T = TypeVar("_T")


def scan(
    ws: Workspace,
    target: str | os.PathLike[str],
    *,
    public: bool,
    schemas: bool,
    exclude: Sequence[str],
    tests: bool,
    progress: Progress | None,
) -> ScanReport:
    """Scan *target* and store what it holds; see :meth:`catalog.Catalog.scan`."""
    patterns = [exclude] if isinstance(exclude, str) else list(exclude)
    options: dict[str, Any] = {"public": public, "schemas": schemas}
    options |= ({"exclude": patterns} if patterns else {}) | ({"tests": True} if tests else {})
    return scan_target(ws, os.fspath(target), options, progress, again=False)


def scan_target(
    ws: Workspace, target: str, options: dict[str, Any], progress: Progress | None, *, again: bool
) -> ScanReport:
    """Scan one target; *again* is a refresh, which leaves alone what hasn't changed."""
    return with_record(
        ws, (target, os.path.abspath(target)), lambda known: _scanned(ws, target, options, progress, known, again=again)
    )


def _scanned(
    ws: Workspace,
    target: str,
    options: dict[str, Any],
    progress: Progress | None,
    known: dict[str, Any] | None,
    *,
    again: bool,
) -> ScanReport:
    started = time.perf_counter()
    result = scan_source(
        target,
        public=bool(options.get("public", False)),
        schemas=bool(options.get("schemas", False)),
        exclude=options.get("exclude", ()),
        tests=bool(options.get("tests", False)),
        rules=rules_of(ws),
        known=known,
        progress=progress,
        own=None if os.path.isabs(target) else options.get("root"),
    )
    if again and result.unchanged:
        return unchanged_report(ws, target, result, started)
    target = result.target  # of a path: the whole of it, wherever one stands
    if result.root is not None and not os.path.isabs(target):
        # A package of a project is found by its name from some folders only; its own folder is remembered.
        before = options_of(ws.store.reader, target).get("root", result.root)
        options = {**options, "root": result.root}
        if os.path.realpath(before) != os.path.realpath(result.root):  # another project has a package of that name
            place = os.path.join(result.root, *target.split("."))
            target = place if os.path.isdir(place) else f"{place}.py"
    with ws.writing() as transaction:
        merge = Merge(ws, transaction, f"scan:{target}", "scan", again=again)
        merge.findings(result.findings, result.distribution, looked_at(result.files))
        if not (known and result.unchanged and options == options_of(ws.store.reader, target)):
            transaction.save_source(target, options, result.distribution, result.files)
        return merge.report(target, result, started)


def rules_of(ws: Workspace) -> Mapping[str, Any]:
    """Return the rules by which the project recognises entries beside the built-in ones."""
    declared = [kind for kind in ws.settings.kinds if kind not in KINDS]
    return with_kinds(ws.settings.recognise, declared)


def with_record(ws: Workspace, targets: Sequence[str], scan: Callable[[dict[str, Any] | None], _T]) -> _T:
    """Return what *scan* returns, which gets what the scan before has left of the first of *targets* that is known."""
    try:
        with scan_record(ws.store.reader, *targets) as known:
            return scan(known)
    except DamagedRecordError:  # `db check` names the row; every file is read again
        return scan(None)
