"""Keeping open databases safe when the process forks.

SQLite remembers in memory which locks its process holds, and asks the operating system only for the first lock of each
kind. A child inherits that memory but not the locks, so SQLite in the child believes it holds locks that it does not.
When the last process that really holds them closes the database, it deletes the log to which the child still writes,
and the child's commits are lost.

Therefore a child closes the connections it inherited before it opens its own. Closing makes SQLite forget the locks,
and takes none from the parent. And a process forks only while none of its threads is inside SQLite: a mutex of SQLite
held by another thread would stay locked in the child for ever.

Order of locks: ``opening``, then those of each database. Databases take their own locks in ``before_fork``.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Protocol

PATIENCE = 10.0
"""How many seconds a fork waits for statements and transactions of other threads before it goes ahead."""


class Forked(Protocol):
    """An object with open connections, which takes part in every fork of the process."""

    def before_fork(self, deadline: float) -> None:
        """Stop other threads from using connections, and wait until none does, or until *deadline*."""

    def after_fork_in_parent(self) -> None:
        """Let other threads use connections again."""

    def after_fork_in_child(self) -> None:
        """Close the inherited connections; open none yet."""


opening = threading.RLock()
"""Held while a database is opened or closed, so that the process does not fork in the middle of it."""

_watched: weakref.WeakSet[Forked] = weakref.WeakSet()
_stopped: list[Forked] = []
_got_opening: list[bool] = []  # whether the fork got `opening` before its patience ended


def watch(database: Forked) -> None:
    """Call the methods of *database* at every fork, as long as the object lives."""
    with opening:
        _watched.add(database)


def _before() -> None:
    deadline = time.monotonic() + PATIENCE
    _got_opening.append(opening.acquire(timeout=PATIENCE))
    _stopped[:] = _watched
    for database in _stopped:
        database.before_fork(deadline)


def _in_parent() -> None:
    for database in _stopped:
        database.after_fork_in_parent()
    _stopped.clear()
    if _got_opening.pop():
        opening.release()


def _in_child() -> None:
    global opening
    opening = threading.RLock()
    _got_opening.clear()
    # All databases close before any opens again: connections to one file share what SQLite remembers of its locks.
    for database in _stopped:
        database.after_fork_in_child()
    _stopped.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
