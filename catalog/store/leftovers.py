"""Files that an interrupted upgrade, backup or export has left beside a database."""

from __future__ import annotations

import os
import re
import time

OLD = 3_600
"""After how many seconds a file being written, of which nobody knows by whom, counts as left behind."""

_OURS = re.compile(r"\.catalog-[0-9a-f]{16}\.tmp")
_PARTS = r"(?:\.before-\w+)?\.([0-9]+)\.tmp(?:-journal|-wal|-shm)?"


def leftovers(path: str) -> list[str]:
    """Return the files beside the database *path* that are parts of copies nobody writes any more, sorted.

    The copy that was kept before an upgrade (``….before-0004``) is whole and none of them: it is the user's.
    """
    folder, name = os.path.split(os.path.abspath(path))
    part = re.compile(re.escape(name) + _PARTS)
    found = []
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    for each in sorted(names):
        file = os.path.join(folder, each)
        made_by = part.fullmatch(each)
        if made_by is not None:
            if os.path.isfile(file) and not _runs(int(made_by[1])):
                found.append(file)
        elif _OURS.fullmatch(each) and os.path.isfile(file) and not os.path.islink(file) and _is_old(file):
            found.append(file)
    return found


def _runs(process: int) -> bool:
    """Tell whether a *process* of this machine runs."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to somebody else
        return True
    return process > 0


def _is_old(file: str) -> bool:
    try:
        return time.time() - os.stat(file).st_mtime > OLD
    except OSError:
        return False
