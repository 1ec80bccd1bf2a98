"""The index of vectors that a server has; a file has none. What asks for it is registered by the room of the server."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from numpy import float32, float64, int64
    from numpy.typing import NDArray

    from catalog.entry.filters import Filters
    from catalog.store.reader import Reader


class Similar(NamedTuple):
    """Entries and their similarities to a request and each of its parts: a column each, in the order of their ids."""

    ids: NDArray[int64]
    similarities: NDArray[float64]


class RowsOnServer(Protocol):
    """The rows of one embedder on a server, as they are in one generation.

    Attributes:
        size: about how many rows there are.
        generation: which they show.
        way: how the nearest are found, in words.
    """

    size: int
    generation: int
    way: str

    def nearest(
        self,
        queries: NDArray[float32],
        k: int,
        filters: Filters,
        passing: Sequence[int] | None,
        also: Sequence[int],
    ) -> Similar:
        """Return the *k* entries nearest to each of the *queries*, and those of *also*.

        Args:
            queries: unit rows; to a row of zeros nothing is near.
            k: how many for each.
            filters: which entries count.
            passing: the ids of those, where they are few: then every one of them is looked at.
            also: entries to give besides, which pass.
        """

    def rows(self, ids: Sequence[int]) -> dict[int, NDArray[float32]]:
        """Return the rows of the entries *ids*, as far as they have one."""

    def sample(self, most: int) -> NDArray[float32]:
        """Return at most *most* rows, evenly spaced by their ids."""


@singledispatch
def wish(reader: Reader) -> str:
    """Return where vectors are to be searched, "auto", "exact" or "server"; empty for a file, where it is here."""
    return ""


@singledispatch
def rows_on_server(reader: Reader, embedder: str) -> RowsOnServer | str:
    """Return the rows of *embedder*, or why they can't be searched on the server, in words: empty for a file."""
    return ""


@singledispatch
def first_passing(reader: Reader, filters: Filters, most: int) -> list[int] | None:
    """Return the ids of the entries that pass *filters*; None where they are more than *most*."""
    from catalog.store.queries import matching_ids

    ids = matching_ids(reader, filters)
    return ids if len(ids) <= most else None
