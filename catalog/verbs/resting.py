"""What a server does while nobody asks: it holds no memory for what it can have again at once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.workspace.lookup import HasWorkspace

_RESTS = 0.02
"""A process that has used less of a processor's time than this share of a while has rested."""
_WORKED = 0.2
"""Seconds of a processor's time after which a rest is worth tidying up for."""


async def release_when_idle(catalog: HasWorkspace, after: float = 10.0) -> None:
    """Hold no memory for what is not in use while nobody asks, until this is cancelled; for servers.

    At 100,000 entries the file of vectors has 100 MB, and a search by meaning may look at all of them. The system keeps
    the file at hand all the same, so a search after a rest is as fast as any other. Memory that a hundred requests at
    once have used and freed goes back to the system, too, which the C library of Linux does not do by itself.

    Args:
        catalog: whose vectors.
        after: seconds without a search, and between two looks at whether the process rests.
    """
    used = tidied = time.process_time()
    while True:
        await asyncio.sleep(after)
        catalog.workspace.embedding.release_memory(after)
        before, used = used, time.process_time()
        if used - before <= _RESTS * after and used - tidied >= _WORKED:
            await asyncio.to_thread(give_back_memory)
            tidied = used


def give_back_memory() -> None:
    """Give memory that was freed back to the system, where the C library has a function for it."""
    import ctypes

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not the one of GNU
        return
    trim(0)
