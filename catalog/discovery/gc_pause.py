"""Work on syntax trees without the collector looking through them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.forks import call_after_fork

_paused = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collector for the work on one file.

    A tree is a hundred thousand objects, none of them garbage, and the facts of all files before it are there too:
    scanning scipy takes twice as long with the collector on. The pause is that of one file, so that other threads of
    the process get their garbage collected during a long scan.
    """
    global _paused
    if not gc.isenabled():
        yield
        return
    gc.disable()
    _paused = True
    try:
        yield
    finally:
        _paused = False
        gc.enable()


@call_after_fork
def _resume_in_child() -> None:
    if _paused:  # another thread forked while this one was at it; nobody in the child will end the pause
        gc.enable()
