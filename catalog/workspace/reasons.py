"""Why something is changed, and by whom, in their words: all that is written meanwhile is recorded with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from catalog.errors import InvalidEntryError

P = ParamSpec("P")
T = TypeVar("T")

LONGEST = 2_000
"""The longest reason, in characters."""

_reason: ContextVar[str | None] = ContextVar("catalog_reason", default=None)


def current() -> str | None:
    """Return the reason that holds here, or None."""
    return _reason.get()


_actor: ContextVar[str | None] = ContextVar("catalog_actor", default=None)


def current_actor() -> str | None:
    """Return who is at work here, or None: whoever runs the process."""
    return _actor.get()


@contextmanager
def acting_as(name: str | None) -> Iterator[None]:
    """Record *name* as who makes the changes of this thread or task in the block; None: who does so around it.

    For programs that act for others, as servers do; what it says of itself is for the program to check.
    """
    if name is None:
        yield
        return
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def because(reason: str | None) -> Iterator[None]:
    """Record *reason* with all that this thread or task changes in the block; None: that of the block around it.

    Raises:
        InvalidEntryError: it is no text, or too long.
    """
    if reason is None:
        yield
        return
    if not isinstance(reason, str) or len(reason) > LONGEST:
        raise InvalidEntryError(f"reason={reason!r:.40}: give a text of at most {LONGEST:,} characters", field="reason")
    token = _reason.set(reason.strip() or None)
    try:
        yield
    finally:
        _reason.reset(token)


def for_reason(reason: str | None, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what *call* returns; what it changes is recorded with *reason*."""
    with because(reason):
        return call(*args, **kwargs)
