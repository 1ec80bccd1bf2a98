"""Files and standard streams: reading and writing them, and the message where that fails."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

import click

UNUSABLE = 3

_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""Errors of a write that are no fault of the user's: the machine can't do what was asked."""


class Unusable(click.ClickException):
    """Something outside this program failed: one line on standard error, exit status 3."""

    exit_code = UNUSABLE


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turn an error of writing the file *path* into a message, with status 3 if the machine is at fault, else 2."""
    try:
        yield
    except OSError as error:
        if error.errno in _TROUBLE:
            reason = error.strerror or error
            raise Unusable(f"{path} can't be written: {reason}; a file that was there is as it was") from None
        raise click.FileError(path, error.strerror or str(error)) from None


def standard_input(*, as_lines: bool = False) -> IO[str]:
    """Return standard input, read as UTF-8 whatever the locale says if its content is that of a file *as_lines*.

    Bytes that are not UTF-8 then arrive as halves of surrogate pairs, so that the message can name the line.

    Raises:
        click.UsageError: it is closed.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise click.UsageError("standard input is closed; name a file, or send something through a pipe")
    if as_lines and isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    return sys.stdin


_results: IO[str] | None = None
_owns_process = False  # whether this process is a command of ours, and its standard streams are


def results() -> IO[str]:
    """Return what results are written to: standard output, or where it led before :func:`divert_prints`."""
    return _results or sys.stdout


def divert_prints(ctx: click.Context) -> None:
    """Let all that is printed from now on go to standard error, so that the one document stands alone.

    That is what imported code prints: by ``print``, by itself on descriptor 1, in child processes, at exit.
    """
    global _results
    _results = sys.stdout
    if _owns_process and isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.fileno() == 1:
        sys.stdout.flush()
        _results = open(os.dup(1), "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)  # noqa: SIM115 - to the end
        os.dup2(2, 1)
    else:
        sys.stdout = sys.stderr
        ctx.call_on_close(_bring_back)


def _bring_back() -> None:
    global _results
    sys.stdout, _results = results(), None


def fill_closed() -> None:
    """Put the null device where a standard stream is closed, before anything is opened.

    Otherwise the next file that is opened, such as the database, gets the number of the stream, and what is printed
    goes into it. ``sys.stdin`` stays None where it was closed: nobody meant an empty input.
    """
    global _owns_process
    _owns_process = True
    for number, name, mode in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY), (2, "stderr", os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            if number and getattr(sys, name) is None:
                setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115 - open until the process ends


def is_of_output(error: OSError) -> bool:
    """Return whether *error* came from writing to standard output; if so, the rest of the output is discarded."""
    is_output = error.filename is None and error.errno in (*_TROUBLE, errno.EBADF)  # errors of files name the file
    try:
        sys.stdout.flush()
    except OSError:
        is_output = True
    if is_output:
        drop_output()
    return is_output


def drop_output() -> None:
    """Let what is still to be written to standard output go nowhere."""
    for stream in {id(stream): stream for stream in (sys.stdout, results())}.values():
        drop(stream)


def drop(stream: IO[str]) -> None:
    """Discard what is still to be written to *stream*: Python would report an error for it at exit."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def flush_stderr() -> None:
    """Write out the remarks; where that is not possible, the exit status alone shows the outcome."""
    try:
        sys.stderr.flush()
    except OSError:
        drop(sys.stderr)


def leave_at_once(status: int) -> None:
    """End a process of ours with *status*, whatever its threads still do: Python would wait for some of them.

    In a process that is not ours nothing happens.
    """
    if not _owns_process:
        return
    for stream in {id(stream): stream for stream in (sys.stdout, results(), sys.stderr)}.values():
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)
