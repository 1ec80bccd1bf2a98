"""The file format of SQLite, as far as rows can be read without the tree that leads to them.

"Database File Format" (sqlite.org/fileformat.html): a file is pages; a leaf page of a table begins with the byte 13 and
has an array of pointers to its cells; a cell is a size, a rowid and a record, the end of which may lie on overflow
pages. Where a header or an interior page is destroyed, the leaves still say what they hold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from catalog.store.forms import text_or_bytes

MAGIC = b"SQLite format 3\0"
_SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
_LEAF, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x0A, 0x02
_FLAGS = {0x0D, 0x0A, 0x05, 0x02}
_MOST_BYTES = 1 << 28


class Cell(NamedTuple):
    """One record of a page: its rowid, None in an index, and its values."""

    rowid: int | None
    values: tuple[Any, ...]


def page_size(data: bytes | bytearray) -> int:
    """Return the page size that the header of a file says, else the smallest at which most pages look like pages."""
    said = int.from_bytes(data[16:18], "big")
    said = 65536 if said == 1 else said
    if data[:16] == MAGIC and said in _SIZES:
        return said

    def alike(size: int) -> float:
        starts = range(size, len(data) - size + 1, size)
        return sum(data[at] in _FLAGS for at in starts) / len(starts) if starts else 0.0

    found = {size: alike(size) for size in _SIZES}
    most = max(found.values())
    return next(size for size, share in found.items() if share >= 0.75 * most)  # at twice the size all look alike, too


def with_log(data: bytearray, log: bytes) -> None:
    """Put into *data* the pages of the write-ahead *log* that were committed."""
    if len(log) < 32 or int.from_bytes(log[:4], "big") not in (0x377F0682, 0x377F0683):
        return
    size, salts = int.from_bytes(log[8:12], "big"), log[16:24]
    if size not in _SIZES:
        return
    waiting: list[tuple[int, bytes]] = []
    for at in range(32, len(log) - 24 - size + 1, 24 + size):
        number, pages = struct.unpack(">II", log[at : at + 8])
        if log[at + 8 : at + 16] != salts or number == 0:
            break
        waiting.append((number, log[at + 24 : at + 24 + size]))
        if pages:  # the last page of a commit, and how many pages the file has then
            if len(data) < pages * size:
                data.extend(bytes(pages * size - len(data)))
            for place, page in waiting:
                data[(place - 1) * size : place * size] = page
            waiting = []


def with_header(data: bytearray, *, anew: bool) -> None:
    """Mark a file as one without a log; *anew*: and write all of its header again."""
    if anew:
        size = page_size(data)
        data[:100] = bytes(100)
        data[:16] = MAGIC
        data[16:18] = (1 if size == 65536 else size).to_bytes(2, "big")
        data[21:24] = bytes((64, 32, 32))
        data[44:48] = (4).to_bytes(4, "big")
        data[56:60] = (1).to_bytes(4, "big")  # UTF-8
    data[18:20] = b"\1\1"


def cells(data: bytes | bytearray) -> Iterator[Cell]:
    """Yield the records of all pages that hold any, whatever table they belong to; what can't be read is left out."""
    size = page_size(data)
    usable = size - data[20]
    for start in range(0, len(data) - size + 1, size):
        head = start + (100 if start == 0 else 0)
        flag = data[head]
        if flag not in (_LEAF, _INDEX_LEAF, _INDEX_INNER):
            continue
        count = int.from_bytes(data[head + 3 : head + 5], "big")
        pointers = head + (12 if flag == _INDEX_INNER else 8)
        for at in range(pointers, min(pointers + 2 * count, start + size - 1), 2):
            with suppress(ValueError, IndexError, struct.error):
                yield _cell(data, start + int.from_bytes(data[at : at + 2], "big"), flag, size, usable)


def _cell(data: bytes | bytearray, at: int, flag: int, size: int, usable: int) -> Cell:
    if flag == _INDEX_INNER:
        at += 4  # the page before
    length, at = _varint(data, at)
    rowid: int | None = None
    if flag == _LEAF:
        number, at = _varint(data, at)
        rowid = number - (1 << 64) if number >> 63 else number
    if not 0 < length < _MOST_BYTES:
        raise ValueError(f"a record of {length} bytes")
    most = usable - 35 if flag == _LEAF else (usable - 12) * 64 // 255 - 23
    local = length
    if length > most:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
    payload = bytearray(data[at : at + local])
    following = int.from_bytes(data[at + local : at + local + 4], "big") if local < length else 0
    while following and len(payload) < length:
        page = (following - 1) * size
        if not 0 < page <= len(data) - size:
            raise ValueError(f"no page {following}")
        following = int.from_bytes(data[page : page + 4], "big")
        payload += data[page + 4 : page + usable]
    if len(payload) < length:
        raise ValueError("a record without its end")
    return Cell(rowid, _record(bytes(payload[:length])))


def _record(payload: bytes) -> tuple[Any, ...]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    at, values = end, []
    for kind in kinds:
        length = _LENGTHS[kind] if kind < 12 else (kind - 12) // 2
        part = payload[at : at + length]
        if len(part) < length:
            raise ValueError("a value without its end")
        at += length
        values.append(_value(kind, part))
    return tuple(values)


_LENGTHS = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)


def _value(kind: int, part: bytes) -> Any:
    if kind >= 12:
        return text_or_bytes(part) if kind % 2 else part
    if kind == 7:
        return struct.unpack(">d", part)[0]
    if kind in (8, 9):
        return kind - 8
    return int.from_bytes(part, "big", signed=True) if kind else None


def _varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    return value << 8 | data[at + 8], at + 9
