"""Whether a file may have changed, by what the file system says of it; nothing is opened."""

from __future__ import annotations

import os

_SETTLED_NS = 2_000_000_000


def is_settled(stamp: str, now_ns: int) -> bool:
    """Tell whether a file's stamp, taken at *now_ns*, can be trusted: the change is two seconds old.

    Two contents written within one tick of the file system's clock have the same stamp.
    """
    return bool(stamp) and now_ns - int(stamp.split()[1]) > _SETTLED_NS


def stamp_of(state: os.stat_result) -> str:
    """Return a text that differs once the file was written, replaced or touched.

    Size and time of change are not enough: copies that keep times, and builds that set them, give two contents the
    same. The time of the last change of the file's record and its number on the disk can't be set by anybody. Where
    the text differs, the content decides.
    """
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


def stamp(path: str | os.PathLike[str]) -> str | None:
    """Return the stamp of the file at *path*, or None if there is none or it can't be looked at."""
    try:
        return stamp_of(os.stat(path))
    except (OSError, ValueError):
        return None
