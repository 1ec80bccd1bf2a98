"""What came of a fault, and the catalogs it is tried on."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.children import Tell, killed

MANY = 300
"""Entries of a catalog that a fault is tried on."""


class Seen(NamedTuple):
    """What came of one fault, or of all its runs together.

    Attributes:
        runs: how often it was tried.
        stopped: runs in which it came in the middle of the work.
        acknowledged: entries that were there before, or whose writing was acknowledged.
        lost: of these, what is not there, or is half there.
        unopened: catalogs that did not open afterwards.
        faults: what checks report, and errors that are none of the catalog's own.
    """

    runs: int = 0
    stopped: int = 0
    acknowledged: int = 0
    lost: int = 0
    unopened: int = 0
    faults: tuple[str, ...] = ()

    def and_(self, other: Seen) -> Seen:
        """Return both together."""
        return Seen(
            self.runs + other.runs,
            self.stopped + other.stopped,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.unopened + other.unopened,
            self.faults + other.faults,
        )

    @property
    def is_bad(self) -> bool:
        """Whether anything was lost or broken."""
        return bool(self.lost or self.unopened or self.faults)


def opened(file: Path) -> Any:
    """Open a catalog that no configuration has a say in."""
    from catalog import Catalog, Settings

    return Catalog(f"sqlite:///{file}", settings=Settings(embedder="none"))


def look(file: Path, expected: set[str], *, stopped: bool, check: bool = True, groups: bool = False) -> Seen:
    """Open a catalog after a fault, and count what is not there.

    Args:
        file: the database.
        expected: keys that must be there.
        stopped: whether the fault came in the middle of the work.
        check: look for damage, too.
        groups: names are ``GROUP-NUMBER``, and of a group all 20 are there or none.
    """
    try:
        with opened(file) as cat:
            there = {entry.key for entry in cat.entries()}
            faults = tuple(cat.check()) if check else ()
            findable = {hit.key for hit in cat.search(limit=None)}
    except Exception as error:
        return Seen(1, stopped, len(expected), len(expected), 1, (repr(error),))
    lost = len(expected - there) + len(there - findable)
    if groups:
        sizes: dict[str, int] = {}
        for key in there:
            group = key.partition("-")[0]
            sizes[group] = sizes.get(group, 0) + 1
        lost += sum(size != 20 for size in sizes.values())
    return Seen(1, stopped, len(expected), lost, 0, faults)


def fill(file: Path, count: int = MANY) -> set[str]:
    """Make a catalog with *count* entries; return their keys."""
    with opened(file) as cat:
        cat.register_many(described(f"first{number}") for number in range(count))
        return {entry.key for entry in cat.entries()}


def described(name: str) -> dict[str, Any]:
    """Return an entry of some length."""
    return {"kind": "tool", "name": name, "ref": "os:getcwd", "tags": ["some"], "description": "words " * 40 + name}


def in_middle(
    work: Callable[[Tell], object], chance: random.Random, lasting: float, *, begun: bool = False
) -> tuple[bool, list[str]]:
    """Do *work* and kill it at a random moment; return whether it was not at its end, and what it had acknowledged.

    With *begun* the moment counts from the first line it tells.
    """
    told = killed(work, chance.random() * lasting, begun=begun)
    if told.error:
        raise RuntimeError(told.error)
    return not told.ended, told.lines
