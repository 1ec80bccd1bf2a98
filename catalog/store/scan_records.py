"""What a scan leaves for the next: a row of ``source``, and of ``source_part`` for each file, finding and so on.

A record is a dictionary. What grows with the code lies in rows of its own, is read when it is asked for, and is written
only where it differs: a record of a hundred thousand findings is never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from json import dumps
from typing import TYPE_CHECKING, Any, overload

from catalog.store.forms import parsed
from catalog.store.mapping import to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.store.reader import Reader

MAPPINGS = ("files", "documents", "outside")
"""The parts of a record that are looked up by path."""

LISTS = ("findings", "clashes", "faults")
"""The parts of a record that are read in their order."""

_HEAD = "SELECT s.files FROM source AS s WHERE s.target = ?"
_COUNTS = "SELECT p.part, count(*) FROM source_part AS p WHERE p.target = ? GROUP BY p.part"
_ONE = "SELECT p.place, p.data FROM source_part AS p WHERE p.target = ? AND p.part = ? AND p.place = ?"
_ALL = "SELECT p.place, p.data FROM source_part AS p WHERE p.target = ? AND p.part = ? ORDER BY p.place"
_PLACES = "SELECT p.part, p.place FROM source_part AS p WHERE p.target = ?"
_FORGET = "DELETE FROM source_part WHERE target = ? AND part = ? AND place = ?"
_SAVE = (
    "INSERT INTO source (target, options, distribution, files, scanned_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (target) DO UPDATE SET options = excluded.options, distribution = excluded.distribution, "
    "files = excluded.files, scanned_at = excluded.scanned_at"
)
_SAVE_PART = (
    "INSERT INTO source_part (target, part, place, data) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (target, part, place) DO UPDATE SET data = excluded.data WHERE source_part.data <> excluded.data"
)
_LENGTHS = "parts"
"""In the head of a record: how many rows each part has. With another number of rows the record is not whole."""

_BATCH = 1 << 20
"""How many characters of rows are written at once."""

_Ask = Callable[[str, tuple[str, ...]], Any]


class DamagedRecordError(ValueError):
    """A row of a record can't be read: the record is as good as none."""


@contextmanager
def scan_record(reader: Reader, *targets: str) -> Iterator[dict[str, Any] | None]:
    """Lend what the scan before has left of the first of *targets* that is known; None if nothing is known.

    What it holds is read from one state of the database, as long as it is lent. A row of a file that can't be read is
    not there; reading through other rows may raise `DamagedRecordError`.
    """
    with reader.snapshot() as connection:
        records = (_record(connection.execute, target) for target in dict.fromkeys(targets))
        yield next((record for record in records if record), None)


def _record(ask: _Ask, target: str) -> dict[str, Any] | None:
    try:
        row = ask(_HEAD, (target,)).fetchone()
    except UnicodeEncodeError:  # a path that is not in UTF-8: no row has it, and keeping it is what is refused
        return None
    if row is None:
        return None
    try:
        head = dict(parsed(row[0], dict))
    except ValueError:
        return None
    lengths = head.pop(_LENGTHS, {})
    there = dict(ask(_COUNTS, (target,)).fetchall())
    if not isinstance(lengths, dict) or {part: count for part, count in lengths.items() if count} != there:
        return None
    head |= {part: KeptRows(ask, target, part, lengths[part]) for part in MAPPINGS if part in lengths}
    return head | {part: KeptList(ask, target, part, lengths[part]) for part in LISTS if part in lengths}


class KeptRows(Mapping[str, Any]):
    """A part of a record that is looked up by path."""

    def __init__(self, ask: _Ask, target: str, part: str, length: int) -> None:
        """Ask for the rows of a *part*, of which there are *length*."""
        self._ask = ask
        self._of = (target, part)
        self._length = length

    def __getitem__(self, place: str) -> Any:
        rows = _read(self._ask(_ONE, (*self._of, place)))
        try:
            return next(rows)[1]
        except (StopIteration, DamagedRecordError):
            raise KeyError(place) from None

    def __iter__(self) -> Iterator[str]:
        return (place for place, _ in self.rows())

    def __len__(self) -> int:
        return self._length

    def items(self) -> ItemsView[str, Any]:
        """Return paths and values, read as they are asked for."""
        return _Items(self)

    def rows(self) -> Iterator[tuple[str, Any]]:
        """Yield paths and values, by path."""
        return _read(self._ask(_ALL, self._of))


class _Items(ItemsView[str, Any]):
    """The rows of a part, read in one go instead of path by path."""

    _mapping: KeptRows

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self._mapping.rows()


class KeptList(Sequence[Any]):
    """A part of a record that is read in its order."""

    def __init__(self, ask: _Ask, target: str, part: str, length: int) -> None:
        """Ask for the rows of a *part*, of which there are *length*."""
        self._ask = ask
        self._of = (target, part)
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        return (value for _, value in _read(self._ask(_ALL, self._of)))

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._length))]
        rows = _read(self._ask(_ONE, (*self._of, _number(range(self._length)[index]))))
        return next(rows)[1]


def _read(rows: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    for place, data in rows:
        try:
            yield place, parsed(data)
        except ValueError as error:
            raise DamagedRecordError(f"a row of what a scan has left can't be read: {error}") from None


def _number(index: int) -> str:
    """Return the place of a value of a list: in the order of texts, too."""
    return f"{index:010d}"


def save(
    connection: Connection, target: str, options: dict[str, Any], distribution: str | None, record: dict[str, Any],
    now: str,
) -> None:  # fmt: skip
    """Keep the *record* of a scan of *target*, in place of that before; rows that are the same are not written."""
    parts = {part: record[part] for part in (*MAPPINGS, *LISTS) if isinstance(record.get(part), (Mapping, Sequence))}
    head = {name: value for name, value in record.items() if name not in parts}
    if parts:
        head[_LENGTHS] = {part: len(values) for part, values in parts.items()}
    run = connection.exec_driver_sql
    run(_SAVE, (target, to_json(options), distribution, to_json(head), now))
    there = run(_PLACES, (target,))
    stale = [(target, part, place) for part, place in there if not _is_in(parts.get(part), place)]
    if stale:
        run(_FORGET, stale)
    rows: list[tuple[str, str, str, str]] = []
    size = 0
    for part, values in parts.items():
        numbered = values.items() if isinstance(values, Mapping) else ((_number(n), v) for n, v in enumerate(values))
        for place, value in numbered:
            rows.append((target, part, place, dumps(value, ensure_ascii=False, separators=(",", ":"))))
            size += len(rows[-1][-1])
            if size > _BATCH:
                run(_SAVE_PART, rows)
                rows, size = [], 0
    if rows:
        run(_SAVE_PART, rows)


def _is_in(values: Mapping[str, Any] | Sequence[Any] | None, place: Any) -> bool:
    if values is None or type(place) is not str:
        return False
    if isinstance(values, Mapping):
        return place in values
    return place.isdecimal() and len(place) == len(_number(0)) and int(place) < len(values)
