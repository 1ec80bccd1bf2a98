"""The files of a folder that a document describes as a whole, such as the folder of a skill."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from catalog.files import read_regular
from catalog.source.stamp import stamp_of

MOST = 1_000
"""How many files of such a folder are looked at."""
DEEPEST = 10
"""How many folders deep."""
LARGEST = 20_000_000
"""The most bytes that are read of such a folder; of the files beyond only the size counts."""


def files_below(folder: str) -> list[tuple[str, os.stat_result]]:
    """Return path, with ``/`` from *folder*, and state of the files in it, by path; at most `MOST`.

    Links, what is hidden, and what Python or an editor leaves behind are no part of it.
    """
    found = []
    for path, state in _below(folder, "", 0):
        found.append((path, state))
        if len(found) == MOST:
            break
    return sorted(found, key=lambda each: each[0])


def _below(folder: str, place: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in ordered:
        if entry.name.startswith(".") or entry.name in ("__pycache__", "node_modules") or entry.name.endswith("~"):
            continue
        path = f"{place}{entry.name}"
        try:
            path.encode()
            if entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False)
            elif depth < DEEPEST and entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{path}/", depth + 1)
        except (OSError, UnicodeEncodeError):
            continue


def folder_stamp(folder: str) -> str:
    """Return a text that differs once a file in *folder* is new, gone or changed; its form is that of other stamps."""
    files = files_below(folder)
    text = "\n".join(f"{path} {stamp_of(state)}" for path, state in files)
    newest = max((state.st_mtime_ns for _, state in files), default=0)
    return f"{len(files)} {newest} {hashlib.sha256(text.encode()).hexdigest()}"


def digests_of(folder: str) -> dict[str, str]:
    """Return the files in *folder* by path, each with its SHA-256; of what is too large, a text with its size.

    Raises:
        OSError: a file can't be read.
    """
    digests, left = {}, LARGEST
    for path, state in files_below(folder):
        left -= state.st_size
        if left < 0:
            digests[path] = f"{state.st_size} bytes"
        else:
            data = read_regular(os.path.join(folder, *path.split("/")), LARGEST)
            digests[path] = hashlib.sha256(data).hexdigest()
    return digests
