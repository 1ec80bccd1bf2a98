"""Stored names that resemble a word: of a million names only some are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from itertools import islice
from typing import TYPE_CHECKING

from catalog.errors import close_matches
from catalog.store.queries import NAMES

if TYPE_CHECKING:
    from catalog.store.reader import Reader

PAGE = 50_000
"""Names that are compared at once."""


@singledispatch
def near_names(reader: Reader, kind: str, word: str) -> list[str]:
    """Return those stored names of a *kind* of which :func:`close_matches` picks what it picks of all of them."""
    return picked(word, pages(reader, kind))


def picked(word: str, parts: Iterator[Sequence[str]]) -> list[str]:
    """Return the closest names of each part: the closest of all are among them."""
    return [name for part in parts for name in close_matches(word, part)]


def pages(reader: Reader, kind: str, size: int = PAGE) -> Iterator[Sequence[str]]:
    """Yield the stored names of a *kind*, sorted, *size* at a time."""
    names = (row[0] for row in reader.stream(NAMES, (kind,)) if type(row[0]) is str)
    while page := list(islice(names, size)):
        yield page


@singledispatch
def way(reader: Reader) -> str:
    """Return how the names that resemble a word are found, in words; empty for a file, where all are read."""
    return ""
