"""A limit of time for a call."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from catalog.errors import CallTimeoutError

T = TypeVar("T")


class _Call:
    """A call in a thread, what it came to, and the loop in which it waits."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._task: Any = None
        self._cancelled = False
        self.loop: Any = None
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self._function()
        except BaseException as error:  # SystemExit, too: it is raised where the call is waited for
            self.error = error

    def begin(self, loop: Any, task: Any) -> None:
        self.loop, self._task = loop, task
        if self._cancelled:
            task.cancel()

    def cancel(self) -> None:
        self._cancelled = True
        loop = self.loop
        if loop is not None:
            with suppress(RuntimeError):  # it ended meanwhile
                loop.call_soon_threadsafe(self._task.cancel)


_call: contextvars.ContextVar[_Call | None] = contextvars.ContextVar("catalog_call", default=None)
_GRACE = 1.0
"""Seconds that a cancelled coroutine has to clean up."""


def within(seconds: float | None, function: Callable[[], T]) -> T:
    """Return what *function* returns, which may take so many *seconds*; None: as long as it likes, in this thread.

    Raises:
        CallTimeoutError: it takes longer. What it awaits (:func:`run`) is cancelled; all else goes on in a thread that
            keeps no process from ending.
        Exception: what it raises.
    """
    if seconds is None:
        return function()
    call = _Call(function)
    context = contextvars.copy_context()
    context.run(_call.set, call)
    thread = threading.Thread(target=context.run, args=(call.run,), daemon=True, name="catalog-call")
    thread.start()
    try:
        thread.join(min(seconds, threading.TIMEOUT_MAX))
        if thread.is_alive():
            raise _too_long(seconds)
    except BaseException:
        call.cancel()
        thread.join(_GRACE if call.loop is not None else 0)
        raise
    if call.error is not None:
        raise call.error
    return call.value  # type: ignore[no-any-return]  # what the thread left there


async def awaited_within(seconds: float | None, awaitable: Awaitable[T]) -> T:
    """Return what *awaitable* comes to, which may take so many *seconds*.

    Raises:
        CallTimeoutError: it takes longer; it is cancelled.
    """
    import asyncio

    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await awaitable
    except TimeoutError as error:
        if seconds is not None and limit.expired():
            raise _too_long(seconds) from error
        raise


def run(awaitable: Awaitable[Any]) -> Any:
    """Return what *awaitable* comes to in a loop of its own in this thread; the limit of the call counts."""
    import asyncio

    call = _call.get()

    async def whole() -> Any:
        if call is not None:
            call.begin(asyncio.get_running_loop(), asyncio.current_task())
        try:
            return await awaitable
        finally:
            if call is not None:
                call.loop = None

    return asyncio.run(whole())


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Return what *function* returns, called in another thread.

    Raises:
        RuntimeError: it raised StopIteration, which no future takes, so that nobody would ever hear of it.
        Exception: what else it raises.
    """
    import asyncio

    def called() -> T:
        try:
            return function(*arguments)
        except StopIteration as error:
            raise RuntimeError("StopIteration") from error

    return await asyncio.to_thread(called)


def _too_long(seconds: float) -> CallTimeoutError:
    return CallTimeoutError(f"the call did not end within {seconds:g} s", seconds=seconds)
