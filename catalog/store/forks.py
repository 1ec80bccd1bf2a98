"""Open databases and ``fork``.

SQLite remembers in memory which locks a process has, and asks the operating system only for the first lock of a kind.
A child inherits the memory and not the locks: it believes it holds what it does not. When the last process that does
hold them closes the database, it removes the log the child still writes to, and what the child has committed is gone.
So a child closes the connections it inherited, which ends the belief and takes no lock from the parent, before it opens
its own; and a process forks only while none of its threads is inside SQLite, as a mutex of SQLite that another thread
holds would stay locked in the child for ever.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Protocol

PATIENCE = 10.0
"""How many seconds a fork waits for statements and transactions of other threads."""


class Forked(Protocol):
    """What has connections open."""

    def before_fork(self, deadline: float) -> None:
        """Wait until no other thread uses a connection, or until *deadline*, and let none begin."""

    def after_fork_in_parent(self) -> None:
        """Let them go on."""

    def after_fork_in_child(self) -> None:
        """Close what was inherited; open nothing yet."""


opening = threading.RLock()
"""Held while a database is opened or closed: no process forks in the middle of that."""

_living: weakref.WeakSet[Forked] = weakref.WeakSet()
_held: list[Forked] = []
_quiet: list[bool] = []  # whether `opening` was to be had in time


def watch(one: Forked) -> None:
    """Have *one* told of every fork for as long as it lives."""
    with opening:
        _living.add(one)


def _before() -> None:
    deadline = time.monotonic() + PATIENCE
    _quiet.append(opening.acquire(timeout=PATIENCE))
    _held[:] = _living
    for one in _held:
        one.before_fork(deadline)


def _in_parent() -> None:
    for one in _held:
        one.after_fork_in_parent()
    _held.clear()
    if _quiet.pop():
        opening.release()


def _in_child() -> None:
    global opening
    opening = threading.RLock()
    _quiet.clear()
    for one in _held:  # all of them before any opens again: connections to one file share what SQLite remembers
        one.after_fork_in_child()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
