"""Folders are written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOTDIR
from secrets import token_hex

MARKER = ".catalog-docs"
"""The file by which a folder is known as written by us: only such a folder is ever replaced."""


@contextmanager
def whole_folder(out: str | os.PathLike[str]) -> Iterator[str]:
    """Yield a new folder that is at *out* once the block has ended, and not before.

    If the block raises, or the disk is full, what was at *out* stays as it was. A link is followed.

    Raises:
        FileExistsError: there is a folder with something in it that was not written so.
        NotADirectoryError: there is a file.
        OSError: it can't be written there.
    """
    target = os.path.realpath(out)
    _check(target)
    above = os.path.dirname(target)
    os.makedirs(above, exist_ok=True)
    beside = os.path.join(above, f".catalog-{token_hex(8)}.tmp")
    new, old = os.path.join(beside, "new"), os.path.join(beside, "old")
    try:
        os.mkdir(beside)
        os.mkdir(new)
        with open(os.path.join(new, MARKER), "x", encoding="utf-8") as file:
            file.write("Written by `catalog docs build`, which replaces this folder as a whole.\n")
        yield new
        there = os.path.isdir(target)
        if there:
            os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            if there:
                os.rename(old, target)
            raise
    except OSError as error:
        if error.filename is not None and os.fspath(error.filename).startswith(beside):  # nobody has named that folder
            error.filename, error.filename2 = target, None
        raise
    finally:
        with suppress(OSError):
            shutil.rmtree(beside)


def _check(target: str) -> None:
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        raise NotADirectoryError(ENOTDIR, "it is there, and is no folder", target)
    if os.listdir(target) and not os.path.isfile(os.path.join(target, MARKER)):
        raise FileExistsError(
            EEXIST, "it is there, has something in it, and is no documentation site; name another folder", target
        )
