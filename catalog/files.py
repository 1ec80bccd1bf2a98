"""Files are written whole or not at all: beside their place, then moved into it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from secrets import token_hex
from typing import IO


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[str]]:
    """Open a text file in UTF-8 that is at *path* once the block has ended, and not before.

    If the block raises, or the disk is full, what was at *path* stays as it was. A link is followed, the rights of a
    file that was there are kept, and what is no regular file (a pipe, ``/dev/stdout``) is written to as it is.

    Raises:
        OSError: it can't be written there.
    """
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "w", encoding="utf-8") as file:
            yield file
        return
    if mode is not None and not os.access(target, os.W_OK):  # its folder would allow it; who protected it would not
        raise PermissionError(EACCES, os.strerror(EACCES), target)
    # Not made of the file's own name, which may be as long as names can be; and two threads may write one file.
    beside = os.path.join(os.path.dirname(target), f".catalog-{token_hex(8)}.tmp")
    try:
        with open(beside, "x", encoding="utf-8") as file:
            if mode is not None:
                os.chmod(beside, stat.S_IMODE(mode))  # before there is anything in it to read
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a crash may leave the new name with nothing in it
        os.replace(beside, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(beside)
        if isinstance(error, OSError) and error.filename == beside:  # nobody has named that file
            error.filename, error.filename2 = target, None
        raise


def data_file(name: str) -> str | None:
    """Return the path of a file in the user's data folder, or None where the user has no home."""
    from platformdirs import user_data_path  # only where something of the user's own is needed

    try:
        folder = user_data_path("catalog")
    except RuntimeError:
        return None
    return str(folder / name) if folder.is_absolute() else None
