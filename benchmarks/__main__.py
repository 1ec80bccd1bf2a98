"""One command for every figure: ``python -m benchmarks NAME``, ``--list`` for the names, ``--quick`` for the least.

python -m benchmarks --list
python -m benchmarks foundation                  # as its own help says: python -m benchmarks foundation --help
python -m benchmarks --quick                     # all, at the smallest sizes that still show the figure
python -m benchmarks --quick scan use            # some
python -m benchmarks --data DIR quality          # with data from another folder
"""

from __future__ import annotations

import ast
import os
import sys
import traceback
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Benchmark(NamedTuple):
    """Where a benchmark lies, and the arguments that make it short."""

    module: str
    quick: tuple[str, ...]


BENCHMARKS = {
    "foundation": Benchmark("benchmarks.store.foundation", ("--only", "bc")),
    "endurance": Benchmark("benchmarks.store.endurance", ("--seconds", "2", "--kills", "5")),
    "meaning": Benchmark("benchmarks.search.meaning", ("a", "--size", "1000")),
    "quality": Benchmark("benchmarks.search.quality", ("--sample", "100", "--encoder", "wordllama")),
    "nonsense": Benchmark("benchmarks.search.nonsense", ("--draws", "2", "--encoder", "wordllama")),
    "use": Benchmark("benchmarks.search.use", ("--sample", "200", "--asked", "200")),
    "routing": Benchmark(
        "benchmarks.routing.accuracy", ("--sample", "200", "--examples", "5", "--encoder", "wordllama")
    ),
    "routing_few": Benchmark("benchmarks.routing.few_examples", ("--draws", "2", "--encoder", "wordllama")),
    "few": Benchmark("benchmarks.routing.few", ("--draws", "1", "--set", "clinc150")),
    "routing_speed": Benchmark(
        "benchmarks.routing.speed", ("warm", "rules", "--size", "100", "--encoder", "wordllama")
    ),
    "scan": Benchmark("benchmarks.discovery.scan", ("click", "--rounds", "1")),
    "scan_recall": Benchmark("benchmarks.discovery.recall", ("click",)),
}


def first_line(name: str) -> str:
    """Return the first line of a benchmark's docstring; nothing of it is imported."""
    spec = find_spec(BENCHMARKS[name].module)
    assert spec is not None
    text = ast.get_docstring(ast.parse(Path(str(spec.origin)).read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0]


def run(name: str, arguments: list[str]) -> bool:
    """Run one benchmark; return whether it came to its end. What it raises is shown, and takes no other down."""
    sys.argv = [f"python -m benchmarks {name}", *arguments]
    try:
        status = import_module(BENCHMARKS[name].module).main()
    except SystemExit as end:
        if end.code not in (None, 0):
            print(f"{name}: {end.code}" if isinstance(end.code, str) else f"{name}: ended with {end.code}")
        return end.code in (None, 0)
    except Exception:
        traceback.print_exc()
        print(f"{name}: failed, as said above")
        return False
    return not status


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    if arguments[:1] == ["--data"] and len(arguments) > 1:
        os.environ["CATALOG_BENCH_DATA"] = arguments[1]  # read when the first benchmark is imported
        arguments = arguments[2:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    if arguments[0] == "--list":
        for name in BENCHMARKS:
            print(f"{name:14} {first_line(name)}")
        return 0
    quick = arguments[0] == "--quick"
    names = (arguments[1:] or list(BENCHMARKS)) if quick else arguments[:1]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; choose from {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    if not quick:
        return 0 if run(names[0], arguments[1:]) else 1
    ended = []
    for name in names:
        print(f"\n== {name}: {first_line(name)}", flush=True)
        ended.append(run(name, list(BENCHMARKS[name].quick)))
    return 0 if all(ended) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
