"""The benchmarks can be listed and run by anybody, without their data and without their peers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from factories import ROOT

from benchmarks.__main__ import BENCHMARKS, main

RATIO = re.compile(r"ratio +(\d+\.\d+)")


def run(*arguments: str, first: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the runner in the checkout, with the modules of the folder *first* before all others."""
    path = [*([str(first)] if first else []), str(ROOT), str(ROOT / "cli")]
    kept = {name: value for name, value in os.environ.items() if name != "CATALOG_BENCH_DATA"}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": os.pathsep.join(path), **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_list_names_every_benchmark() -> None:
    """`--list` has a line for every module with a `main`, each with what is measured."""
    lines = run("--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(BENCHMARKS)
    assert all(len(line.split()) > 4 for line in lines)
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "benchmarks").rglob("*.py")
        if path.name != "__main__.py" and "def main(" in path.read_text(encoding="utf-8")
    }
    assert {benchmark.module for benchmark in BENCHMARKS.values()} == modules


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_has_a_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`NAME --help` shows how that benchmark is run, and where its data comes from."""
    status = main([name, "--help"])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    assert f"python -m benchmarks {name}" in out
    assert "--data DIR" in out


def test_the_page_names_every_benchmark() -> None:
    """`benchmarks/README.md` has a row for each benchmark, in the order of `--list`."""
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(BENCHMARKS)


def test_no_benchmark_knows_a_machine() -> None:
    """No module of the benchmarks has an absolute path of a folder in it, but those of /proc."""
    paths = {
        f"{path.name}: {found}"
        for path in (ROOT / "benchmarks").rglob("*.py")
        for found in re.findall(r"""["'](/[a-z]+/[^"']*)["']""", path.read_text(encoding="utf-8"))
    }
    assert {path for path in paths if "/proc/" not in path} == set()


def test_an_unknown_name_is_a_line() -> None:
    """A name that is none ends with status 2 and the names there are."""
    done = run("fundation")
    assert (done.returncode, done.stdout, "foundation" in done.stderr) == (2, "", True)


@pytest.mark.parametrize("name", ["quality", "nonsense", "use", "routing", "routing_few", "few"])
def test_missing_data_is_a_line(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its data a benchmark says in a line how to name their folder; there is no traceback."""
    monkeypatch.setenv("CATALOG_BENCH_DATA", "")  # what the command sets goes with the test
    status = main(["--data", str(tmp_path / "nowhere"), name])
    out, err = capsys.readouterr()
    assert (status, out.count("\n"), err) == (1, 1, "")
    assert "--data DIR" in out


def test_a_peer_that_cannot_be_imported_is_a_line(tmp_path: Path) -> None:
    """A peer that raises when it is imported is skipped in one line, and ours is measured beside the floor."""
    package = tmp_path / "semantic_router"
    package.mkdir()
    (package / "__init__.py").write_text("raise AttributeError('a library without it\\nand more')")
    arguments = ("warm", "cold", "--size", "20", "--encoder", "wordllama")
    done = run("routing_speed", *arguments, first=tmp_path, XDG_CACHE_HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if line.startswith("peer ")] == [
        "peer semantic-router: can't be imported (AttributeError: a library without it); skipped"
    ]
    assert len(RATIO.findall(done.stdout)) == 1


def test_quick_prints_ratios_without_data_and_peers() -> None:
    """`--quick` of cheap benchmarks, one after the other, prints their ratios, offline."""
    done = run("--quick", "foundation", "--only", "b")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(RATIO.findall(done.stdout)) == 1
    done = run("scan", "--quick")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(RATIO.findall(done.stdout)) >= 4


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write one JSON object a line, as the evaluation data has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


THINGS = ("invoices", "weather", "flights", "recipes", "music", "translation")
PROMPTS = ("show me the {}", "what about {} today", "i need help with {}", "find {} for me", "more {}", "old {} please")


def test_quick_runs_on_data_as_the_page_describes_it(tmp_path: Path) -> None:
    """A folder laid out as `benchmarks/README.md` says is all that the benchmarks with data need."""
    tools = [{"name": thing, "description": f"Looks after {thing}."} for thing in THINGS]
    asked = [{"text": prompt.format(thing), "gold": [thing]} for thing in THINGS for prompt in PROMPTS]
    nowhere = [{"text": prompt.format("stones"), "gold": []} for prompt in PROMPTS]
    routes = [
        {"name": thing, "description": "", "utterances": [f"{thing} {n} and {thing}" for n in range(6)]}
        for thing in THINGS
    ]
    write(tmp_path / "data" / "some_tools" / "tools.jsonl", tools)
    write(tmp_path / "data" / "some_tools" / "queries.dev.jsonl", asked)
    write(tmp_path / "data" / "some_routes" / "routes.jsonl", routes)
    write(tmp_path / "data" / "some_routes" / "queries.dev.jsonl", asked + nowhere)
    write(tmp_path / "data" / "some_routes" / "queries.val.jsonl", nowhere)
    names = ("quality", "nonsense", "use", "routing", "routing_few")
    done = run("--quick", "--data", str(tmp_path / "data"), *names, XDG_CACHE_HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^== (\w+)", done.stdout, re.MULTILINE) == list(names)
    assert "some_tools" in done.stdout
    assert "some_routes, 5 examples, wordllama" in done.stdout
