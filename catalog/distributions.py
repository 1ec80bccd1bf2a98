"""What is installed, read so that one broken distribution harms only itself: it is named once, and passed over.

Any file of a distribution's metadata may be damaged: a line that is none, bytes that are not UTF-8. The standard
library raises on the first of them, whichever distribution was asked for, and so does every library that looks for
plugins of its own.
"""

from __future__ import annotations

import os
import re
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from typing import Any

from catalog.errors import CatalogWarning
from catalog.files import open_regular
from catalog.forks import call_after_fork

_named: set[str] = set()
_lock = threading.RLock()


@call_after_fork
def _renew() -> None:
    global _lock
    _lock = threading.RLock()


def place_of(dist: metadata.Distribution) -> str:
    """Return the folder or file that the metadata of *dist* is read from."""
    return str(getattr(dist, "_path", None) or dist.locate_file(""))


LARGEST = 50_000_000
"""The most bytes of a file of metadata; the longest lists of files have a few million."""


def check_files(dist: metadata.Distribution, files: Iterable[str]) -> None:
    """Look at the *files* of the metadata before they are opened: a pipe would hold up the reader for ever.

    Raises:
        OSError: one is no regular file, or too large.
    """
    folder = getattr(dist, "_path", None)
    for file in files if isinstance(folder, os.PathLike) else ():
        path = os.path.join(str(folder), file)
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError, IsADirectoryError):
            open_regular(path, LARGEST).close()


def name_of(dist: metadata.Distribution) -> str | None:
    """Return the name of *dist*; None where its metadata is missing, or can't be read."""
    try:
        check_files(dist, ("METADATA", "PKG-INFO"))
        return dist.metadata["Name"] or None
    except Exception as error:  # whatever a parser raises on damaged bytes
        report(dist, error)
        return None


def folded_name(dist: metadata.Distribution) -> str:
    """Return the name of *dist* as installers compare names: of its folder, which is quicker than its metadata."""
    stem, end = os.path.splitext(os.path.basename(place_of(dist)))
    name = stem.partition("-")[0] if end in (".dist-info", ".egg-info") else dist.metadata["Name"] or place_of(dist)
    return re.sub(r"[-_.]+", "-", name).lower()


def text_of(dist: metadata.Distribution, file: str) -> str:
    """Return the text of a *file* of the metadata; empty where there is none, or it can't be read."""
    try:
        check_files(dist, (file,))
        return dist.read_text(file) or ""
    except Exception as error:
        report(dist, error)
        return ""


def files_of(dist: metadata.Distribution) -> list[str]:
    """Return the files that *dist* installed, relative to its folder; none where the list can't be read."""
    try:
        check_files(dist, ("RECORD", "installed-files.txt", "SOURCES.txt"))
        return [str(path) for path in dist.files or ()]
    except Exception as error:
        report(dist, error)
        return []


def find_distribution(name: str) -> metadata.Distribution | None:
    """Return the distribution called *name*, or None."""
    try:
        return metadata.distribution(name)
    except Exception:  # no such name, or nothing that can be a name
        return None


def report(dist: metadata.Distribution, error: Exception) -> None:
    """Name a distribution that can't be read, with a warning, once in this process."""
    where = place_of(dist)
    with _lock:
        if where in _named:
            return
        _named.add(where)
    name = os.path.basename(where).partition("-")[0].removesuffix(".dist-info").removesuffix(".egg-info")
    warnings.warn(
        f"the installed distribution {name} has broken metadata and is passed over: {unreadable(dist, error)}; "
        "install it again, or remove it",
        CatalogWarning,
        stacklevel=3,
    )


def unreadable(dist: metadata.Distribution, error: Exception) -> str:
    """Return in words that the metadata of *dist* can't be read, and why."""
    return f"the metadata in {place_of(dist)} can't be read: {type(error).__name__}: {error}"


@contextmanager
def forgiving(without: str = "") -> Iterator[None]:
    """Let a distribution with broken entry points have none, for a library that reads those of all distributions.

    Args:
        without: a group of entry points that nobody is to see meanwhile.
    """

    def entry_points(dist: metadata.Distribution) -> metadata.EntryPoints:
        try:
            check_files(dist, ("entry_points.txt",))
            points: metadata.EntryPoints = strict.fget(dist)
        except Exception as error:
            report(dist, error)
            return metadata.EntryPoints(())
        return metadata.EntryPoints(point for point in points if point.group != without) if without else points

    with _lock:  # the class is everybody's, so it is given back at once
        strict: Any = metadata.Distribution.__dict__["entry_points"]
        setattr(metadata.Distribution, "entry_points", property(entry_points))  # noqa: B010 - mypy: it is read only
        try:
            yield
        finally:
            setattr(metadata.Distribution, "entry_points", strict)  # noqa: B010
