"""The extraction of the files of a scan, shared with other processes where there are many files and several cores.

A thread for each process hands it a part of the files, waits for the extracts, and goes on until none is left; this
process works on the same list meanwhile. What a process can't do, or takes with it when it ends, is done here. So
the result is the same with any number of them, and with none.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, NamedTuple

from catalog.discovery.extract import Extract
from catalog.discovery.extraction import Asked, Common
from catalog.discovery.root_scan import RootScan
from catalog.discovery.worker import READY, Surroundings
from catalog.source.search_path import looked_in, search_path

LEAST = 3_000_000
"""How many bytes of source there must be: to begin a process costs as much time as half a million."""
MOST = 3
"""How many processes help at most: what remains to be done by one would be no shorter with more."""
SMALLEST, LARGEST = 50_000, 1_000_000
"""How many bytes a process is handed at once, from the last part to the first."""

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__init__.py")
BEGIN = (
    "import importlib.util, sys\n"
    "spec = importlib.util.spec_from_file_location('catalog', sys.argv[1])\n"
    "sys.modules['catalog'] = package = importlib.util.module_from_spec(spec)\n"
    "spec.loader.exec_module(package)\n"
    "from catalog.discovery.worker import main\n"
    "main()\n"
)
"""What a process runs: this package, wherever it lies, and nothing that lies beside it."""


class Question(NamedTuple):
    """What is asked of one file of one root."""

    scan: RootScan
    module: str
    asked: Asked

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self.scan.states[self.module].file.size


def extract_all(questions: Iterable[Question], common: Common, *, in_order: bool) -> None:
    """Set the extracts of all files that are asked of; *in_order*: each depends on those before it."""
    helpers = 0 if in_order else spare_cores()
    if helpers:
        questions = list(questions)
        if sum(each.size for each in questions) >= LEAST:
            Shared(questions, common, helpers).extract()
            return
    for each in questions:
        each.scan.extract(each.module, each.asked)


def spare_cores() -> int:
    """Return how many processes may help: one for each core that is free, where Python can be started again."""
    name = os.path.basename(sys.executable or "").lower()
    if not name.startswith(("python", "pypy")) or getattr(sys, "frozen", False) or not os.path.isfile(_PACKAGE):
        return 0  # a program with a Python of its own
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        cores = os.cpu_count() or 1
    try:
        busy = os.getloadavg()[0]
    except (AttributeError, OSError):
        busy = 0.0
    return max(0, min(cores - 1, round(cores - busy), MOST))


class Shared:
    """Files, this process, and those that help."""

    def __init__(self, questions: Sequence[Question], common: Common, helpers: int) -> None:
        # The largest are taken first: who gets one at the end would keep all others waiting.
        self._waiting = sorted(questions, key=lambda each: each.size)
        self._left = sum(each.size for each in self._waiting)
        self._lock = Lock()
        self._scans = list({id(each.scan): each.scan for each in self._waiting}.values())
        self._numbers = {id(scan): number for number, scan in enumerate(self._scans)}
        self._common = common
        self._helpers = helpers
        self._answered: list[tuple[Question, Extract | None]] = []

    def extract(self) -> None:
        """Extract all; at an interruption the processes end with it."""
        helpers = [Helper(self) for _ in range(self._helpers)]
        try:
            for helper in helpers:
                helper.start()
            while part := self.take(1):
                for each in part:
                    each.scan.extract(each.module, each.asked)
            for helper in helpers:
                helper.finish()
        finally:
            for helper in helpers:
                helper.end()
        for each, extract in self._answered:
            if extract is None:
                each.scan.extract(each.module, each.asked)
            else:
                each.scan.take(each.module, extract)

    def take(self, most: int | None = None) -> list[Question]:
        """Return files that nobody works on yet, none if there are none: *most* bytes, or a fair share of the rest."""
        with self._lock:
            room = most or max(SMALLEST, min(LARGEST, self._left // (2 * (self._helpers + 1))))
            part: list[Question] = []
            while self._waiting and room > 0:
                part.append(self._waiting.pop())
                room -= part[-1].size
                self._left -= part[-1].size
            return part

    def answer(self, part: Sequence[Question], extracts: Sequence[Extract | None]) -> None:
        """Keep what became of a *part*."""
        with self._lock:
            self._answered += zip(part, extracts, strict=True)

    def surroundings(self) -> bytes:
        """Return what a process must know first."""
        names = [scan.neighbours.names for scan in self._scans]
        folders = [os.path.abspath(folder) for folder in search_path() if isinstance(folder, str)]
        surroundings = Surroundings(self._common, names, folders, tuple(looked_in), sys.getrecursionlimit())
        return pickle.dumps(surroundings, pickle.HIGHEST_PROTOCOL)

    def message(self, part: Sequence[Question]) -> bytes:
        """Return *part* as it is handed to a process; files that can't be read any more fail here, too."""
        files = [(self._numbers[id(each.scan)], each.asked, each.scan.source(each.module)) for each in part]
        return pickle.dumps(files, pickle.HIGHEST_PROTOCOL)


class Helper:
    """One process, and the thread that speaks with it."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._process: subprocess.Popen[bytes] | None = None
        self._works = False
        self._thread = Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        """Start the process, if the system lets us; the thread waits for it."""
        command = [sys.executable, "-I", "-c", BEGIN, _PACKAGE]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with suppress(OSError, RuntimeError):
            self._process = subprocess.Popen(command, **pipes, creationflags=_NO_WINDOW)
            self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the process has ended, and the thread that spoke with it."""
        return (self._process is None or self._process.poll() is not None) and not self._thread.is_alive()

    def finish(self) -> None:
        """Wait until the process has done what it has begun; one that has not begun yet is not waited for."""
        if not self._works:
            self._end_process()
        if self._thread.ident is not None:
            self._thread.join()

    def end(self) -> None:
        """End the process, whatever it does."""
        self._end_process()
        process = self._process
        if process is None:
            return
        if self._thread.ident is not None:
            self._thread.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it was not sent
                    pipe.close()
        process.wait()

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _serve(self) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None or process.stdout.readline() != READY:
            return
        first = self._shared.surroundings()
        while part := self._shared.take():
            self._works = True
            extracts: Sequence[Extract | None] = [None] * len(part)
            try:
                process.stdin.write(first + self._shared.message(part))
                process.stdin.flush()
                extracts = pickle.load(process.stdout)
            except Exception:  # it has ended, or a file is no longer there
                return
            finally:
                self._shared.answer(part, extracts)
                first = b""


_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
