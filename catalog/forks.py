"""One hook for every lock of this package: a child process that was forked gets new ones.

A lock that another thread held at the moment of the fork stays locked in the child for ever, because that thread does
not exist there. Connections to databases have hooks of their own, before the fork as well: :mod:`catalog.store.forks`.
"""

from __future__ import annotations

import os
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Renewable(Protocol):
        """An object with locks."""

        def renew_after_fork(self) -> None:
            """Take new locks, and drop what another thread may have left half done; ask no database."""


_objects: weakref.WeakSet[Renewable] = weakref.WeakSet()
_functions: list[Callable[[], None]] = []


def after_fork(obj: Renewable) -> None:
    """Have *obj* renew itself in every child process, as long as it lives."""
    _objects.add(obj)


def call_after_fork(function: Callable[[], None]) -> Callable[[], None]:
    """Have *function* called in every child process: for the locks of a module. Can be used as a decorator."""
    _functions.append(function)
    return function


def _in_child() -> None:
    for function in _functions:
        function()
    for obj in list(_objects):
        obj.renew_after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_child)
