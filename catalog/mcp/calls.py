"""Calls of entries, each in a thread with a loop of its own: what hangs or blocks there holds nothing else up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from catalog import LoadError

T = TypeVar("T")

MOST = 32
"""How many calls run at the same time, those counted that a client has given up and that did not stop."""


class Calls:
    """The calls that run right now."""

    def __init__(self, most: int = MOST) -> None:
        """Let at most so many run at the same time."""
        self.most = most
        self._running = 0
        self._lock = threading.Lock()
        self._threads: CapacityLimiter | None = None

    @property
    def running(self) -> int:
        """How many calls run, in threads that can't be stopped from outside."""
        return self._running

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what *work* gives; if this is cancelled, so is an async function that it waits for.

        Raises:
            LoadError: too many calls run already.
        """
        with self._lock:
            if self._running >= self.most:
                raise LoadError(f"{self.most} calls run already; wait for one of them to end", reason="busy")
            self._running += 1
        if self._threads is None:
            self._threads = CapacityLimiter(self.most)
        call = _Call(work)

        def run() -> T:
            try:
                return call.run()
            finally:
                with self._lock:
                    self._running -= 1

        try:
            return await to_thread.run_sync(run, abandon_on_cancel=True, limiter=self._threads)
        except anyio.get_cancelled_exc_class():
            call.cancel()
            raise


class _Call(Generic[T]):
    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._cancelled = False
        self._task: asyncio.Task[T] | None = None

    def run(self) -> T:
        with asyncio.Runner() as runner:
            return runner.run(self._main())

    async def _main(self) -> T:
        with self._lock:
            self._task = asyncio.current_task()
            cancelled = self._cancelled
        if cancelled:
            raise asyncio.CancelledError
        return await self._work()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled, task = True, self._task
        if task is not None:
            with suppress(RuntimeError):  # its loop has ended meanwhile
                task.get_loop().call_soon_threadsafe(task.cancel)
