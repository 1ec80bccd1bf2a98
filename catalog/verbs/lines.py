"""Entries that come as lines of a file, and where each stands: what is wrong with a line names file and line."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

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
    """The keys of the lines that were read so far, each with a sum of what its line says; made for millions.

    A table of its own: a dict of keys would take ten times the room. Of a key and of what a line says 128 bits are
    kept, which no two share by chance.
    """

    def __init__(self) -> None:
        """Know no line."""
        self._table = array("q", bytes(8 * 1024))  # 1 + where the line stands in the others, at or after its own place
        self._keys = array("q"), array("q")
        self._sums, self._lines = array("q"), array("q")

    def add(self, entry: Entry, at: Place) -> None:
        """Take the *entry* of another line.

        Raises:
            DuplicateEntryError: an earlier line gave another entry under its key; the text names both lines.
        """
        says = hash(entry.model_dump_json())
        key = hash((entry.kind, entry.name)), hash((entry.name, entry.kind, ""))
        place, known = self._find(key)
        if known is None:
            for column, value in zip((*self._keys, self._sums, self._lines), (*key, says, at.line), strict=True):
                column.append(value)
            self._table[place] = len(self._lines)
            if 2 * len(self._lines) > len(self._table):
                self._grow()
        elif self._sums[known] != says:
            raise DuplicateEntryError(
                f"{at}: {entry.key} is given twice, with different fields: line {self._lines[known]} has it, too; "
                "keep one, or give them two names",
                key=entry.key,
                sources=[entry.source],
                file=at.file,
                line=at.line,
                other_line=self._lines[known],
            )

    def _find(self, key: tuple[int, int]) -> tuple[int, int | None]:
        """Return the place of *key* in the table, and where its line stands in the columns; None: nowhere yet."""
        first, second = self._keys
        place = key[0] % len(self._table)
        while (number := self._table[place]) and (first[number - 1], second[number - 1]) != key:
            place = (place + 1) % len(self._table)
        return place, number - 1 if number else None

    def _grow(self) -> None:
        self._table = array("q", bytes(16 * len(self._table)))
        for number, key in enumerate(zip(*self._keys, strict=True), 1):
            place, _ = self._find(key)
            self._table[place] = number


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to *size* items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
