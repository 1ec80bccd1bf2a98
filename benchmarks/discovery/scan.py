"""Scans of large installed packages against a bare walk of ``ast.parse`` over the same files.

    python -m benchmarks scan sqlalchemy transformers        # packages of the environment it runs in

Known artefacts, `--public`, and a second scan of the unchanged package, each as a ratio to the walk; goals 0.5, 1.5 and
0.05. Package by package the walk and the scans take turns in one process on one core, its garbage collector running as
it does in any program. The time griffe takes to load the same package follows as a remark; it is not measured where the
walk takes longer than ten seconds.
"""

from __future__ import annotations

import ast
import gc
import json
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from benchmarks.measure import one_core, versions
from benchmarks.options import Parser
from benchmarks.peers import imported
from catalog.discovery.scan import scan
from catalog.discovery.target import find_target
from catalog.source.locate import Locator

DEFAULT = ("sqlalchemy", "pydantic", "hypothesis", "mypy", "numpy")


def walk(paths: list[str]) -> None:
    """Parse every file, as the simplest scanner would."""
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        try:
            ast.parse(data)
        except (SyntaxError, ValueError, RecursionError):
            continue


def clocked(call: Callable[[], Any]) -> float:
    """Return the seconds of one call, the garbage collector as it is."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(package: str, rounds: int) -> None:
    """Print the figures of one package."""
    paths = [file.path for file in find_target(package, Locator()).listing.files]
    known, public = scan(package), scan(package, public=True)
    # What the store keeps is JSON, so that is what a second scan gets.
    states = [json.loads(json.dumps(result.files)) for result in (known, public)]
    calls: dict[str, Callable[[], Any]] = {
        "walk": lambda: walk(paths),
        "known artefacts": lambda: scan(package),
        "public": lambda: scan(package, public=True),
        "second scan": lambda: scan(package, known=states[0]),
        "second scan, public": lambda: scan(package, public=True, known=states[1]),
    }
    # The scans pause the collector, the walk does not: going through the results kept here would slow the walk alone.
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(clocked(call))
    base = statistics.median(times["walk"])
    print(
        f"\n{package}: {len(paths):,} files, walk {base:.2f} s, {len(known.findings):,} known artefacts, "
        f"{len(public.findings):,} with --public, {len(known.skipped)} skipped"
    )
    for name, goal in {
        "known artefacts": 0.5,
        "public": 1.5,
        "second scan": 0.05,
        "second scan, public": 0.05,
    }.items():
        ratios = [mine / theirs for mine, theirs in zip(times[name], times["walk"], strict=True)]
        mine, ratio = statistics.median(times[name]), statistics.median(ratios)
        print(f"  {name:<22} {mine:8.3f} s  ratio {ratio:7.4f}  goal <= {goal}")
    against_griffe(package, base)


def against_griffe(package: str, base: float) -> None:
    """Print the time griffe takes for the same package, as a remark."""
    if base > 10:
        return
    if not imported("griffe", "griffe"):
        return
    import griffe

    try:
        taken = clocked(lambda: griffe.load(package, allow_inspection=False, resolve_aliases=False))
    except Exception as error:  # griffe gives up on some packages
        print(f"  griffe.load             {type(error).__name__}: {error}")
        return
    print(f"  griffe.load            {taken:8.3f} s  ratio {taken / base:7.4f}  (a remark)")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("scan", __doc__)
    parser.add_argument("packages", nargs="*", default=DEFAULT, help="packages of this environment")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-gc", action="store_true", help="walk and scan with the garbage collector off")
    options = parser.options(arguments)
    one_core()
    if options.no_gc:
        gc.disable()
    print(versions("griffelib", *options.packages))
    for package in options.packages:
        if find_spec(package) is None:
            print(f"\n{package}: not installed; skipped")
        else:
            measure(package, options.rounds)


if __name__ == "__main__":
    main()
