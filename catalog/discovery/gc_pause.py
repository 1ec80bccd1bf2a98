"""Pausing the garbage collector while syntax trees are in memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.forks import call_after_fork

_EVERY = 1000
"""How many files are gone through before garbage is collected: some megabytes of extracts."""
_paused = False
_files = 0


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector for the work on files.

    A tree is a hundred thousand objects, none of them garbage, and the collector would go through them, and through
    the extracts of all files before, again and again: scanning scipy takes twice as long with it. A pause within a
    pause does nothing; `file_done` keeps a long one from piling up garbage.
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


def file_done() -> None:
    """Collect, after every so many files of a pause, what became garbage since; that of other threads too.

    What is still in use is gone through once, where the collector left alone would do it for every few files.
    """
    global _files
    _files += 1
    if _paused and _files % _EVERY == 0:
        gc.collect(1)


@call_after_fork
def _resume_in_child() -> None:
    # The fork came from another thread than the paused one, which does not exist in the child to end its pause.
    if _paused:
        gc.enable()
