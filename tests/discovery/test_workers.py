"""A scan that other processes help with finds the same as one without, whatever becomes of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from catalog.discovery import outside, workers
from catalog.discovery.finding import ScanResult
from catalog.discovery.outside import Contents
from catalog.discovery.root_scan import RootScan
from catalog.discovery.scan import scan
from catalog.discovery.workers import Helper, Round, Task
from catalog.errors import UnreadableSourceError
from catalog.source.read import read_bytes

pytestmark = pytest.mark.sqlite("files only")

Make = Callable[[Mapping[str, str | bytes]], Path]

ONE_EACH = {f"part_{n}.py": f"from agents import Agent\na{n} = Agent(name='a{n}')\n" for n in range(20)}
"""A project with more files than processes."""


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ScanResult, int]]:
    """Return what scans with some helpers, and how many files they extracted.

    This process takes no file before a helper that is still there has asked for some.
    """
    taken: list[str] = []
    helpers: list[Helper] = []
    take_over, take, start = RootScan.take, Round.take, Helper.start

    def counted(self: RootScan, module: str, extract: Any) -> None:
        taken.append(module)
        take_over(self, module, extract)

    def noted(self: Helper) -> None:
        start(self)
        helpers.append(self)

    def scan_with(target: Path, number: int, **options: Any) -> tuple[ScanResult, int]:
        asked: set[Round] = set()

        def patient(self: Round, most: int | None = None) -> list[Task]:
            if most is None:
                asked.add(self)
            while most and self not in asked and any(helper.is_there for helper in helpers):
                sleep(0.001)
            return take(self, most)

        monkeypatch.setattr(workers, "LEAST", 0)
        monkeypatch.setattr(workers, "SHARED", 0)
        monkeypatch.setattr(workers, "spare_cores", lambda: number)
        monkeypatch.setattr(RootScan, "take", counted)
        monkeypatch.setattr(Round, "take", patient)
        monkeypatch.setattr(Helper, "start", noted)
        del taken[:], helpers[:]
        return scan(target, **options), len(taken)

    return scan_with


@pytest.mark.parametrize("options", [{}, {"schemas": True}], ids=["usual", "schemas"])
def test_the_result_is_the_same_with_helpers(
    packages: Path, helped: Callable[..., tuple[ScanResult, int]], options: dict[str, Any]
) -> None:
    """Findings, faults, counts and what is kept for the next scan are equal, for all the packages of the tests."""
    alone, none = helped(packages, 0, tests=True, **options)
    together, some = helped(packages, 2, tests=True, **options)
    assert together == alone
    assert (none, some > 20) == (0, True)


def test_what_another_process_cannot_decide_is_done_here(
    make: Make, helped: Callable[..., tuple[ScanResult, int]]
) -> None:
    """Broken files, halves of characters, notebooks, and neighbours that may be installed are found all the same."""
    target = make(
        {
            "pyproject.toml": "",
            "app/__init__.py": "",
            "app/pytest.py": "",
            "app/near.py": "def look(): 'Look.'",
            "app/one.py": "from agents import Agent\nfrom pytest import x\nfrom near import look\n"
            "one = Agent(tools=[look, x])\n",
            "app/half.py": "from agents import Agent\nhalf = Agent(name='h', instructions='\\ud800!')\n",
            "app/broken.py": "from agents import Agent\nthree = Agent(\n",
            "app/work.ipynb": '{"cells": [{"cell_type": "code", "source": "from agents import Agent\\nb = Agent()"}]}',
            **ONE_EACH,
        }
    )
    alone, together = helped(target, 0), helped(target, 2)
    assert together[0] == alone[0]
    assert 0 < together[1] < len(alone[0].findings)


@pytest.mark.parametrize("reads", [1, 2], ids=["before it is looked at", "before it is extracted"])
@pytest.mark.parametrize("helpers", [0, 2])
def test_a_file_that_goes_away_meanwhile_is_reported(
    make: Make,
    helped: Callable[..., tuple[ScanResult, int]],
    monkeypatch: pytest.MonkeyPatch,
    reads: int,
    helpers: int,
) -> None:
    """It harms no other, whoever was to read it: its content is not kept where there is no room for it."""
    target, done = make(ONE_EACH), 0

    def read(path: str) -> bytes:
        nonlocal done
        done += path.endswith("part_7.py")
        if path.endswith("part_7.py") and done > reads:
            raise UnreadableSourceError("gone", path=path, line=None, reason="it has gone")
        return read_bytes(path)

    monkeypatch.setattr(outside, "source_bytes", read)
    monkeypatch.setattr(Contents.__init__, "__defaults__", (0,))
    result, _ = helped(target, helpers)
    assert sorted(finding.name for finding in result.findings) == sorted(f"a{n}" for n in range(20) if n != 7)
    assert [(Path(each.path).name, each.reason) for each in result.skipped] == [("part_7.py", "it has gone")]


@pytest.mark.parametrize(
    "begin",
    [
        "raise SystemExit",
        "print('something else', flush=True)",
        "import sys\nprint('ready to extract', flush=True)\nsys.stdin.buffer.read(9)",
        "import sys\nprint('ready to extract', flush=True)\nsys.stdin.buffer.read(9)\nprint('no extracts')",
    ],
    ids=["at once", "another program", "later", "with a wrong answer"],
)
def test_a_process_that_ends_is_not_missed(
    make: Make, helped: Callable[..., tuple[ScanResult, int]], monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    """What it was handed is extracted here."""
    target = make(ONE_EACH)
    alone, _ = helped(target, 0)
    monkeypatch.setattr(workers, "BEGIN", begin)
    assert helped(target, 2) == (alone, 0)


def test_where_no_process_can_be_started_there_is_none(
    make: Make, helped: Callable[..., tuple[ScanResult, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan does everything itself."""
    target = make(ONE_EACH)
    alone, _ = helped(target, 0)
    monkeypatch.setattr(sys, "executable", str(target / "python-none"))
    assert helped(target, 2) == (alone, 0)


