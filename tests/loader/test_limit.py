"""Calls that take too long."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from catalog.errors import CallTimeoutError
from catalog.loader.call import finished
from catalog.loader.limit import awaited_within, within

word = contextvars.ContextVar("word", default="none")


def test_a_call_in_time_is_as_without_a_limit() -> None:
    """Values, exceptions of every kind and context variables are those of the function."""
    token = word.set("said")
    assert within(10, word.get) == within(None, word.get) == "said"
    assert within(float("inf"), word.get) == "said"
    word.reset(token)
    with pytest.raises(SystemExit):
        within(10, lambda: exit(3))
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 // 0)


def test_what_does_not_end_is_left_behind() -> None:
    """A function that blocks is given up after its time, in a thread that keeps no process from ending."""
    go = threading.Event()
    with pytest.raises(CallTimeoutError, match=r"the call did not end within 0\.05 s") as caught:
        within(0.05, go.wait)
    assert (caught.value.code, caught.value.facts, isinstance(caught.value, TimeoutError)) == (
        "call-timeout",
        {"seconds": 0.05},
        True,
    )
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "catalog-call"] == [True]
    go.set()


@pytest.mark.parametrize("awaited", [False, True])
def test_a_coroutine_is_cancelled(awaited: bool) -> None:
    """What awaits is cancelled, and has cleaned up when the error is raised."""
    seen: list[str] = []

    async def sleep() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    def call() -> None:
        if awaited:
            asyncio.run(awaited_within(0.05, sleep()))
        else:
            within(0.05, lambda: finished(sleep()))

    with pytest.raises(CallTimeoutError):
        call()
    assert seen == ["cancelled"]


def test_a_timeout_of_the_tool_itself_is_its_own() -> None:
    """A TimeoutError that the code raises passes through."""

    async def fail() -> None:
        raise TimeoutError("of its own")

    for limit in (None, 10):
        with pytest.raises(TimeoutError, match="of its own"):
            asyncio.run(awaited_within(limit, fail()))
        with pytest.raises(TimeoutError, match="of its own"):
            within(limit, lambda: finished(fail()))
