"""Files are written whole or not at all, and read only if they are regular files that are not too large."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EFBIG, EINVAL, EISDIR
from io import BufferedReader, BytesIO, TextIOWrapper
from typing import IO

LARGEST_TEXT = 64_000_000
"""The most bytes of a file that is read as one text."""

NOT_REGULAR = "not a regular file"
"""What is said of pipes, devices and sockets: one may never begin to answer, or never end."""


def open_regular(path: str | os.PathLike[str], largest: int | None = None) -> BufferedReader:
    """Open the regular file at *path* for reading; a link is followed.

    What is opened is looked at, not what the path led to a moment ago, and nothing is read yet. Opening waits for
    nobody: a pipe that no one writes to would hold up the reader for ever.

    Args:
        path: the file.
        largest: the most bytes it may have.

    Raises:
        OSError: the system refuses; it is a pipe, a device, a socket or a folder; or it has more bytes. ``strerror``
            says so in words.
    """
    try:
        mode = os.stat(path).st_mode  # before it is opened: opening a device may do something
        _check_regular(mode, path)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags | getattr(os, "O_NOCTTY", 0))
    except ValueError as error:  # a null byte in the path, or half a surrogate pair
        raise OSError(EINVAL, str(error), os.fspath(path)) from None
    try:
        state = os.fstat(descriptor)
        _check_regular(state.st_mode, path)
        if largest is not None and state.st_size > largest:
            raise _too_large(path, state.st_size, largest)
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def open_text(
    path: str | os.PathLike[str], largest: int | None = None, *, encoding: str = "utf-8", errors: str = "strict"
) -> IO[str]:
    """Open the regular text file at *path* for reading; the one way in for every file that a user names.

    Raises:
        OSError: as :func:`open_regular`.
    """
    return TextIOWrapper(open_regular(path, largest), encoding=encoding, errors=errors)


def read_text(path: str | os.PathLike[str], largest: int = LARGEST_TEXT) -> str:
    """Return the text of the regular file at *path*, which is UTF-8, with line ends as ``\\n``.

    Raises:
        OSError: as :func:`read_regular`.
        UnicodeDecodeError: it is not UTF-8.
    """
    return TextIOWrapper(BytesIO(read_regular(path, largest)), encoding="utf-8").read()


def read_regular(path: str | os.PathLike[str], largest: int) -> bytes:
    """Return the bytes of the regular file at *path*, of which there may be *largest*; no more are ever read.

    Raises:
        OSError: as :func:`open_regular`; a file that grows beyond the limit while it is read counts as too large.
    """
    with open_regular(path, largest) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise _too_large(path, None, largest)
    return data


def open_own(path: str | os.PathLike[str]) -> BufferedReader | None:
    """Open a file that only this user may have written; None if it is anything else, or can't be opened.

    It is a regular file and no link to any, it belongs to this user, and nobody else may write to it: so nobody else
    can change it or make it shorter while it is read, either.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    about = os.fstat(descriptor)
    is_mine = not hasattr(os, "geteuid") or about.st_uid == os.geteuid()
    if is_mine and stat.S_ISREG(about.st_mode) and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return open(descriptor, "rb")
    os.close(descriptor)
    return None


def _check_regular(mode: int, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        raise OSError(EINVAL, NOT_REGULAR, os.fspath(path))


def _too_large(path: str | os.PathLike[str], size: int | None, largest: int) -> OSError:
    has = f"{size:,}" if size is not None else "too many"
    return OSError(EFBIG, f"it has {has} bytes; {largest:,} are read", os.fspath(path))


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
    from secrets import token_hex  # its own imports take longer than all of reading: only where something is written

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
