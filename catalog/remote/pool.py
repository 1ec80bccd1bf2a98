"""Sessions with MCP servers: opened when the first call needs them, shared, ended when idle, at a fault and at exit.

All of it happens in the loop of :mod:`catalog.remote.background`, so nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from catalog.errors import CatalogError, RemoteError, RemoteToolError
from catalog.forks import call_after_fork
from catalog.remote.background import before_exit
from catalog.remote.faults import Faults
from catalog.remote.launch import Launch
from catalog.remote.limits import Limits

T = TypeVar("T")

_LONGEST_END = 8.0


class Session:
    """One open session with a server.

    Attributes:
        listings: by sort when it was listed, and what.
        changes: how often the server has said that it has others now.
    """

    def __init__(self, launch: Launch, limits: Limits, who: str) -> None:
        """Open nothing yet; *who* is what errors call the server."""
        self.launch, self.limits = launch, limits
        self.faults = Faults(who)
        self.listings: dict[str, tuple[float, list[dict[str, Any]]]] = {}
        self.changes = 0
        self.retired = False
        self._busy = 0
        self._used = time.monotonic()
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def open(self) -> Session:
        """Open it.

        Raises:
            RemoteError: it did not become ready in time, or refused.
        """
        self._task = asyncio.create_task(self._live())
        seconds, login = self.limits.start, self.launch.oauth
        if login is not None and login.show is not None:  # whoever logs in takes longer than a server to start
            seconds = max(seconds, login.seconds)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._ready)
        except TimeoutError:
            await self.end()
            raise self.faults.error("start", f"was not ready after {seconds:g} s") from None
        except CatalogError:
            raise
        except Exception as error:
            raise self._failed("start", error, "could not be used") from None
        self._ready.result()
        self._rest()
        return self

    async def _live(self) -> None:
        from catalog.remote.opening import opened  # with the SDK: only where a server is asked

        try:
            async with opened(self.launch, self.limits, self.faults, self._changed) as client:
                if not self._ready.done():
                    self._ready.set_result(client)
                await self._stop.wait()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(_first(error))
                self._ready.exception()  # whoever waited may have given up
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self.retired = True

    def _changed(self, sorts: Sequence[str]) -> None:
        """Forget the listings of *sorts*: the server says that it has others."""
        self.changes += 1
        for sort in sorts:
            self.listings.pop(sort, None)

    async def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        """Return the answer to a *question*, which is asked with the client of the SDK.

        Raises:
            RemoteError: there is none in time, or none that can be used.
            RemoteToolError: the answer is an error of the server.
        """
        self._busy += 1
        try:
            async with asyncio.timeout(self.limits.call):
                return await question(self._ready.result())
        except TimeoutError:
            self.retire()
            raise self.faults.error("time", f"gave no answer within {self.limits.call:g} s") from None
        except CatalogError:
            raise
        except Exception as error:
            raise self._failed("answer", _first(error), "gave no answer that can be used") from None
        finally:
            self._busy -= 1
            self._used = time.monotonic()
            self._rest()

    def _failed(self, reason: str, error: BaseException, text: str) -> RemoteError:
        """Return what an *error* of the SDK means; the session is not used again where the wire is at fault."""
        from mcp.shared.exceptions import MCPError
        from mcp_types import CONNECTION_CLOSED

        from catalog.remote.web import in_words

        if isinstance(error, RemoteError):
            return error
        if isinstance(error, MCPError) and error.code != CONNECTION_CLOSED and not self.faults.reason:
            if reason == "start" or error.code in _OF_THE_WIRE:
                self.retire()
                return self.faults.error(reason, f"{text}: {error.message:.300}")
            failed = self.faults.error("answer", f"answered: {error.message:.2000}")
            return RemoteToolError(str(failed), **failed.facts)
        self.retire()
        if isinstance(error, MCPError) and not self.faults.reason:
            self.faults.note("ended", "ended while it was in use" if reason != "start" else "ended before it was ready")
        return self.faults.error(reason, f"{text}: {in_words(error):.500}")

    def retire(self) -> None:
        """Open another session for the next call; those that are under way here go on to their end."""
        self.retired = True
        self._rest()

    def _rest(self) -> None:
        """End the session once it has been idle for as long as it may be; at once where it is not used again."""
        if self._busy:
            return
        if self.retired:
            self._ending = asyncio.ensure_future(self.end())
            return
        if self._timer is None:  # one for each session, however many calls there are
            self._look_after(self.limits.idle)

    def _look_after(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds + 0.01, self._end_if_idle)

    def _end_if_idle(self) -> None:
        self._timer = None
        if self._busy or self.retired:  # its end looks again
            return
        left = self.limits.idle - (time.monotonic() - self._used)
        if left <= 0:
            self.retire()
        else:
            self._look_after(left)

    async def end(self) -> None:
        """End it, and its server with it."""
        self.retired = True
        self._stop.set()
        key = self.launch, self.limits
        if key in _sessions and self is _open(_sessions[key]):
            del _sessions[key]
        task = self._task
        if task is None or task.done():
            return
        if not self._ready.done():
            task.cancel()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(task), _LONGEST_END)
        task.cancel()


_OF_THE_WIRE = (-32600, -32700)
"""Codes by which the SDK says that what came back is no answer: a session that is gone, a text that is no JSON."""

_sessions: dict[tuple[Launch, Limits], asyncio.Task[Session]] = {}


def _open(task: asyncio.Task[Session]) -> Session | None:
    return task.result() if task.done() and not task.cancelled() and task.exception() is None else None


async def session(launch: Launch, limits: Limits, who: str) -> Session:
    """Return an open session; callers that come while it is opened wait for the same.

    Raises:
        RemoteError: it can't be opened.
    """
    key = launch, limits
    task = _sessions.get(key)
    usable = task is not None and (not task.done() or ((held := _open(task)) is not None and not held.retired))
    if task is None or not usable:
        task = _sessions[key] = asyncio.create_task(Session(launch, limits, who).open())
    try:
        return await asyncio.shield(task)
    except CatalogError:
        if _sessions.get(key) is task:
            del _sessions[key]
        raise


async def end_all() -> None:
    """End every session."""
    held = [found for task in _sessions.values() if (found := _open(task)) is not None]
    opening = [task for task in _sessions.values() if not task.done()]
    _sessions.clear()
    for task in opening:
        task.cancel()
    await asyncio.gather(*(each.end() for each in held), return_exceptions=True)


before_exit(end_all)


@call_after_fork
def _forget() -> None:
    """Leave the sessions to the parent."""
    global _sessions
    from catalog.remote.background import abandon

    abandon(_sessions)
    _sessions = {}


def _first(error: BaseException) -> BaseException:
    """Return what a group of exceptions is about: ours, else the first that is more than an end."""
    while isinstance(error, BaseExceptionGroup):
        inner = [_first(each) for each in error.exceptions]
        ours: list[BaseException] = [each for each in inner if isinstance(each, CatalogError)]
        error = (ours or [each for each in inner if not isinstance(each, asyncio.CancelledError)] or inner)[0]
    return error
