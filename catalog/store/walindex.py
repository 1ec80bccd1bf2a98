"""Finding out whether any process has committed, from shared memory and without a statement.

In WAL mode SQLite keeps an index of its log in the file ``…-shm``. The first 48 bytes of it change with every
transaction of any process ("WAL-mode File Format", section 2.1: iChange, mxFrame, salts and checksums). Reading them
through a memory map takes a tenth of a microsecond, a statement forty times as long. The bytes are only compared with
earlier ones, never interpreted.

One trap decides how this is written. POSIX locks belong to the process, and closing *any* descriptor of a file drops
all locks of the process on it, SQLite's own included. Therefore a file is opened and mapped once per process and shared
by all catalogs, and its descriptor is closed only after SQLite has deleted the file. SQLite does so when the last
connection of any process is closed; then no lock can be left.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable

from catalog.forks import call_after_fork

HEADER = 48
"""How many bytes the header of the wal-index has."""

_LENGTH = 136  # two copies of the header, and the checkpoint information; a shorter file is still being set up
_MOST = 256  # mapped files per process; for more files callers ask SQLite instead

_lock = threading.Lock()
_maps: dict[tuple[int, int], tuple[str, int, mmap.mmap]] = {}


@call_after_fork
def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


def watch(database: str) -> Callable[[], bytes] | None:
    """Return a function that returns the current header of the wal-index, or None if it can't be mapped.

    Args:
        database: path of a SQLite database of which this process keeps a connection open in WAL mode.
    """
    path = os.path.realpath(database) + "-shm"  # SQLite creates it beside the file itself, not beside a link to it
    with _lock:
        _drop_removed()
        try:
            status = os.stat(path)
            mapped = _maps.get((status.st_dev, status.st_ino))  # by inode: two paths may lead to one file
            if mapped is None:
                if len(_maps) >= _MOST or status.st_size < _LENGTH:
                    return None
                descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
                mapped = (path, descriptor, mmap.mmap(descriptor, _LENGTH, access=mmap.ACCESS_READ))
                _maps[status.st_dev, status.st_ino] = mapped
        except (OSError, ValueError):
            return None
    memory = mapped[2]

    def header() -> bytes:
        # Without a lock: a header that SQLite is just writing differs from the last one too, and that is the answer.
        return memory[:HEADER]

    return header


def _drop_removed() -> None:
    """Close the descriptors of files that SQLite has deleted: nothing can hold a lock on them any more."""
    for inode, (path, descriptor, _) in list(_maps.items()):
        try:
            status = os.stat(path)
            deleted = (status.st_dev, status.st_ino) != inode
        except OSError:
            deleted = True
        if deleted:  # the map lives on until its last reader lets go: a catalog may still be open on a deleted file
            del _maps[inode]
            os.close(descriptor)
