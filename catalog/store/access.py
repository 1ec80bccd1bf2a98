"""How a database file can be opened here: for writing, for reading, or as a file that nobody changes meanwhile."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, TypeVar

from catalog.errors import StoreError
from catalog.store.filewatch import identity_of
from catalog.store.foreign import harden

WRITE, READ, IMMUTABLE = "rw", "ro", "ro&immutable=1"

_T = TypeVar("_T")
_PATIENCE = 1.0
"""Seconds in which a file is opened that others open and close again and again."""


class Access(NamedTuple):
    """The mode that a file can be opened in.

    Attributes:
        mode: of SQLite's URI.
        why: why it can only be read, in words; empty where it can be written to.
    """

    mode: str
    why: str


def access_to(path: str, asked: str = "") -> Access:
    """Return how the database file *path*, which is there, can be opened by this user.

    *asked* says, in words, why it is to be read only whether it can be written to or not.

    SQLite keeps its log and an index of it beside the file. A reader who may not write there can use them if both are
    there, and needs neither if there is no log; and it must not make them, or the owner could not write to them.

    Raises:
        StoreError: it can't be read here; the text says what would help.
    """
    if os.path.isdir(path):
        raise StoreError(f"{path} is a folder; name the file of the database in it", url=path)
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise StoreError(f"{path} is no file but a device or a pipe; name the file of the database", url=path)
    if not os.access(path, os.R_OK):
        raise StoreError(f"{path} may not be read by this user; its owner can allow it (chmod a+r)", url=path)
    folder = os.path.dirname(os.path.realpath(path))
    log, index = (os.path.realpath(path) + end for end in ("-wal", "-shm"))
    for beside in (log, index, f"{os.path.realpath(path)}-journal"):
        if _is_odd(beside):
            raise StoreError(f"{beside} is no file but a link, a device or a pipe; take it away", url=path)
    foreign = [one for one in (log, index) if _is_denied(one)]
    if not os.access(path, os.W_OK):
        why = "this user may not write to the file"
    elif not os.access(folder, os.W_OK | os.X_OK):
        why = f"this user may not write to {folder}, where SQLite keeps its log"
    elif foreign:
        why = f"this user may not write to {foreign[0]}; its owner, or root, can give it to the owner of the database"
    elif not asked:
        return Access(WRITE, "")
    else:
        why = asked
    try:
        held = os.stat(log).st_size > 0
    except OSError:
        held = False
    if not held:
        return Access(IMMUTABLE, why)
    if os.access(log, os.R_OK) and (os.access(index, os.R_OK) or why == asked):
        return Access(READ, why)
    raise StoreError(
        f"{path} is read only here ({why}), and its last changes lie in {log}, which can't be read without {index}. "
        f"Let somebody who may write there run `catalog --url sqlite:///{path} db check`, which puts them into the "
        "file; or copy the file and its log into a folder of your own",
        url=path,
    )


def opened(path: str, asked: str, take_up: Callable[[Access], _T]) -> _T:
    """Return what *take_up* returns, which opens *path* in the way that can be done here; *asked* as of `access_to`.

    The owner of a file that can only be read here may close it, and so take its log away, between the look at it and
    the opening: then it is looked at again.

    Raises:
        StoreError: it can't be opened.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        access = access_to(path, asked)
        try:
            return take_up(access)
        except StoreError as error:
            missing = getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_CANTOPEN"
            if access.mode != READ or not missing or time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def _is_odd(path: str) -> bool:
    """Tell whether there is something else than a regular file at *path*."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:  # looked at once: another process may take it away at any moment
        return False


def _is_denied(path: str) -> bool:
    """Tell whether there is a file at *path* that this user may not write to.

    Another process may take it away, or make it, between two questions; so an answer counts if it is given again.
    """
    return all(os.path.exists(path) and not os.access(path, os.W_OK) and os.path.exists(path) for _ in range(3))


def is_left_behind(path: str, log: tuple[int, int] | None) -> bool:
    """Return whether the log at *path* is that of a file that was there before, and still in use.

    SQLite leaves the log of a file that was replaced, and would take it for the log of the file that is there now. If
    no process has it open, it is removed here.

    Args:
        path: of the database that was opened, at which there is another file now.
        log: what told the log of the old file from any other, while that was open.
    """
    real = os.path.realpath(path)
    index = identity_of(f"{real}-shm")
    if log is None or identity_of(f"{real}-wal") != log:
        return False
    if index is not None and _is_locked(index):
        return True
    for end in ("-wal", "-shm"):
        with suppress(OSError):
            os.unlink(real + end)
    return False


def _is_locked(file: tuple[int, int]) -> bool:
    """Tell whether any process has a lock on a file: whoever uses a log has one on its index. Linux lists them."""
    device, inode = file
    mark = f" {os.major(device):02x}:{os.minor(device):02x}:{inode} "
    try:
        with open("/proc/locks", encoding="ascii", errors="replace") as locks:
            return any(mark in line for line in locks)
    except OSError:  # another system: be careful
        return True


def connect(path: str, mode: str, *, timeout: float) -> sqlite3.Connection:
    """Return a connection to the file *path* in a *mode* of SQLite's URI; it never creates the file."""
    # Quoted because the path may contain '?' or '%'. Not at the top: only opening needs it, and it is slow to import.
    from urllib.parse import quote

    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=timeout,
    )
    return harden(connection)
