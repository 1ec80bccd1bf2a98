"""The state of each file, kept from one scan to the next as plain data."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

from catalog.discovery.extract import Extract
from catalog.discovery.literal import Value
from catalog.discovery.prefilter import Prefiltered
from catalog.discovery.walk import SourceFile

FORMAT = 1
"""Of the state; a state of another format is not used."""

SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time of change can be trusted: two contents written within one tick of the file
system's clock have the same time. A file that changed shortly before the scan is compared by content the next time."""


@dataclass(slots=True)
class FileState:
    """One file: its state on disk and what was learnt from its content."""

    file: SourceFile
    sha256: str
    prefiltered: Prefiltered | None = None
    extract: Extract | None = None
    fault: str | None = None
    constants: dict[str, Value] | None = None
    parsed: bool = False  # in this scan; an extract may also be remembered

    def as_json(self, now_ns: int) -> list[Any]:
        """Return it as lists and texts."""
        trusted = now_ns - self.file.mtime_ns > SETTLED
        return [
            self.file.size,
            self.file.mtime_ns if trusted else -1,
            self.sha256,
            self.prefiltered.as_json() if self.prefiltered is not None else None,
            self.extract,
            self.fault,
            self.constants,
        ]

    @classmethod
    def from_json(cls, file: SourceFile, data: list[Any]) -> FileState:
        """Return the state of *file* that `as_json` was made of."""
        _, _, sha256, prefiltered, extract, fault, constants = data
        return cls(file, sha256, Prefiltered.from_json(prefiltered) if prefiltered else None, extract, fault, constants)


def stamp(path: str) -> list[int]:
    """Return size and time of change of *path*, or zeros if it is gone."""
    try:
        state = os.stat(path)
    except OSError:
        return [0, 0]
    return [state.st_size, state.st_mtime_ns]


def now_ns() -> int:
    """Return the time, to be compared with that of files."""
    return time.time_ns()
