"""Work on the files of a scan, shared with other processes where there is much of it and several cores.

A thread for each process hands it a part of the files, waits for the answers, and goes on until none is left; this
process works on the same list meanwhile. What a process can't do, or takes with it when it ends, is done here. So
the result is the same with any number of them, and with none.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Protocol

from catalog.discovery.worker import READY
from catalog.errors import UnreadableSourceError

LEAST = 3_000_000
"""How many bytes of source there must be to extract: to begin a process costs as much time as half a million."""
EXPECTED = 6_000_000
"""How many bytes must have changed for processes to begin before it is known what is to be extracted of them."""
SHARED = 100_000
"""How many bytes there must be for processes that have begun to take a part."""
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


class Task(Protocol):
    """What there is to do with one file."""

    @property
    def size(self) -> int:
        """The bytes of the file."""

    def here(self) -> None:
        """Do it in this process."""

    def handed(self) -> Any:
        """Return what another process needs for it.

        Raises:
            UnreadableSourceError: the file can't be read any more; doing it here says so.
        """

    def take(self, answer: Any) -> None:
        """Take what another process made of it."""


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


class Helpers:
    """The processes that help with one scan; none before there is enough to do."""

    def __init__(self) -> None:
        self._helpers: list[Helper] | None = None

    def __enter__(self) -> Helpers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for helper in self._helpers or ():
            helper.end()

    def expect(self, size: int) -> None:
        """Begin processes if there are *size* bytes, and these are many."""
        if size >= EXPECTED:
            self._begin()

    def share(self, tasks: Sequence[Task], surroundings: Callable[[], Any]) -> None:
        """Do all *tasks*; *surroundings* returns what a process must know first, and what answers with it."""
        size = sum(each.size for each in tasks)
        if size >= LEAST:
            self._begin()
        helpers = [helper for helper in self._helpers or () if helper.is_there]
        if not helpers or size < SHARED:
            for each in tasks:
                each.here()
            return
        work = Round(tasks, surroundings, len(helpers))
        for helper in helpers:
            helper.join(work)
        while part := work.take(1):
            for each in part:
                each.here()
        for each, answer in work.answers():
            if answer is None:
                each.here()
            else:
                each.take(answer)

    def _begin(self) -> None:
        if self._helpers is None:
            self._helpers = [Helper() for _ in range(spare_cores())]
            for helper in self._helpers:
                helper.start()


class Round:
    """Files with which the same is to be done, by this process and those that help."""

    def __init__(self, tasks: Sequence[Task], surroundings: Callable[[], Any], helpers: int) -> None:
        # The largest are taken first: who gets one at the end would keep all others waiting.
        self._waiting = sorted(tasks, key=lambda each: each.size)
        self._left = sum(each.size for each in self._waiting)
        self._surroundings = surroundings
        self._helpers = helpers
        self._out = 0  # parts that a process is at
        self._answered: list[tuple[Task, Any]] = []
        self._changed = Condition()

    def take(self, most: int | None = None) -> list[Task]:
        """Return files that nobody works on yet, none if there are none: *most* bytes, or a fair share for a process.

        For each share that is not empty its taker calls `answer`.
        """
        with self._changed:
            room = most or max(SMALLEST, min(LARGEST, self._left // (2 * (self._helpers + 1))))
            part: list[Task] = []
            while self._waiting and room > 0:
                part.append(self._waiting.pop())
                room -= part[-1].size
                self._left -= part[-1].size
            self._out += most is None and bool(part)
            return part

    def answer(self, part: Sequence[Task], answers: Sequence[Any]) -> None:
        """Keep what became of a *part*."""
        with self._changed:
            self._answered += zip(part, answers, strict=True)
            self._out -= 1
            self._changed.notify_all()

    def answers(self) -> list[tuple[Task, Any]]:
        """Wait until no process is at any part; return what they answered, None for what they could not do."""
        with self._changed:
            while self._out:
                self._changed.wait()
            return self._answered

    def surroundings(self) -> bytes:
        """Return what a process must know first."""
        return pickle.dumps(self._surroundings(), pickle.HIGHEST_PROTOCOL)


class Helper:
    """One process, and the thread that speaks with it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._rounds: SimpleQueue[Round | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        """Start the process, if the system lets us; the thread waits for it."""
        command = [sys.executable, "-I", "-c", BEGIN, _PACKAGE]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with suppress(OSError, RuntimeError):
            self._process = subprocess.Popen(command, **pipes, creationflags=_NO_WINDOW)
            self._thread.start()

    @property
    def is_there(self) -> bool:
        """Whether somebody still speaks with the process."""
        return self._thread.is_alive()

    def join(self, work: Round) -> None:
        """Take part in a round, once the process is ready."""
        self._rounds.put(work)

    def end(self) -> None:
        """End the process, whatever it does, and the thread."""
        process = self._process
        if process is None:
            return
        process.kill()
        self._rounds.put(None)
        if self._thread.ident is not None:
            self._thread.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it was not sent
                    pipe.close()
        process.wait()

    def _serve(self) -> None:
        process = self._process
        if process is None or process.stdout is None or process.stdout.readline() != READY:
            return
        while work := self._rounds.get():
            if not self._work(work, process):
                return

    def _work(self, work: Round, process: subprocess.Popen[bytes]) -> bool:
        """Hand the process parts until none is left; return whether it is still there."""
        if process.stdin is None or process.stdout is None:
            return False
        first: bytes | None = None
        while part := work.take():
            answers: Sequence[Any] = [None] * len(part)
            try:
                files = pickle.dumps([each.handed() for each in part], pickle.HIGHEST_PROTOCOL)
                if first is None:
                    first = work.surroundings()
                    process.stdin.write(first)
                process.stdin.write(files)
                process.stdin.flush()
                answers = pickle.load(process.stdout)
            except UnreadableSourceError:
                continue
            except Exception:  # it has ended, or answers something else
                return False
            finally:
                work.answer(part, answers)
        return True


_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
