"""One thread with an event loop for all that is called elsewhere: started when needed, ended with the process."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from catalog.forks import call_after_fork

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_abandoned: list[object] = []
"""What belongs to the parent of this process: if it were collected, it would end what the parent uses."""

_at_exit: list[Callable[[], Coroutine[Any, Any, None]]] = []

_LONGEST_EXIT = 5.0


def loop() -> asyncio.AbstractEventLoop:
    """Return the loop, which runs."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="catalog-remote", daemon=True).start()
            atexit.register(_end, _loop)
        return _loop


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Have the loop do *work*."""
    return asyncio.run_coroutine_threadsafe(work, loop())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* comes to; an interrupt of this thread ends it there, too."""
    future = submit(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def arun(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* comes to, awaited in any other loop; cancelling this cancels it there."""
    return await asyncio.wrap_future(submit(work))


def before_exit(end: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have *end* done in the loop when the process ends."""
    _at_exit.append(end)


def _end(ending: asyncio.AbstractEventLoop) -> None:
    if ending is not _loop:  # a child process, whose parent ends its own
        return

    async def all_of_it() -> None:
        await asyncio.gather(*(end() for end in _at_exit), return_exceptions=True)

    try:
        asyncio.run_coroutine_threadsafe(all_of_it(), ending).result(_LONGEST_EXIT)
    except BaseException:  # the process ends, with or without
        return


def abandon(what: object) -> None:
    """Keep *what* uncollected for as long as this process runs."""
    _abandoned.append(what)


@call_after_fork
def _renew() -> None:
    """Leave the loop to the parent: its thread does not exist here."""
    global _loop, _lock
    _lock = threading.Lock()
    if _loop is not None:
        abandon(_loop)
        _loop = None
