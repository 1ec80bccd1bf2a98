"""Pausing the garbage collector while a syntax tree is in memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.forks import call_after_fork

_paused = False


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector for the work on one file.

    A tree is a hundred thousand objects, none of them garbage, and the collector would go through them, and through
    the extracts of all files before, again and again: scanning scipy takes twice as long with it. The pause ends with
    the file, so that the garbage of other threads is collected during a long scan. A pause within a pause does nothing.
    """
    global _paused
    if not gc.isenabled():  # paused already, by an outer call or by the program itself: theirs to end
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
    # The fork came from another thread than the paused one, which does not exist in the child to end its pause.
    if _paused:
        gc.enable()
