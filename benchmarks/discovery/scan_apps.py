"""What a scan finds in repositories of applications, against an independent count over ``ast``.

    python -m benchmarks scan_apps REPO…             # folders of repositories, as they were cloned
    python -m benchmarks scan_apps REPO… --misses    # with each miss and each finding that the count does not have
    python -m benchmarks scan_apps REPO… --json      # the same, and every figure, for programs
    python -m benchmarks scan_apps REPO… --speed     # the time a scan takes against a bare walk of ``ast.parse``

The count (`benchmarks/apps`) shares nothing with the scan: frameworks' names from their documentation, imports followed
through the repository's own files. Both leave out tests, other people's packages and what git ignores. A finding is
right if the count has something of its kind where it begins, give or take the lines of its decorators. What may be
counted or not (a library's tool made on the spot, an abstract class) is neither missed nor wrong. Goals: recall 0.95 of
decorated and derived tools, 0.9 of agents and of plain functions given to agents; precision 0.97; at most 5 % without a
description where the source has a text. Exit status 1 below a goal in total.

With ``--speed`` the files of the repositories, up to 5,000 of Python with the documents beside them, are copied into
one folder; the walk and the scans take turns in one process on one core, and one more scan gets every core there is.
Goal: 1.5 times the walk, everything on. With ``--whole`` it is all that git knows of the repositories, tests too: the
walk parses them, and a scan leaves them out as it does for everybody.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.apps.compare import Comparison, Seen, compare, reasons, tally
from benchmarks.apps.count import Count, count
from benchmarks.apps.files import version_of
from benchmarks.discovery.speed import measure_speed
from benchmarks.measure import one_core, versions
from benchmarks.options import Parser
from catalog.discovery.scan import scan

GOALS = (
    ("tools, decorated and derived", "tool", ("decorated", "derived"), 0.95),
    ("plain functions given to agents", "tool", ("given",), 0.9),
    ("agents", "agent", ("decorated", "derived", "constructed", "document"), 0.9),
    ("tools, constructed", "tool", ("constructed",), None),
    ("tools, written as data", "tool", ("written",), None),
    ("tools in documents", "tool", ("document",), None),
    ("prompts", "prompt", ("decorated", "derived", "constructed", "document"), None),
    ("models", "model", ("decorated", "derived", "constructed"), None),
    ("skills", "skill", ("document", "constructed", "derived"), None),
    ("MCP servers", "mcp_server", ("constructed", "document"), None),
)
"""What is shown, and the recall that it has to reach."""
PRECISION = 0.97
BARE = 0.05


def scanned(top: Path) -> tuple[list[Seen], dict[str, str], int]:
    """Scan a repository; return what was found, what was left out and why, and the number of files."""
    result = scan(str(top))
    whole = os.path.realpath(top)
    below = [(finding, os.path.relpath(os.path.realpath(finding.path), whole)) for finding in result.findings]
    seen = [
        Seen(finding.kind, finding.given_name, path.replace(os.sep, "/"), finding.line, bool(finding.description))
        for finding, path in below
    ]
    skipped = {os.path.relpath(os.path.realpath(each.path), whole): each.reason for each in result.skipped}
    return seen, skipped, result.counts["files"]


def lines_of(result: Comparison) -> Iterator[tuple[str, int, int, float | None, bool]]:
    """Yield each figure: what, how many, of how many, the goal, and whether more is worse."""
    for name, kind, hows, goal in GOALS:
        here, whole = result.recall(kind, hows)
        yield name, here, whole, goal, False
    right, whole = result.precision()
    yield "precision", right, whole, PRECISION, False
    bare, whole = result.bare()
    yield "without a description", len(bare), whole, BARE, True


def show(result: Comparison) -> bool:
    """Print the figures; return whether all goals are reached."""
    reached = True
    for name, here, whole, goal, is_share in lines_of(result):
        if not whole:
            continue
        ratio = here / whole
        wanted = "" if goal is None else f"  goal {'<=' if is_share else '>='} {goal}"
        print(f"  {name:<34} {here:6,} of {whole:6,}  ratio {ratio:6.3f}{wanted}")
        reached = reached and (goal is None or (ratio <= goal if is_share else ratio >= goal))
    return reached


def show_misses(result: Comparison, skipped: dict[str, str], most: int) -> None:
    """Print what is missed, wrong and without a description, grouped by reason."""
    for why, items in reasons(result.missed, skipped):
        print(f"  missed {len(items):4}  {why}")
        for item in items[:most]:
            print(f"      {item.path}:{item.line}  {item.kind} {item.name}")
    groups: dict[str, list[Seen]] = {}
    for finding in result.wrong:
        groups.setdefault(finding.kind, []).append(finding)
    for kind, findings in groups.items():
        print(f"  not in the count {len(findings):4}  {kind}")
        for finding in findings[:most]:
            print(f"      {finding.path}:{finding.line}  {finding.kind} {finding.name}")
    bare = result.bare()[0]
    if bare:
        print(f"  without a description {len(bare):4}")
        for item, finding in bare[:most]:
            print(f"      {finding.path}:{finding.line}  {finding.kind} {finding.name} ({item.how}, {item.origin})")


def data_of(name: str, version: str, counted: Count, result: Comparison, skipped: dict[str, str]) -> dict[str, Any]:
    """Return everything about one repository, for programs."""
    return {
        "repository": name,
        "version": version,
        "files": len(counted.python),
        "figures": {what: {"here": here, "of": whole, "goal": goal} for what, here, whole, goal, _ in lines_of(result)},
        "counted": {" ".join(key): number for key, number in tally(counted.items).items()},
        "missed": [{"reason": why, **asdict(item)} for why, items in reasons(result.missed, skipped) for item in items],
        "wrong": [asdict(finding) for finding in result.wrong],
        "bare": [{**asdict(finding), "how": item.how, "origin": item.origin} for item, finding in result.bare()[0]],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser("scan_apps", __doc__)
    parser.add_argument("repositories", nargs="*", type=Path, metavar="REPO", help="folders of repositories")
    parser.add_argument("--misses", action="store_true", help="name what is missed, wrong or without a description")
    parser.add_argument("--most", type=int, default=1000, metavar="N", help="of each reason (default: %(default)s)")
    parser.add_argument("--speed", action="store_true", help="measure the time of a scan instead")
    parser.add_argument("--files", type=int, default=5000, help="of Python, with --speed (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="with --speed (default: %(default)s)")
    parser.add_argument("--whole", action="store_true", help="with --speed, tests and all that git knows, too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.options(arguments)
    if not options.repositories:
        print("no repository is given: python -m benchmarks scan_apps REPO…; skipped")
        return 0
    print(versions(), file=sys.stderr if options.json else sys.stdout)
    if options.speed:
        one_core()
        return 0 if measure_speed(options.repositories, options.files, options.rounds, whole=options.whole) else 1
    total, data = Comparison(), []
    for top in options.repositories:
        counted = count(top)
        seen, skipped, files = scanned(top)
        result = compare(counted.items, seen)
        total.add(result)
        if options.json:
            data.append(data_of(top.name, version_of(top), counted, result, skipped))
            continue
        print(f"\n{top.name} ({version_of(top)}): {len(counted.python):,} files counted, {files:,} scanned")
        show(result)
        if options.misses:
            show_misses(result, skipped, options.most)
    if options.json:
        json.dump(data, sys.stdout, indent=1)
        return 0
    print(f"\nall {len(options.repositories)}")
    return 0 if show(total) else 1


if __name__ == "__main__":
    raise SystemExit(main())
