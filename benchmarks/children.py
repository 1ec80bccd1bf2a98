"""Child processes made by a fork, which begin at once with everything imported, and may be killed at any moment."""

from __future__ import annotations

import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from typing import NamedTuple

Tell = Callable[[str], None]
Work = Callable[[Tell], object]


class Told(NamedTuple):
    """What a child told before its end.

    Attributes:
        lines: what it told, line by line; a line that was cut short is left out.
        ended: whether it came to its end; False: it was killed before.
        error: the traceback of what it raised.
    """

    lines: list[str]
    ended: bool
    error: str

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with a child that nobody killed: what it raised, or that it died of something else."""
        return () if self.ended else (self.error or "the process died",)


class Child:
    """A child at work. It begins when :meth:`go` is called."""

    def __init__(self, work: Work) -> None:
        """Fork; *work* is given a function that tells the parent a line, at once."""
        out, into = os.pipe()
        gate, opener = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(out)
            os.close(opener)
            os.read(gate, 1)
            status = 1
            try:
                warnings.simplefilter("ignore")
                work(lambda line: _write(into, line))
                _write(into, "end")
                status = 0
            except BaseException:
                _write(into, f"error {traceback.format_exc()!r}")
            finally:
                os._exit(status)
        os.close(into)
        os.close(gate)
        self._out, self._opener = out, opener
        self._read = b""

    def go(self) -> None:
        """Let the child begin."""
        os.write(self._opener, b"g")

    def wait_for_line(self) -> None:
        """Wait until the child has told something, or has ended."""
        while b"\n" not in self._read and (part := os.read(self._out, 1 << 16)):
            self._read += part

    def kill(self) -> None:
        """End the child as ``kill -9`` does."""
        os.kill(self.pid, signal.SIGKILL)

    def told(self) -> Told:
        """Wait for the end of the child, and return what it told."""
        parts = [self._read]
        while part := os.read(self._out, 1 << 16):
            parts.append(part)
        os.waitpid(self.pid, 0)
        os.close(self._out)
        os.close(self._opener)
        lines = b"".join(parts).decode().split("\n")[:-1]
        errors = [line for line in lines if line.startswith("error ")]
        return Told(
            [line for line in lines if line != "end" and line not in errors],
            "end" in lines,
            errors[0] if errors else "",
        )


def _write(into: int, line: str) -> None:
    os.write(into, f"{line}\n".encode())


def killed(work: Work, seconds: float, *, begun: bool = False) -> Told:
    """Do *work* in a child, kill it after some *seconds*, and return what it told until then.

    With *begun* the seconds count from the first line it tells.
    """
    child = Child(work)
    child.go()
    if begun:
        child.wait_for_line()
    time.sleep(seconds)
    child.kill()
    return child.told()


def whole(work: Work) -> Told:
    """Do *work* in a child, to its end."""
    child = Child(work)
    child.go()
    return child.told()


def lasts(work: Work) -> float:
    """Return how many seconds a child needs for *work*."""
    begun = time.perf_counter()
    done = whole(work)
    if not done.ended:
        raise RuntimeError(done.error)
    return time.perf_counter() - begun
