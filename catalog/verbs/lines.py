"""Entries that come as lines of a file, and where each stands: what is wrong with a line names file and line."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

from catalog.entry.key import Key
from catalog.errors import CatalogError, DuplicateEntryError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

CHUNK = 2_000
"""Entries that are made and stored together: what is held in memory at once of any number of them."""

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


class Place(NamedTuple):
    """Where a line stands: ``file`` is a path, or the name of a stream; ``line`` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"

    def naming(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what *function* returns; an error of the catalog that it raises says which line is at fault.

        Raises:
            CatalogError: of the same class and code, with ``file`` and ``line`` among its facts.
        """
        try:
            return function(*args, **kwargs)
        except CatalogError as error:
            if "line" in error.facts:
                raise
            facts = {**error.facts, "file": self.file, "line": self.line}
            raise type(error)(f"{self}: {error.message}", **facts) from None


class Line(NamedTuple):
    """The entry of a line, and where the line stands."""

    at: Place
    entry: Entry


class LinesSoFar:
    """The keys of the lines that were read so far, each with a sum of what its line says; made for millions."""

    def __init__(self) -> None:
        """Know no line."""
        self._index: dict[Key, int] = {}
        self._sums, self._lines = array("q"), array("q")

    def add(self, entry: Entry, at: Place) -> None:
        """Take the *entry* of another line.

        Raises:
            DuplicateEntryError: an earlier line gave another entry under its key; the text names both lines.
        """
        says = hash(entry.model_dump_json())
        index = self._index.setdefault((entry.kind, entry.name), len(self._sums))
        if index == len(self._sums):
            self._sums.append(says)
            self._lines.append(at.line)
        elif self._sums[index] != says:
            raise DuplicateEntryError(
                f"{at}: {entry.key} is given twice, with different fields: line {self._lines[index]} has it, too; "
                "keep one, or give them two names",
                key=entry.key,
                sources=[entry.source],
                file=at.file,
                line=at.line,
                other_line=self._lines[index],
            )


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to *size* items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
