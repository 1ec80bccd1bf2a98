"""How much memory each command takes at its highest: of 100,000 entries, of a million, at most 300 MB.

    python -m benchmarks room                    # 100,000 entries: some minutes
    python -m benchmarks room --size 1000000     # a million: two hours, 6 GB of disk
    python -m benchmarks room --only doctor pin  # some commands

Each command is a whole process, and what is printed is the most it had in memory, as the system counts it. The entries
are functions of modules that are made for this, a thousand a module, each with a decorator, and every reference leads
somewhere. All entries come by an import, and a scan takes ten modules: what a first scan holds grows with its one
target, not with the catalog. ``whole`` stands before commands on a catalog whose entries all come of one target. The
exit status is 1 if a command fails, or takes more than the goal.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpus import entries
from benchmarks.measure import versions
from benchmarks.options import Parser
from benchmarks.processes import environment

GOAL = 300
"""Megabytes."""

A_MODULE = 1_000
"""How many functions a module has."""


class Taken(NamedTuple):
    """What a command took: its exit status, megabytes and seconds, and what it said last."""

    status: int
    megabytes: float
    seconds: float
    said: str


def make_code(folder: Path, size: int) -> None:
    """Write modules of *size* marked functions in all."""
    made = entries(size)
    for number in range(0, size, A_MODULE):
        lines = ["from catalog import tool\n"]
        for fields in itertools.islice(made, A_MODULE):
            tags = ", ".join(f'"{tag}"' for tag in fields["tags"])
            lines.append(f"\n\n@tool(tags=[{tags}])\ndef {fields['name']}(text: str, limit: int = 10) -> str:\n")
            lines.append(f'    """{fields["description"]}"""\n    return text[:limit]\n')
        (folder / f"part{number // A_MODULE}.py").write_text("".join(lines), encoding="utf-8")


def make_lines(folder: Path, size: int) -> None:
    """Write the lines of an export of *size* entries: each says what a scan has found out of the first."""
    with (folder / "sample.jsonl").open(encoding="utf-8") as sample:
        like = json.loads(sample.readline())
    like["source"], like["metadata"]["root"] = "manual", str(folder / "code")
    with (folder / "all.jsonl").open("w", encoding="utf-8") as file:
        for number, fields in enumerate(entries(size)):
            told = {**fields, "ref": f"part{number // A_MODULE}:{fields['name']}"}
            file.write(json.dumps({**like, **told}) + "\n")


def commands(folder: Path) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield a name, the arguments and the database of each command, in the order in which they can be run."""
    everything = str(folder / "all.jsonl")
    yield "scan", ("scan", str(folder / "sample")), "sample.db"
    yield "scan again", ("scan", str(folder / "sample")), "sample.db"
    yield "export a sample", ("export", str(folder / "sample.jsonl")), "sample.db"
    yield "import", ("import", "--restore", everything), "a.db"
    yield "import again", ("import", "--restore", everything), "a.db"
    yield "export", ("export", str(folder / "out.jsonl")), "a.db"
    yield "ls", ("ls",), "a.db"
    yield "ls --json", ("ls", "--json"), "a.db"
    yield "ls --sort updated", ("ls", "--sort", "updated"), "a.db"
    yield "search", ("search", "create user list"), "a.db"
    yield "info", ("info",), "a.db"
    yield "verify", ("verify",), "a.db"
    yield "refresh", ("refresh",), "a.db"
    yield "doctor", ("doctor",), "a.db"
    yield "graph", ("graph",), "a.db"
    yield "pin", ("pin",), "a.db"
    yield "pin again", ("pin",), "a.db"
    yield "pin --check", ("pin", "--check"), "a.db"
    yield "db check", ("db", "check"), "a.db"
    yield "db backup", ("db", "backup", str(folder / "backup.db")), "a.db"
    yield "db copy", ("db", "copy", f"sqlite:///{folder / 'a.db'}", f"sqlite:///{folder / 'copy.db'}"), "a.db"
    yield "route", ("route", "create a list of users", "--kind", "tool"), "a.db"
    yield "route lint", ("route", "lint", "--kind", "tool"), "a.db"
    yield "whole scan", ("scan", str(folder / "code")), "whole.db"
    yield "whole refresh", ("refresh",), "whole.db"
    yield "whole scan again", ("scan", str(folder / "code")), "whole.db"
    yield "whole doctor", ("doctor",), "whole.db"
    yield "whole db check", ("db", "check"), "whole.db"


NEEDED = ("scan", "export a sample", "import")
"""Commands that the others need, but those that begin with ``whole``."""

HOLDS_ALL = ("route", "route lint", "pin", "pin again", "pin --check", "whole scan")
"""Commands that hold their candidates, the lines of a lock file, or all that one target has: they may take more."""


def _needed(only: Sequence[str]) -> tuple[str, ...]:
    """Return the commands that some of the others need."""
    is_whole = [name.startswith("whole") for name in only]
    return (() if all(is_whole) else NEEDED) + (("whole scan",) if any(is_whole) else ())


def taken_by(arguments: Sequence[str], folder: Path, database: str) -> Taken:
    """Run a command of ``catalog`` and return what it took; what it writes goes to a file."""
    variables = environment() | {"CATALOG_URL": f"sqlite:///{folder / database}", "COLUMNS": "120"}
    variables["XDG_DATA_HOME"] = variables["XDG_CACHE_HOME"] = str(folder / "home")
    said = folder / "said"
    command = [sys.executable, "-m", "catalog_cli", "--embedder", "none", *arguments]
    begun = time.perf_counter()
    opened = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawnp(
        "env",
        ["env", "-C", str(folder), *command],
        variables,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, str(folder / "shown"), opened, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, str(said), opened, 0o600),
        ],
    )
    _, status, used = os.wait4(pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    seconds = time.perf_counter() - begun
    last = said.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
    return Taken(os.waitstatus_to_exitcode(status), used.ru_maxrss * unit / 1e6, seconds, last)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a line for each command, and return 1 if one failed or took more than the goal."""
    parser = Parser("room", __doc__)
    parser.add_argument("--size", type=int, default=100_000, help="entries")
    parser.add_argument("--only", nargs="+", metavar="COMMAND", help="the commands to measure, beside those they need")
    options = parser.options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="catalog-bench-"))
    failed = 0
    try:
        print(versions("sqlalchemy", "pydantic", "click"))
        for name, size in (("code", options.size), ("sample", min(options.size, 10 * A_MODULE))):
            (folder / name).mkdir()
            make_code(folder / name, size)
        print(f"{f'{options.size:,} entries':<20} {'MB':>7} {'seconds':>9} {'status':>7}")
        for name, command, database in commands(folder):
            if options.only and name not in (*_needed(options.only), *options.only):
                continue
            if name == "import":
                make_lines(folder, options.size)
            took = taken_by(command, folder, database)
            is_over = took.megabytes > GOAL and name not in HOLDS_ALL
            failed += is_over or took.status not in (0, 1)
            mark = f"  above {GOAL}" if is_over else ""
            print(
                f"{name:<20} {took.megabytes:>7.0f} {took.seconds:>9.1f} {took.status:>7}{mark}  {took.said[:90]}",
                flush=True,
            )
    finally:
        shutil.rmtree(folder)
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
