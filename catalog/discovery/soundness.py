"""Files that seem to hold nothing are parsed too, to report the broken ones, as long as that costs little."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from catalog.discovery.gc_pause import gc_paused
from catalog.discovery.state import FileState, reading_fault
from catalog.discovery.walk import SourceFile
from catalog.errors import UnreadableSourceError
from catalog.source.read import parse_source

CHECKED = 100_000
"""Bytes of source that a scan parses only to see whether it is sound. In small packages that is all of it; in large
ones a file that seems to hold nothing is checked only as long as this (or one fiftieth of the whole) lasts."""


def check_the_rest(
    every: Sequence[FileState], was_checked: Callable[[FileState], bool], read: Callable[[str], bytes]
) -> int:
    """Note the faults of files of which nothing was asked; return how many were parsed.

    Args:
        every: all files of the scan.
        was_checked: tells of a file whether an earlier scan has parsed what it holds.
        read: returns the source in the file at a path.
    """
    budget = max(CHECKED, sum(state.file.size for state in every) // 50)
    rest = [state for state in every if state.prefiltered is not None and state.extract is None and state.fault is None]
    parsed = 0
    for state in sorted(rest, key=lambda each: (not _looks_uncompiled(each.file), each.file.size, each.file.path)):
        budget -= state.file.size
        if budget < 0:
            break
        if not state.parsed and not was_checked(state):
            try:
                with gc_paused():
                    parse_source(read(state.file.path), state.file.path)
                parsed += 1
            except UnreadableSourceError as error:
                state.fault = reading_fault(error)
    return parsed


def _looks_uncompiled(file: SourceFile) -> bool:
    """Tell whether Python compiled other files of the folder but not this one, as it does with broken ones."""
    import importlib.util

    try:
        compiled = importlib.util.cache_from_source(file.path)
    except NotImplementedError:  # this Python keeps no bytecode, so its absence says nothing
        return False
    return not os.path.exists(compiled) and os.path.isdir(os.path.dirname(compiled))
