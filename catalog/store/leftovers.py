"""What interrupted work leaves beside a database: files that were to be moved into place, and never were.

The number of a process tells nothing of one in another container: a file that was written a moment ago is never one.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

_MINUTE, _HOUR = 60, 3_600
"""Seconds for which a process that is gone, and one that nothing is known of, must not have touched it."""


def leftovers(path: str, *, remove: bool = False) -> list[str]:
    """Return the files and folders that interrupted copies and upgrades have left beside the database file *path*.

    They are named, never guessed: the name must be of the form that is written here, and what still changes, or may
    belong to a process that runs, is none.

    Args:
        path: the database.
        remove: delete them; what can't be deleted is returned all the same.
    """
    found = set()
    for place in {os.path.abspath(path), os.path.realpath(path)}:  # through a link, some lie beside the link
        folder, name = os.path.split(place)
        with suppress(OSError):
            found |= {one.path for one in os.scandir(folder) if _is_left(one, name)}
    if remove:
        for one in found:
            with suppress(OSError):
                if os.path.isdir(one):
                    shutil.rmtree(one)
                else:
                    os.unlink(one)
    return sorted(found)


def _is_left(one: os.DirEntry[str], database: str) -> bool:
    if one.is_symlink():
        return False
    match = re.fullmatch(
        rf"{re.escape(database)}(\.before-[\w-]+)?\.(?P<pid>[0-9]+)\.tmp(-journal|-wal|-shm)?|"
        r"\.catalog-[0-9a-f]{16}\.tmp"
        if one.is_file(follow_symlinks=False)
        else r"\.catalog-(copy-(?P<pid>[0-9]+)|salvage)-\w+",
        one.name,
    )
    if match is None:
        return False
    pid = match["pid"]
    age = time.time() - max(_touched(one.path))
    return age > (_MINUTE if pid is not None and _is_gone(int(pid)) else _HOUR)


def _touched(path: str) -> Iterator[float]:
    """Yield when a file, or a folder and each file in it, was last changed."""
    with suppress(OSError):
        found = os.lstat(path)
        yield found.st_mtime
        if stat.S_ISDIR(found.st_mode):
            for one in os.scandir(path):
                yield one.stat(follow_symlinks=False).st_mtime
    yield 0.0


def _is_gone(pid: int) -> bool:
    """Return whether no process of this machine has this number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False
