"""The file beside a database that keeps an index from being read row by row."""

from __future__ import annotations

import json
import mmap
import os
import sys
import time
import zlib
from contextlib import suppress
from glob import escape, glob
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from catalog.entry.embedding_text import TEMPLATE_VERSION
from catalog.search.vector_rows import Piece, State, joined, state_of
from catalog.store.vectors import Mark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_FORM = 1
"""Grows when the same vectors would give other rows; files of another form are not read."""


_MAGIC = b"CATVEC\x00\x01"


def file_beside(database: str, embedder: str) -> str:
    """Return the path of the file that keeps the rows of *embedder* for *database*."""
    return f"{database}-vectors-{sha256(embedder.encode()).hexdigest()[:12]}"


_PAGE = 4_096


def save(path: str, embedder: str, state: State, *, like: str) -> None:
    """Write the rows of *state* to *path*, whole or not at all; whoever may read the database may read them."""
    piece = state.pieces[0] if len(state.pieces) == 1 and not len(state.dead) else joined(state.pieces)
    head = json.dumps(
        {
            "embedder": embedder,
            "form": [_FORM, TEMPLATE_VERSION],
            "mark": state.mark,
            "shape": piece.rows.shape,
            "sums": [sum_of(piece.ids), sum_of(piece.rows)],
        }
    ).encode()
    begin = _MAGIC + len(head).to_bytes(4, "little") + zlib.crc32(head).to_bytes(4, "little") + head
    for left in glob(f"{escape(path)}.*.tmp"):
        with suppress(OSError):
            if time.time() - os.stat(left).st_mtime > 3_600:  # of a process that was killed
                os.unlink(left)
    temporary = f"{path}.{token_hex(6)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.stat(like).st_mode & 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(begin.ljust(_PAGE, b"\0"))
            file.write(bytes_of(piece.ids).data)
            file.write(b"\0" * (-piece.ids.nbytes % 64))
            file.write(bytes_of(piece.rows).data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def load(path: str, embedder: str) -> State | None:
    """Return the state kept in *path*, or None where there is none, it is damaged, or of something else."""
    import numpy as np

    if sys.byteorder != "little":
        return None
    try:
        with open(path, "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length, checksum = (int.from_bytes(memory[at : at + 4], "little") for at in (8, 12))
        head = memory[16 : 16 + length]
        if memory[:8] != _MAGIC or zlib.crc32(head) != checksum:
            return None
        about = json.loads(head)
        if about["embedder"] != embedder or about["form"] != [_FORM, TEMPLATE_VERSION]:
            return None
        count, width = about["shape"]
        ids = np.frombuffer(memory, "<i8", count, _PAGE)
        rows = np.frombuffer(memory, "<f4", count * width, _PAGE + ids.nbytes + -ids.nbytes % 64).reshape(count, width)
        if [sum_of(ids), sum_of(rows)] != about["sums"]:
            return None
        return state_of(Mark(*about["mark"]), [Piece(ids, rows, np.empty(0, np.int64))])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def sum_of(array: NDArray[Any]) -> int:
    """Return a checksum that takes no longer than reading: sums of 32 KB each, and a CRC over these."""
    import numpy as np

    data = bytes_of(array)
    blocks = len(data) // (8 * _PAGE)
    whole = data[: blocks * 8 * _PAGE].view("<u8").reshape(blocks, _PAGE)
    return zlib.crc32(data[blocks * 8 * _PAGE :].data, zlib.crc32(whole.sum(axis=1, dtype=np.uint64).data))


def bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of an array, without a copy."""
    import numpy as np

    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