@pytest.mark.parametrize("step", ["look", "extract"])
def test_an_interruption_ends_the_processes(
    make: Make, helped: Callable[..., tuple[ScanResult, int]], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """None is left when the scan is over, and no thread that speaks with one."""
    started: list[subprocess.Popen[bytes]] = []
    start, threads = subprocess.Popen, set(threading.enumerate())

    def noted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))
        return started[-1]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.setattr(workers, "SMALLEST", 1)
    monkeypatch.setattr(workers, "LARGEST", 1)
    monkeypatch.setattr(RootScan, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        helped(make({f"{name}/{file}": text for name in "abcdef" for file, text in ONE_EACH.items()}), 2)
    assert [process.poll() is not None for process in started] == [True, True]
    assert set(threading.enumerate()) == threads


def test_few_files_and_one_core_need_no_help(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process is started for large scans only, for each free core up to three, and by a Python that can be."""
    if hasattr(os, "sched_getaffinity"):
        numbers = []
        for cores, busy in ((1, 0.0), (2, 0.3), (64, 0.3), (2, 1.7), (8, 6.2), (8, 30.0)):
            monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
            monkeypatch.setattr(os, "getloadavg", lambda busy=busy: (busy, 0.0, 0.0))
            numbers.append(workers.spare_cores())
        assert numbers == [0, 1, 3, 0, 2, 0]
    monkeypatch.setattr(workers, "spare_cores", lambda: 2)
    monkeypatch.setattr(Helper, "start", lambda _: pytest.fail("a process for twenty small files"))
    assert len(scan(make(ONE_EACH)).findings) == 20
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", "/opt/program/editor")
    assert workers.spare_cores() == 0


def test_the_program_is_not_run_again_and_nothing_of_its_path_is_imported(make: Make, tmp_path: Path) -> None:
    """A program without a guard runs once; modules on its import path, called like Python's own, are not touched."""
    evil = f"open({str(tmp_path / 'imported')!r}, 'w').close()\n"
    target = make({"ast.py": evil, "pickle.py": evil, "signal.py": evil, "catalog/__init__.py": evil, **ONE_EACH})
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, threading\n"
        f"sys.path.insert(0, {str(Path(workers.__file__).parents[2])!r})\n"
        "from catalog.discovery import workers, scan\n"
        "from catalog.discovery.root_scan import RootScan\n"
        f"sys.path.insert(0, {str(target)!r})\n"
        "workers.LEAST, workers.SHARED, workers.spare_cores = 0, 0, lambda: 1\n"
        "asked, real, over, taken = {}, workers.Round.take, RootScan.take, []\n"
        "def take(self, most=None):\n"
        "    event = asked.setdefault(self, threading.Event())\n"
        "    event.wait(60) if most else event.set()\n"
        "    return real(self, most)\n"
        "def took(self, *extracted):\n"
        "    taken.append(1)\n"
        "    over(self, *extracted)\n"
        "workers.Round.take, RootScan.take = take, took\n"
        f"print(len(scan.scan({str(target)!r}).findings), len(taken) > 0)\n"
    )
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        text=True,
        cwd=target,
        env=surroundings,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr, (tmp_path / "imported").exists()) == ("20 True\n", "", False)
