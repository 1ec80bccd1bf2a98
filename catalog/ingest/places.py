"""What tells the code of one entry from that of another, and how many of them there are."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from catalog.entry.entry import Entry

Place = tuple[str | None, str | None]


def place_of_code(entry: Entry) -> Place:
    """Return what tells the object of an entry from all others.

    It is the reference and the folder that holds its module; without a reference its file, the function that makes it
    and what it is called there.
    """
    root, path = entry.root, file_of(entry)
    if entry.ref is None and path is not None:
        nested = (entry.spec.get("nested_in") if isinstance(entry.spec, dict) else None) or ""
        return f"{entry.kind}:{entry.metadata.get('given_name', entry.name)} {nested}", path
    return plain_ref(entry.ref) or entry.key, None if root is None else os.path.realpath(root)


def plain_ref(ref: str | None) -> str | None:
    """Return *ref* without what sets its module apart from somebody else's: what is installed may change."""
    top, dot, rest = (ref or "").partition(":")[0].partition(".")
    return ref and f"{top.removesuffix('_')}{dot}{rest}:{ref.partition(':')[2]}"


def apart(ref: str) -> str:
    """Return *ref* with what sets its module apart from somebody else's."""
    top, dot, rest = (ref or "").partition(":")[0].partition(".")
    return f"{top.removesuffix('_')}_{dot}{rest}:{ref.partition(':')[2]}"


def file_of(entry: Entry) -> str | None:
    """Return the file of an entry without a reference, links resolved; None where it doesn't say."""
    file = entry.metadata.get("file")
    return os.path.realpath(os.path.join(entry.root or "", file)) if isinstance(file, str) else None


class Hashes:
    """Hashes of any number of values, eight bytes for each: whether a value is among them, and how often.

    Two values of a million have the same hash once in thirty million scans; then a name is one folder longer than it
    need be, or an entry that is gone is noticed by the next look at its code.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._hashes = array("q")
        self._is_sorted = True

    def add(self, value: Hashable) -> None:
        """Count a value."""
        self._hashes.append(hash(value))
        self._is_sorted = False

    def count(self, value: Hashable) -> int:
        """Return how often a value was added."""
        if not self._is_sorted:
            self._hashes, self._is_sorted = array("q", sorted(self._hashes)), True
        wanted = hash(value)
        return bisect_right(self._hashes, wanted) - bisect_left(self._hashes, wanted)

    def __contains__(self, value: Hashable) -> bool:
        return self.count(value) > 0
