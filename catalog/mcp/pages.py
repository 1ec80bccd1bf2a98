"""Long lists in pages: the first is small, as clients show it unasked; those that are asked for are large."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from catalog import InvalidFilterError

FIRST = 3_200
"""The most bytes of the items of a first page: with all that is around them less than 4 kB."""
LATER = 1_000
"""The most entries of a later page."""
_LATER_BYTES = 1_000_000
PART = 50
"""How many entries are read at once: a first page has no more."""


class Page(NamedTuple):
    """Some items of a list, and the cursor of what comes after them; None: nothing does."""

    items: list[Any]
    cursor: str | None


def page(
    kinds: Sequence[str],
    names: Callable[[str], Sequence[str]],
    made: Callable[[Sequence[tuple[str, str]]], Sequence[Any]],
    size: Callable[[Any], int],
    cursor: str | None = None,
) -> Page:
    """Return the page that begins after *cursor*, the key that the page before ended with.

    So a list that changes between two pages loses nothing of what stays.

    Args:
        kinds: in the order of the list.
        names: gives the names of a kind, sorted.
        made: gives the items of some keys, in their order; None for what is left out.
        size: gives the bytes that an item takes.
        cursor: as a page before gave it; None: the first page.

    Raises:
        InvalidFilterError: *cursor* is none of ours.
    """
    last = None if cursor is None else _read(cursor)
    room, most = (FIRST, PART) if last is None else (_LATER_BYTES, LATER)
    items: list[Any] = []
    before = last
    for kind in kinds if last is None else _from(kinds, last[0]):
        listed = names(kind)
        start = bisect_right(listed, last[1]) if last is not None and kind == last[0] else 0
        for at in range(start, len(listed), PART):
            keys = [(kind, name) for name in listed[at : at + PART]]
            for key, item in zip(keys, made(keys), strict=True):
                if item is not None:
                    taken = size(item)
                    if items and before is not None and (taken > room or len(items) >= most):
                        return Page(items, _written(*before))
                    room -= taken
                    items.append(item)
                before = key
    return Page(items, None)


def _from(kinds: Sequence[str], first: str) -> Sequence[str]:
    return kinds[kinds.index(first) :] if first in kinds else ()


def _written(kind: str, name: str) -> str:
    return urlsafe_b64encode(f"{kind}:{name}".encode()).decode()


def _read(cursor: str) -> tuple[str, str]:
    try:
        kind, colon, name = urlsafe_b64decode(cursor.encode()).decode().partition(":")
    except ValueError:
        colon = ""
    if not colon:
        raise InvalidFilterError(f"{cursor!r:.80} is no cursor of this server; begin again without", cursor=cursor[:80])
    return kind, name
