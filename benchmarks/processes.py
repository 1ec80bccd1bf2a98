"""Other processes of this Python, which import the catalog and the benchmarks of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def environment() -> dict[str, str]:
    """Return the environment of a process that imports from this checkout, whatever else is installed.

    Its modules are compiled from the second start on, as those of an installed package are.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = [str(ROOT), str(ROOT / "cli"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path)}


def process(*arguments: str) -> Callable[[], bytes]:
    """Return a call that runs this Python with *arguments* as a whole process and returns what it prints.

    The call raises RuntimeError, with what the process wrote to standard error, where the process fails.
    """

    def run() -> bytes:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, env=environment(), check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout

    return run


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that runs *code*; its output and errors are pipes of text."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
