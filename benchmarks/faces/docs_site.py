"""How long a documentation site takes: `catalog docs build` of made-up tools and of councils that refer to them.

Each build is a process of its own: wall time, processor time, the most memory it held. The second build of the same
entries must give the same bytes; the exit status is 1 where it does not, and where the time is over the goal.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.corpus import entries
from benchmarks.measure import versions
from benchmarks.options import Parser
from benchmarks.processes import ROOT, environment

GOAL_SECONDS = 60.0
GOAL_SIZE = 10_000

_BUILD = """
import sys
from catalog import Catalog, Settings, build_docs
with Catalog(sys.argv[1], settings=Settings(embedder="none")) as cat:
    print(build_docs(cat, sys.argv[2], form=sys.argv[3]))
"""


def linked(count: int) -> Iterator[dict[str, Any]]:
    """Yield tools, and for every ten of them a council whose members have them, with parameters and examples."""
    tools = list(entries(count - count // 11))
    for number, tool in enumerate(tools):
        parameters = {"type": "object", "properties": {"path": {"type": "string", "description": tool["name"]}}}
        yield {**tool, "examples": [tool["description"][:60]], "metadata": {"parameters": parameters}}
        if number % 10 == 9:
            names = [each["name"] for each in tools[number - 9 : number + 1]]
            members = [{"id": f"m{i}", "system_prompt": "Judge.", "tools": names[i::3]} for i in range(3)]
            spec = {"members": members, "rounds": [{"type": "vote"}]}
            yield {"kind": "council", "name": f"council_{number}", "spec": spec, "description": tool["description"]}


def build(url: str, out: Path, form: str) -> tuple[float, float, float]:
    """Build a site in another process; return its seconds, its seconds of processor time, and its memory in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", _BUILD, url, str(out), form], cwd=ROOT, env=environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the build failed with status {process.returncode}")
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def sums(folder: Path) -> dict[str, str]:
    """Return the sum of every file below *folder*, by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser("docs_site", __doc__)
    parser.add_argument("--size", type=int, default=GOAL_SIZE, help="entries of the catalog")
    options = parser.options(arguments)
    print(versions("magma-catalog"))
    from catalog import Catalog, Settings

    failed = False
    with tempfile.TemporaryDirectory(prefix="catalog-docs-") as where:
        folder = Path(where)
        url = f"sqlite:///{folder / 'catalog.db'}"
        with Catalog(url, settings=Settings(embedder="none")) as cat:
            number = cat.register_many(linked(options.size))
        for form in ("html", "markdown"):
            made = []
            for turn in ("first", "again"):
                out = folder / f"{form}-{turn}"
                seconds, used, memory = build(url, out, form)
                made.append(sums(out))
                size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) >> 20
                figures = f"{seconds:6.1f} s  CPU {used:6.1f} s  memory {memory:4.0f} MB"
                print(
                    f"{form:<9} {turn:<6} {number:,} entries  {figures}  {len(made[-1]):,} files, {size} MB", flush=True
                )
                failed |= seconds > GOAL_SECONDS * max(options.size / GOAL_SIZE, 0.1)
            is_same = made[0] == made[1]
            failed |= not is_same
            print(f"{form:<9} {'the same bytes' if is_same else 'OTHER BYTES'} on rebuild   goal {GOAL_SECONDS:.0f} s")
    return int(failed)
