"""The gate: the only place that writes text for people, and lets nothing through that a terminal would obey.

Data of others reach the screen by many ways: entries, damaged keys, configuration, names of files, what a server
answers, click's own messages. Cleaning at each of them would be forgotten at some. Our own colours carry a mark that
nobody else can know, and come out of the gate as colours; every other control character comes out as U+FFFD.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import IO, Any

import click

from catalog import visible

PIECE = 65_536

BREAK = os.urandom(8).hex()
"""Stands for a line end of ours within a line: nobody else can know it, so the line ends of others are told from it."""

_MARK = f"\x1b[{int.from_bytes(os.urandom(7), 'big')};"
_OURS = re.compile(rf"({re.escape(_MARK)}[0-9;]*m)")


def coloured(text: str, **how: Any) -> str:
    """Return *text* in colour, as ``click.style`` makes it; the colours hold once the text has passed the gate."""
    return click.style(visible(text), **how).replace("\x1b[", _MARK)


def harmless(text: str) -> str:
    """Return *text* with nothing in it that a terminal obeys or doesn't show; our colours stay, and keep their mark."""
    if _MARK not in text:
        return visible(text)
    return "".join(part if place % 2 else visible(part) for place, part in enumerate(_OURS.split(text)))


def clean(text: str) -> str:
    """Return *text* on one line, without characters that would move the cursor or change colours."""
    return visible(text if text.isprintable() else " ".join(text.split()))


def one_line(text: str) -> str:
    """Return *text* as one line of a result: what others wrote begins no other; colours, blanks and `BREAK` stay."""
    return text.replace("\r\n", " ").replace("\n", " ").replace(BREAK, "\n")


def say(text: str, stream: IO[str], *, colour: bool | None = None, whole: bool = False, end: bool = True) -> None:
    """Write *text* and a line end to *stream*: what lines it has stay, and our colours.

    Args:
        text: what is written.
        stream: where it goes.
        colour: whether our colours may pass; None: where click would show them.
        whole: whether it is data: written as it is, unless *stream* is a terminal.
        end: whether a line end comes behind it.
    """
    if not whole or stream.isatty():
        text = harmless(text).replace(_MARK, "\x1b[")
    # In pieces: unbuffered, Python takes a write that ends early, because the reader is gone, for a complete write.
    for start in range(0, len(text), PIECE):
        click.echo(text[start : start + PIECE], stream, nl=False, color=True if whole else colour)
    if end:
        click.echo(None, stream, color=True)


def tell(text: str) -> None:
    """Write one line to standard error: a remark, a warning, an error."""
    with suppress(OSError):  # the result counts even where the line can't be written
        say(clean(text), sys.stderr, colour=False)


def tell_lines(text: str) -> None:
    """Write several lines for people to standard error, such as a traceback."""
    with suppress(OSError):
        say(text.rstrip("\n"), sys.stderr, colour=False)


def confirmed(question: str) -> bool:
    """Ask a person at a terminal a *question*, and return whether the answer is yes; nothing said is no."""
    return click.confirm(clean(question), err=True)


def asked(question: str, default: str) -> str:
    """Ask a person at a terminal for a text; return it, or the *default* where nothing is said."""
    return str(click.prompt(clean(question), default=clean(default), err=True))
