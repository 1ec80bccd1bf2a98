"""What a scan found, held against a count: found, missed, wrong, and without a description."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.apps.item import Item

JUDGED = frozenset({"tool", "agent", "prompt", "model", "skill", "mcp_server"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding of a scan: as much of it as a comparison needs."""

    kind: str
    name: str
    path: str
    line: int
    described: bool


@dataclass(slots=True)
class Comparison:
    """How the findings of a scan and the items of a count fit together."""

    found: list[tuple[Item, Seen]] = field(default_factory=list)
    missed: list[Item] = field(default_factory=list)
    wrong: list[Seen] = field(default_factory=list)

    def recall(self, kind: str | None, hows: Iterable[str]) -> tuple[int, int]:
        """Return how many of the required items are found, and how many there are."""
        here = sum(1 for item, _ in self.found if item.required and _fits(item, kind, hows))
        return here, here + sum(1 for item in self.missed if _fits(item, kind, hows))

    def precision(self) -> tuple[int, int]:
        """Return how many findings are right, and how many there are."""
        return len(self.found), len(self.found) + len(self.wrong)

    def bare(self) -> tuple[list[tuple[Item, Seen]], int]:
        """Return what is found without a description though its source has a text, and how much has one."""
        told = [(item, seen) for item, seen in self.found if item.text]
        return [(item, seen) for item, seen in told if not seen.described], len(told)

    def add(self, other: Comparison) -> None:
        """Take in another repository's."""
        self.found += other.found
        self.missed += other.missed
        self.wrong += other.wrong


def _fits(item: Item, kind: str | None, hows: Iterable[str]) -> bool:
    return (kind is None or item.kind == kind) and item.how in hows


_Near = Callable[[Item, Seen, int, int], bool]


def compare(items: Iterable[Item], seen: Iterable[Seen]) -> Comparison:
    """Match items and findings one to one: by kind and place, names and the nearest line first."""
    result = Comparison()
    open_: dict[str, list[Seen]] = defaultdict(list)
    for finding in seen:
        if finding.kind in JUDGED:
            open_[finding.path].append(finding)
    waiting = sorted(items, key=lambda item: (item.path, item.line))
    for nears in ((_same_line_and_name, _same_name, _same_line), (_inside,)):
        for required in (True, False):  # one object told twice is found if either is
            for near in nears:
                waiting = _matched(waiting, required, near, open_, result)
    result.missed = [item for item in waiting if item.required]
    result.wrong = [finding for left in open_.values() for finding in left]
    return result


def _matched(
    items: list[Item], required: bool, near: _Near, open_: dict[str, list[Seen]], result: Comparison
) -> list[Item]:
    """Add to the *result* the items that a finding is *near* to; return the others."""
    still: list[Item] = []
    for item in items:
        taken = _take(item, open_, near) if item.required is required else None
        if taken is None:
            still.append(item)
        else:
            result.found.append((item, taken))
    return still


def _take(item: Item, open_: dict[str, list[Seen]], near: _Near) -> Seen | None:
    for path, first, last in item.spans:
        for finding in open_.get(path, ()):
            if finding.kind in item.kinds and near(item, finding, first, last):
                open_[path].remove(finding)
                return finding
    return None


def _is_there(finding: Seen, first: int, last: int, item: Item) -> bool:
    return first <= finding.line <= last or item.where == "notebook"  # whose lines are those of a cell


def _is_called(item: Item, finding: Seen) -> bool:
    name = _folded(finding.name)
    wanted = {_folded(each) for name in (item.name, *item.names) if name for each in (name, name.rpartition(".")[2])}
    return name in wanted or any(name.endswith((f".{each}", f"/{each}", f":{each}")) for each in wanted)


def _folded(name: str) -> str:
    """Return a name in small letters, without what divides its words: a class and its object are called alike."""
    return name.lower().replace("-", "").replace(" ", "").replace("_", "")


def _same_line_and_name(item: Item, finding: Seen, first: int, last: int) -> bool:
    return finding.line == item.line and _is_called(item, finding)


def _same_name(item: Item, finding: Seen, first: int, last: int) -> bool:
    return _is_there(finding, first, last, item) and _is_called(item, finding)


def _same_line(item: Item, finding: Seen, first: int, last: int) -> bool:
    return finding.line in (item.line, first if first == last else item.line) and item.where != "notebook"


def _inside(item: Item, finding: Seen, first: int, last: int) -> bool:
    return _is_there(finding, first, last, item) and item.where != "notebook"


def reasons(missed: Iterable[Item], skipped: dict[str, str]) -> list[tuple[str, list[Item]]]:
    """Group what is missed by why, most first: its file was left out, or how and where it is made."""
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in missed:
        why = _left_out(item.path, skipped)
        place = "in a folder whose name is no identifier, " if _is_odd(item.path) else ""
        groups[why or f"{item.kind} {item.how} ({_group(item)}), {place}{item.where}"].append(item)
    return sorted(groups.items(), key=lambda pair: -len(pair[1]))


def _group(item: Item) -> str:
    origin = item.origin
    if item.how == "given":
        return origin
    top, last = origin.partition(".")[0], origin.rpartition(".")[2]
    return origin if top == last or item.how == "document" else f"{top} … {last}"


def _is_odd(path: str) -> bool:
    folders = os.path.dirname(path).split("/")
    return path.endswith(".py") and any(part and not part.isidentifier() for part in folders)


def _left_out(path: str, skipped: dict[str, str]) -> str | None:
    while path:
        if path in skipped:
            return f"left out: {skipped[path]}"
        path = os.path.dirname(path)
    return None


def tally(items: Iterable[Item]) -> Counter[tuple[str, str]]:
    """Return how many required items there are, by kind and how they are made."""
    return Counter((item.kind, item.how) for item in items if item.required)
