"""One command for every figure.

    python -m benchmarks --list                      # the names, and what each measures
    python -m benchmarks quality --help              # the options of one benchmark
    python -m benchmarks foundation                  # one benchmark, at its full sizes
    python -m benchmarks --quick                     # all, at the smallest sizes that still show the figure
    python -m benchmarks --quick scan use            # some of them, likewise
    python -m benchmarks --data DIR quality          # with the evaluation data in DIR

The exit status is 0 if all that was asked for is measured, 1 if not, and 2 for a name that does not exist.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from benchmarks.data import VARIABLE
from benchmarks.processes import ROOT, environment


class Benchmark(NamedTuple):
    """The module of a benchmark, and the arguments of ``--quick``."""

    module: str
    quick: tuple[str, ...]


_WORDLLAMA = ("--encoder", "wordllama")

BENCHMARKS = {
    "foundation": Benchmark("benchmarks.store.foundation", ("--size", "10000", "--rounds", "3")),
    "endurance": Benchmark("benchmarks.store.endurance", ("--seconds", "2", "--kills", "5")),
    "faults": Benchmark("benchmarks.store.faults", ("--times", "4")),
    "room": Benchmark("benchmarks.store.room", ("--size", "2000")),
    "soak": Benchmark("benchmarks.store.soak", ("--minutes", "0.2")),
    "scale": Benchmark("benchmarks.scale", ("--size", "1000", "--seconds", "0.2")),
    "pgvector": Benchmark("benchmarks.pgvector", ("--size", "1000", "--rounds", "1")),
    "meaning": Benchmark("benchmarks.search.meaning", ("a", "b", "e", "--size", "1000", "--rounds", "3")),
    "quality": Benchmark("benchmarks.search.quality", ("--sample", "100", *_WORDLLAMA)),
    "nonsense": Benchmark("benchmarks.search.nonsense", ("--draws", "2", *_WORDLLAMA)),
    "use": Benchmark("benchmarks.search.use", ("--sample", "200", "--asked", "200")),
    "routing": Benchmark("benchmarks.routing.accuracy", ("--sample", "200", "--examples", "5", *_WORDLLAMA)),
    "routing_few": Benchmark("benchmarks.routing.few_examples", ("--draws", "2", *_WORDLLAMA)),
    "few": Benchmark(
        "benchmarks.routing.few", ("--draws", "3", "--routes", "5", "--examples", "3", "--candidates", "200")
    ),
    "routing_speed": Benchmark(
        "benchmarks.routing.speed", ("warm", "cold", "rules", "--size", "100", "--limit", "0.5", *_WORDLLAMA)
    ),
    "mcp": Benchmark(
        "benchmarks.faces.mcp", ("--size", "1000", "--rounds", "20", "--sessions", "20", "--seconds", "5")
    ),
    "scan": Benchmark("benchmarks.discovery.scan", ("pydantic", "--rounds", "1")),
    "faces": Benchmark("benchmarks.faces.serving", ("--size", "2000", "--seconds", "0.3")),
    "docs_site": Benchmark(
        "benchmarks.faces.docs_site",
        (
            "--size",
            "300",
        ),
    ),
    "fuzz": Benchmark("benchmarks.fuzz.fuzz", ("--minutes", "0.05")),
    "scan_recall": Benchmark("benchmarks.discovery.recall", ()),
    "scan_apps": Benchmark("benchmarks.discovery.scan_apps", ()),
    "apps_search": Benchmark("benchmarks.discovery.apps_search", ()),
}


def first_line(name: str) -> str:
    """Return the first line of a benchmark's docstring; nothing of the benchmark is imported."""
    path = ROOT.joinpath(*BENCHMARKS[name].module.split(".")).with_suffix(".py")
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def run(name: str, arguments: Sequence[str]) -> int:
    """Run one benchmark in this process; return its exit status, 1 where it could not be measured or lost something."""
    try:
        return import_module(BENCHMARKS[name].module).main(arguments) or 0
    except SystemExit as end:
        if isinstance(end.code, str):  # a line for people: data that is missing, a part that does not exist
            print(f"{name}: {end.code}")
            return 1
        return end.code or 0
    except KeyboardInterrupt:
        print(f"{name}: interrupted")
        return 130
    except Exception:
        traceback.print_exc()
        print(f"{name}: failed, as shown above")
        return 1


def run_quick(names: Sequence[str], options: Sequence[str]) -> int:
    """Run benchmarks one after the other at their smallest sizes; return 1 if any did not end well, else 0.

    Each has a process of its own: some keep to one core, or freeze what the garbage collector sees.
    """
    failed = []
    for name in names:
        print(f"\n== {name}: {first_line(name)}", flush=True)
        command = [sys.executable, "-m", "benchmarks", name, *BENCHMARKS[name].quick, *options]
        if subprocess.run(command, env=environment(), check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nnot measured, or below its goal: {', '.join(failed)}")
    return int(bool(failed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        usage="%(prog)s [--list | --quick] [--data DIR] [NAME ...] [options of NAME]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--list", action="store_true", help="name every benchmark, with what it measures")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes that still show the figure")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help=f"folder of the evaluation data, in place of {VARIABLE}"
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.data is not None:
        os.environ[VARIABLE] = str(options.data.resolve())
    if options.list:
        for name in BENCHMARKS:
            print(f"{name:14} {first_line(name)}")
        return 0
    quick = options.quick or "--quick" in options.rest
    rest = [argument for argument in options.rest if argument != "--quick"]
    if not rest and not quick:
        parser.print_help()
        return 0
    names = list(takewhile(lambda argument: not argument.startswith("-"), rest)) if quick else rest[:1]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; choose from {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    if quick:
        return run_quick(names or list(BENCHMARKS), rest[len(names) :])
    return run(names[0], rest[1:])


if __name__ == "__main__":
    raise SystemExit(main())
