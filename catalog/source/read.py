"""A Python file, read and parsed but never run."""

from __future__ import annotations

import ast
import gc
import os
import re
import sys
import threading
import warnings
from dataclasses import dataclass

from catalog.errors import UnreadableSourceError
from catalog.files import read_regular
from catalog.forks import call_after_fork

_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_PYTHON = ".".join(map(str, sys.version_info[:2]))
_BOM = b"\xef\xbb\xbf"

LARGEST = 8_000_000
"""Bytes above which a file isn't read: generated tables, and a minute each."""

MOST_EXPRESSIONS = 1_500_000
"""The most signs between expressions of a file that is parsed: a tree takes some hundred bytes for each."""
_SIGNS = b",:=()[]{}.+-*/%@|&^~<>;"

# Parsing changes two states of the whole process for a moment, warnings and garbage collection; two threads at
# once could leave theirs behind.
parsing = threading.Lock()
paused = False


@call_after_fork
def _renew() -> None:
    global parsing, paused
    parsing = threading.Lock()
    if paused:  # by a thread that is not in this process
        paused = False
        gc.enable()


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file of Python source: its text, with newlines as ``\\n``, and its syntax tree."""

    path: str
    text: str
    tree: ast.Module


def read_source(path: str | os.PathLike[str]) -> ParsedFile:
    """Return the Python source at *path*, parsed.

    The encoding is what the file declares (PEP 263) or a byte order mark says, else UTF-8.

    Raises:
        UnreadableSourceError: the file can't be read, decoded or parsed; the facts hold ``path``, ``line``
            (or None) and ``reason``.
    """
    path = os.fspath(path)
    return parse_source(read_bytes(path), path)


def read_bytes(path: str, largest: int | None = None) -> bytes:
    """Return what is in the regular file at *path*.

    Raises:
        UnreadableSourceError: the system refuses, it is a pipe or a device, or it has more than *largest* bytes, by
            default `LARGEST`.
    """
    try:
        return read_regular(path, LARGEST if largest is None else largest)
    except (OSError, MemoryError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "there is no memory for it") or str(error)
        raise _unreadable(path, None, reason, "check that the file is there and may be read") from error


def parse_source(data: bytes, path: str) -> ParsedFile:
    """Return the Python source *data* of the file *path*, parsed.

    Raises:
        UnreadableSourceError: it can't be decoded or parsed.
    """
    text = decode_source(data, path)
    if len(data) > MOST_EXPRESSIONS and len(data) - len(data.translate(None, _SIGNS)) > MOST_EXPRESSIONS:
        reason = f"it holds more than {MOST_EXPRESSIONS:,} expressions"
        raise _unreadable(path, None, reason, "it may be a generated table; leave it out")
    try:
        with parsing, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in somebody's string is no concern of a scan
            tree = _parsed(text, path)
    except SyntaxError as error:
        reason = f"invalid syntax in Python {_PYTHON}: {error.msg}"  # a file for a newer Python is fine there
        raise _unreadable(path, error.lineno, reason, "fix the syntax, or leave the file out") from error
    except (ValueError, OverflowError) as error:  # null bytes, and numbers no machine can hold
        raise _unreadable(path, None, str(error), "it may be a binary file; leave it out") from error
    except (RecursionError, MemoryError) as error:
        reason = "its expressions are nested too deeply for Python's parser"
        raise _unreadable(path, None, reason, "split the expression, or leave the file out") from error
    return ParsedFile(path, text, tree)


def _parsed(text: str, path: str) -> ast.Module:
    """Parse without collecting garbage meanwhile.

    A tree is a hundred thousand objects and none of them garbage; looking them through again and again costs a fifth
    of the parsing, and with a few megabytes of trees kept four times all of it.
    """
    global paused
    if not gc.isenabled():
        return ast.parse(text, path)
    paused = True
    gc.disable()
    try:
        return ast.parse(text, path)
    finally:
        gc.enable()
        paused = False


def decode_source(data: bytes, path: str) -> str:
    """Return *data* as text, by its byte order mark, its declaration or else UTF-8, with newlines as ``\\n``.

    Raises:
        UnreadableSourceError: it has bytes the encoding has no text for, or declares an unknown encoding.
    """
    marked = data.startswith(_BOM)
    if marked:
        data = data[len(_BOM) :]
    encoding = _declared(data) or "utf-8"
    if marked and encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        reason = f"it begins with a UTF-8 mark and declares the encoding {encoding!r}"
        raise _unreadable(path, 1, reason, "remove one of the two")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"byte 0x{data[error.start]:02x} is not valid {encoding}"
        raise _unreadable(path, line, reason, "save it as UTF-8, or declare its encoding") from error
    except (LookupError, ValueError) as error:
        reason = f"the encoding {encoding!r} is not known"
        raise _unreadable(path, 1, reason, "save it as UTF-8") from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _declared(data: bytes) -> str | None:
    if b"coding" not in data[:400]:
        return None
    for line in data[:400].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:2]:
        match = _CODING.match(line)
        if match:
            return match[1].decode("ascii", "replace")
        if not _BLANK.match(line):
            return None
    return None


def _unreadable(path: str, line: int | None, reason: str, advice: str) -> UnreadableSourceError:
    where = f"{path}:{line}" if line else path
    return UnreadableSourceError(f"{where}: {reason}; {advice}", path=path, line=line, reason=reason)
