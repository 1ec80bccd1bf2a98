"""What one scan leaves for the next: nothing is read again of what did not change."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import eq
from typing import Any, overload

from catalog.discovery.finding import Clash, Finding, ScanResult, Skipped
from catalog.discovery.left_out import GENERATED
from catalog.discovery.state import FileState
from catalog.discovery.target import Target, distribution_version
from catalog.discovery.walk import SourceFile
from catalog.source.stamp import stamp


class Before:
    """What the scan before kept; nothing where it was another one."""

    def __init__(self, known: Mapping[str, Any] | None, options: str) -> None:
        """Take *known*, if its scan had the same *options*."""
        self.data: Mapping[str, Any] = known if known and known.get("options") == options else {}

    def of(self, file: SourceFile) -> list[Any] | None:
        """Return what was kept of *file*, or None; paths are kept below a common folder."""
        return self._at(file.path)

    def imports(self, path: str, now: str) -> list[str] | None:
        """Return what the file at *path* is known to import if its stamp is *now* what it was, or None."""
        past = self._at(path)
        return past[FileState.IMPORTS] if past is not None and past[0] == now else None

    def _at(self, path: str) -> list[Any] | None:
        base = self.data.get("base", "")
        past: list[Any] | None = self.data.get("files", {}).get(path[len(base) + 1 :])
        return past if path.startswith(base) else None

    def is_of(self, target: Target) -> bool:
        """Tell whether every file is as it was, those outside that the findings depend on too, by their stamps."""
        data = self.data
        if not data or len(data["files"]) != len(target.listing.files) or data["target"] != target.name:
            return False
        for file in target.listing.files:
            state = self.of(file)
            if state is None or state[0] != file.stamp or not FileState.holds(file, state):
                return False
        documents = {file.place: file.stamp for file in target.listing.documents}
        if documents != {place: each[0] for place, each in data["documents"].items()}:
            return False
        return all(stamp(path) == state for path, state in data["outside"].items())

    def result(self, target: Target) -> ScanResult:
        """Return the result of a scan of *target*, in which nothing changed."""
        data = self.data
        findings = Remembered(data["findings"])
        skipped = skips(target, dict(data["faults"]))
        return ScanResult(
            target=target.name,
            distribution=distribution_version(target.distribution),
            root=target.root,
            findings=findings,
            skipped=skipped,
            clashes=tuple(Clash(*clash) for clash in data["clashes"]),
            left_out=left_out(target, data["generated"]),
            unread=unread(target),
            files=dict(data),
            unchanged=True,
            counts=counts(target, data["generated"], 0, 0, findings, skipped),
        )


class Remembered(Sequence[Finding]):
    """The findings of an earlier scan, each made of what was kept of it when it is looked at."""

    def __init__(self, kept: Sequence[dict[str, Any]]) -> None:
        """Make findings of what `kept` has kept."""
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Finding]:
        return map(Finding.from_dict, self._kept)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> list[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | list[Finding]:
        if isinstance(index, slice):
            return [Finding.from_dict(each) for each in self._kept[index]]
        return Finding.from_dict(self._kept[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as Python has it for what is equal by content


def kept(
    target: Target,
    options: str,
    started: int,
    states: Iterable[FileState],
    outside: Iterable[str],
    findings: Sequence[Finding],
    clashes: Sequence[Clash],
    faults: Mapping[str, str],
    documents: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the next scan needs, as JSON."""
    base = target.base
    files = {state.file.path[len(base) + 1 :]: state for state in states}
    return {
        "options": options,
        "target": target.name,
        "distribution": target.distribution,
        "base": base,
        "files": {place: state.as_json(started) for place, state in files.items()},
        "outside": {path: stamp(path) for path in sorted(outside)},
        "findings": [finding.to_dict() for finding in findings],
        "clashes": [[clash.kind, clash.name, clash.kept, clash.other, clash.renamed] for clash in clashes],
        "faults": sorted([path, reason] for path, reason in faults.items()),
        "top": target.listing.shared,
        "generated": sum(state.generated for state in files.values()),
        "documents": documents,
    }


def looked_at(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the paths of the files and documents of a scan, links resolved, from what it left for the next."""
    if not data:
        return frozenset()
    files = (os.path.join(data["base"], place) for place in data["files"])
    documents = (os.path.join(data["top"], place) for place in data["documents"])
    return frozenset(map(os.path.realpath, (*files, *documents)))


def skips(target: Target, faults: Mapping[str, str]) -> tuple[Skipped, ...]:
    """Return what was passed over by the walk, and the *faults* of files, by path."""
    found = [Skipped(path, reason) for path, reason in (*target.listing.skipped, *faults.items())]
    return tuple(sorted(found, key=lambda skip: (skip.path, skip.reason)))


def left_out(target: Target, generated: int) -> dict[str, int]:
    """Return how much was left out and why, the most first; *generated*: files that say so in their first lines."""
    numbers = Counter(target.listing.left_out)
    numbers[GENERATED] += generated
    return {
        reason: number for reason, number in sorted(numbers.items(), key=lambda each: (-each[1], each[0])) if number
    }


def unread(target: Target) -> dict[str, int]:
    """Return how many files are in languages that are not read, the most first."""
    return dict(sorted(target.listing.unread.items(), key=lambda each: (-each[1], each[0])))


def counts(
    target: Target, generated: int, looked_at: int, parsed: int, findings: Sequence[Finding], skipped: Sequence[Skipped]
) -> dict[str, int]:
    """Return how many files there are, how many were seen, looked at and parsed, and how much came of it."""
    return {
        "seen": target.listing.python,
        "files": len(target.listing.files) - generated,
        "looked_at": looked_at,
        "parsed": parsed,
        "findings": len(findings),
        "skipped": len(skipped),
    }
