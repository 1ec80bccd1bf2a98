"""The state of each file, kept from one scan to the next as plain data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from catalog.discovery.extract import Extract
from catalog.discovery.literal import Value
from catalog.discovery.prefilter import Prefiltered
from catalog.discovery.rules import Rules
from catalog.discovery.walk import SourceFile
from catalog.discovery.wrappers import Passing
from catalog.errors import UnreadableSourceError
from catalog.source.importable import is_as_tried
from catalog.source.stamp import is_settled

FORMAT = 23
"""Of the state; a state of another format is not used."""


@dataclass(slots=True)
class FileState:
    """One file: its state on disk and what was learnt from its content."""

    file: SourceFile
    sha256: str
    prefiltered: Prefiltered | None = None
    passing: Passing | None = None
    extract: Extract | None = None
    fault: str | None = None
    constants: dict[str, Value] | None = None
    parsed: bool = False  # in this scan; an extract may also be remembered
    generated: bool = False  # its first lines say that a program wrote it

    IMPORTS: ClassVar[int] = 8
    """The place in the JSON of what the file imports."""

    @property
    def gives(self) -> dict[str, str]:
        """What may give something known, by its name."""
        return self.passing.gives if self.passing is not None else {}

    @property
    def calls(self) -> list[str]:
        """What is called for the variables of the module."""
        return self.passing.calls if self.passing is not None else []

    def as_json(self, now_ns: int) -> list[Any]:
        """Return it as lists and texts."""
        return [
            self.file.stamp if is_settled(self.file.stamp, now_ns) else "",  # compared by content the next time
            self.sha256,
            self.prefiltered.as_json() if self.prefiltered is not None else None,
            self.extract,
            self.fault,
            self.constants,
            self.generated,
            _place(self.file),
            self.file.imports,
            self.passing.as_json() if self.passing is not None else None,
        ]

    @staticmethod
    def holds(file: SourceFile, data: list[Any]) -> bool:
        """Tell whether *file* is the same module, and whether its imports would decide the same branches today."""
        extract = data[3]
        if data[7] != _place(file):
            return False
        return extract is None or not extract["tried"] or is_as_tried(extract["tried"], file.path)

    @classmethod
    def from_json(cls, file: SourceFile, data: list[Any]) -> FileState:
        """Return the state of *file* that `as_json` was made of."""
        _, sha256, prefiltered, extract, fault, constants, generated = data[:7]
        known = Prefiltered.from_json(prefiltered) if prefiltered else None
        passing = Passing(*data[9]) if data[9] else None
        return cls(file, sha256, known, passing, extract, fault, constants, generated=generated)


def _place(file: SourceFile) -> str:
    """Return the module that *file* is, and how many folders its root lies above it."""
    return f"{file.module} {file.path.count(os.sep) - file.root.count(os.sep)}"


def decorator_aliases(states: Iterable[FileState], rules: Rules) -> frozenset[str]:
    """Return the names that known decorators may have in some file, through any number of others."""
    return _aliases(states, lambda name: rules.is_word("decorators", name) or rules.is_word("methods", name))


def maker_aliases(states: Iterable[FileState], rules: Rules, classes: frozenset[str]) -> frozenset[str]:
    """Return the names of what may make known objects in some file: of functions, and of *classes* that derive.

    A class that derives from a constructor is no entry by itself, but makes some.
    """
    every = [state for state in states if state.prefiltered is not None]
    heads = {
        (name, base.rpartition(".")[2])
        for state in every
        if state.prefiltered is not None
        for name, bases, _ in state.prefiltered.heads
        for base in bases
    }
    return classes | _aliases(every, lambda name: name in classes or rules.is_word("constructors", name), heads)


def _aliases(
    states: Iterable[FileState], is_known: Callable[[str], bool], others: Iterable[tuple[str, str]] = ()
) -> frozenset[str]:
    """Return the names that lead to what *is_known*, through any number of others, and through *others*.

    Compared are last names only, so there may be too many; following the dotted names tells later.
    """
    pairs = {
        pair
        for state in states
        if state.prefiltered is not None
        for names in (state.prefiltered.aliases, state.prefiltered.renamed, state.gives)
        for pair in names.items()
    }.union(others)
    words = {name for name, first in pairs if is_known(first)}
    while True:  # until a round adds no name
        later = set()
        for name, first in pairs:
            if first in words:
                words.add(name)
            else:
                later.add((name, first))
        if len(later) == len(pairs):
            return frozenset(words)
        pairs = later


def reading_fault(error: UnreadableSourceError) -> str:
    """Return in words what is wrong with a file that is no Python source."""
    line = error.facts.get("line")
    return f"{error.facts['reason']} (line {line})" if line else str(error.facts["reason"])


def fault_of(error: Exception, too_deep: str) -> str:
    """Return in words why a file was passed over whose reading failed with *error*; *too_deep* is for recursions."""
    if isinstance(error, RecursionError):
        return too_deep
    if isinstance(error, MemoryError):
        return "reading it takes more memory than there is"
    return f"it can't be read: {type(error).__name__}: {error}"[:300]
