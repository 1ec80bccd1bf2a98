"""Has any process committed since? Answered from shared memory, without a statement.

SQLite in WAL mode keeps an index of its log in the file ``…-shm``; its first 48 bytes change with every transaction of
any process ("WAL-mode File Format", section 2.1: iChange, mxFrame, salts and checksums). Reading them through a memory
map costs a tenth of a microsecond; a statement costs forty times that. The bytes are only ever compared.

One trap decides how this is written: POSIX locks belong to the process, and closing *any* descriptor of a file drops
all of the process's locks on it, SQLite's own included. So a file is mapped once per process, shared by every catalog,
and its descriptors are closed only when SQLite has removed the file, which it does when the last connection of any
process is gone and no lock can be left.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable

from catalog.forks import call_after_fork

HEADER = 48

_LENGTH = 136  # the two copies of the header and the checkpoint information
_MOST = 256  # mapped files per process; beyond that callers fall back to asking SQLite

_lock = threading.Lock()
_maps: dict[tuple[int, int], tuple[str, int, mmap.mmap]] = {}


@call_after_fork
def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


def watch(database: str) -> Callable[[], bytes] | None:
    """Return a function that gives the header as it is now, or None where it can't be mapped.

    Args:
        database: path of a SQLite database of which this process keeps a connection open in WAL mode.
    """
    path = os.path.realpath(database) + "-shm"  # SQLite puts it beside the file, not beside a link to it
    with _lock:
        _drop_removed()
        try:
            there = os.stat(path)
            mapped = _maps.get((there.st_dev, there.st_ino))
            if mapped is None:
                if len(_maps) >= _MOST or there.st_size < _LENGTH:
                    return None
                descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
                mapped = (path, descriptor, mmap.mmap(descriptor, _LENGTH, access=mmap.ACCESS_READ))
                _maps[there.st_dev, there.st_ino] = mapped
        except (OSError, ValueError):
            return None
    memory = mapped[2]

    def header() -> bytes:
        return memory[:HEADER]

    return header


def _drop_removed() -> None:
    for key, (path, descriptor, _) in list(_maps.items()):
        try:
            there = os.stat(path)
            gone = (there.st_dev, there.st_ino) != key
        except OSError:
            gone = True
        if gone:  # the memory itself goes with the last reader of it: a catalog may be open on a file somebody deleted
            del _maps[key]
            os.close(descriptor)
