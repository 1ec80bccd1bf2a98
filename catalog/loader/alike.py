"""Finding those of a million records that are alike in something, without holding the million."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from itertools import groupby
from types import TracebackType

_IN_MEMORY = 16_000_000
"""Bytes of records that are held before they go to a temporary file."""


class Alike:
    """Records that are put together by what they have in common; in memory are two numbers of each."""

    def __init__(self) -> None:
        """Hold none."""
        self._sums, self._places = array("q"), array("Q")
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed at the end of the block)

    def __enter__(self) -> Alike:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, common: Sequence[str], record: Sequence[str | None]) -> None:
        """Put a *record* to those that have *common*, too."""
        self._sums.append(hash(tuple(common)))
        self._places.append(self._file.tell())
        self._file.write(json.dumps([common, record]).encode() + b"\n")

    def groups(self) -> Iterator[tuple[list[str], list[list[str]]]]:
        """Yield what several records have in common, and these, in the order in which they came."""
        sums = self._sums
        for _, same in groupby(sorted(range(len(sums)), key=sums.__getitem__), key=sums.__getitem__):
            positions = list(same)
            if len(positions) == 1:
                continue
            by_common: dict[str, tuple[list[str], list[list[str]]]] = {}  # two sums may be equal by chance
            for at in positions:
                self._file.seek(self._places[at])
                common, record = json.loads(self._file.readline())
                by_common.setdefault(json.dumps(common), (common, []))[1].append(record)
            yield from (group for group in by_common.values() if len(group[1]) > 1)
