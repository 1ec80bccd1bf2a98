"""The state of each file, kept from one scan to the next as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.discovery.extract import Extract
from catalog.discovery.literal import Value
from catalog.discovery.prefilter import Prefiltered
from catalog.discovery.walk import SourceFile
from catalog.source.stamp import is_settled

FORMAT = 4
"""Of the state; a state of another format is not used."""


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
        return [
            self.file.stamp if is_settled(self.file.stamp, now_ns) else "",  # compared by content the next time
            self.sha256,
            self.prefiltered.as_json() if self.prefiltered is not None else None,
            self.extract,
            self.fault,
            self.constants,
        ]

    @classmethod
    def from_json(cls, file: SourceFile, data: list[Any]) -> FileState:
        """Return the state of *file* that `as_json` was made of."""
        _, sha256, prefiltered, extract, fault, constants = data
        return cls(file, sha256, Prefiltered.from_json(prefiltered) if prefiltered else None, extract, fault, constants)
