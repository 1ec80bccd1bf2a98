"""The benchmarks can be listed and run by anybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from factories import ROOT

from benchmarks.__main__ import BENCHMARKS


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the runner in the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_list_names_every_benchmark() -> None:
    """`--list` has a line for every module with a `main`, each with what is measured."""
    lines = run("--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(BENCHMARKS)
    assert all(len(line.split()) > 4 for line in lines)
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "benchmarks").glob("*/*.py")
        if "def main(" in path.read_text(encoding="utf-8")
    }
    assert {benchmark.module for benchmark in BENCHMARKS.values()} == modules


def test_an_unknown_name_is_a_line() -> None:
    """A name that is none ends with status 2 and the names there are."""
    done = run("fundation")
    assert (done.returncode, done.stdout, "foundation" in done.stderr) == (2, "", True)


def test_missing_data_is_a_line(tmp_path: Path) -> None:
    """Without its data a benchmark says in a line how to name their folder; there is no traceback."""
    done = run("--data", str(tmp_path / "nowhere"), "quality")
    assert (done.returncode, "--data DIR" in done.stdout, "Traceback" in done.stdout + done.stderr) == (1, True, False)
