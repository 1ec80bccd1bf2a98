"""Why something is changed, by whom, and from which state: what holds for all that is written meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from catalog.entry.key import split_key
from catalog.errors import ChangedEntryError, InvalidEntryError

if TYPE_CHECKING:
    from catalog.store.writer import Transaction

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


_expected: ContextVar[list[tuple[str, int]] | None] = ContextVar("catalog_expected", default=None)


def take_expected() -> list[tuple[str, int]]:
    """Return the revisions that entries must have, by key, before the change that begins now; they are asked once."""
    waiting = _expected.get()
    taken = [] if waiting is None else [*waiting]
    if waiting:
        waiting.clear()
    return taken


def check_unchanged(transaction: Transaction, key: str, revision: int) -> None:
    """Do nothing if the entry of *key* has this *revision* in the database.

    Raises:
        ChangedEntryError: it has another.
    """
    pair = split_key(key)
    stored = transaction.existing([pair]).get(pair)
    now = 0 if stored is None else stored[1].revision
    if now != revision:
        state = f"is at revision {now}" if now else "is not there"
        seen = f"revision {revision} was seen" if revision else "it was to be new"
        raise ChangedEntryError(
            f"'{key}' {state}, and {seen}: somebody else changed it; look at it again", key=key, revision=now
        )


@contextmanager
def expecting(key: str, revision: int) -> Iterator[None]:
    """Make the first change in the block fail unless the entry is as it was seen: no update of others is lost.

    Args:
        key: of an entry of the persistent tier.
        revision: that it must have; 0: it must not be there.

    Raises:
        ChangedEntryError: another change came first; nothing of this one was written.
    """
    token = _expected.set([*(_expected.get() or ()), (key, revision)])
    try:
        yield
    finally:
        _expected.reset(token)


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
