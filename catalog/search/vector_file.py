"""The file beside a database that keeps the rows of an index, so that a new process need not read them one by one.

The layout, in bytes, all numbers little-endian:

====================  ==================================================================================
0 to 8                the magic number, with a version of this layout in its last byte
8 to 16               length of the head, and nothing
16 to 48              BLAKE2 of the head, keyed with the user's own secret
48 …                  the head, JSON: embedder, form, mark, arrays (name, type, shape, sum), share and recall
4,096 …               ids, int64, one for each row, ascending
next multiples of 64  rows, float32, in the order of the ids; where there is a sketch, its arrays and a sum of each row
====================  ==================================================================================

Ids begin where a page of memory begins and rows where a cache line does, so that the arrays over the mapped file are
aligned. The sums of all arrays are compared when the file is opened, but for rows that have a sketch: of these each has
a sum of its own, which is compared when a search looks at the row, so that opening a gigabyte does not read it.

The head is parsed before the sums in it can be compared, and a file may have come with a database of somebody else's:
so it counts only if this user wrote it, which the secret in the user's data folder proves. The sums are a guard against
damage, not against this user.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import sys
import time
import zlib
from contextlib import suppress
from glob import escape, glob
from hashlib import blake2b, sha256
from hmac import compare_digest
from secrets import token_bytes, token_hex
from typing import TYPE_CHECKING, Any

from catalog.entry.embedding_text import TEMPLATE_VERSION
from catalog.files import data_file, open_own
from catalog.search.vector_rows import Piece, State, joined, row_sums, state_of
from catalog.store.vectors import Mark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_FORM = 1
"""Grows when the same vectors would give other rows; files of another form are not read."""

_MAGIC = b"CATVEC\x00\x03"
_OF_SKETCH = ("words", "turn", "centre", "total", "squares")
_HEAD = 48  # where the head begins
_PAGE = 4_096
_LINE = 64  # bytes of a cache line
_ABANDONED = 3_600  # seconds after which nobody is still writing a temporary file


def file_beside(database: str, embedder: str) -> str:
    """Return the path of the file that keeps the rows of *embedder* for *database*."""
    return f"{database}-vectors-{sha256(embedder.encode()).hexdigest()[:12]}"


def save(path: str, embedder: str, state: State, *, like: str) -> None:
    """Write the rows of *state* to *path*, whole or not at all.

    Args:
        path: where to write; what is there is replaced.
        embedder: the name of what made the vectors.
        state: what to write; rows that no longer count are left out.
        like: the database: whoever may read it may read the file. Only its owner may write to it: a file that another
            can shorten must not be mapped.

    Raises:
        OSError: the folder can't be written to, or the disk is full.
    """
    piece = state.pieces[0] if len(state.pieces) == 1 and not len(state.dead) else joined(state.pieces)
    arrays = _arrays(piece)
    head = json.dumps(
        {
            "embedder": embedder,
            "form": [_FORM, TEMPLATE_VERSION],
            "mark": state.mark,
            "arrays": [
                [name, array.dtype.str, array.shape, None if piece.sketch and name == "rows" else sum_of(array)]
                for name, array in arrays.items()
            ],
            "sketch": piece.sketch and [piece.sketch.share, piece.sketch.recall],
        }
    ).encode()
    secret = own_secret(make=True)
    if secret is None:
        raise OSError("this user has no data folder, where the secret of the file would be")
    begin = _MAGIC + len(head).to_bytes(8, "little") + _proof(head, secret) + head
    for left in glob(f"{escape(path)}.*.tmp"):
        with suppress(OSError):
            if time.time() - os.stat(left).st_mtime > _ABANDONED:  # of a process that was killed
                os.unlink(left)
    # Written under another name and renamed: another process maps the old file or the new one, never half of one.
    temporary = f"{path}.{token_hex(6)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.stat(like).st_mode & 0o644)
    try:
        with open(descriptor, "wb") as file:
            file.write(begin.ljust(_PAGE, b"\0"))
            for array in arrays.values():
                file.write(bytes_of(array).data)
                file.write(b"\0" * (-array.nbytes % _LINE))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def load(path: str, embedder: str) -> State | None:
    """Return the state kept in *path*; None where there is no such file, or it is damaged or of another embedder.

    A state of another database, or of a moment this one has left, is told by its mark, which the caller compares
    (:func:`catalog.store.vectors.changed_since`).
    """
    import numpy as np

    if sys.byteorder != "little":
        return None
    secret = own_secret()
    if secret is None:
        return None
    try:
        opened = open_own(path)
        if opened is None:
            return None
        with opened as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        head = memory[_HEAD : _HEAD + int.from_bytes(memory[8:16], "little")]
        if memory[:8] != _MAGIC or not compare_digest(_proof(head, secret), memory[16:_HEAD]):
            return None
        head_fields = json.loads(head)
        if head_fields["embedder"] != embedder or head_fields["form"] != [_FORM, TEMPLATE_VERSION]:
            return None
        at, arrays = _PAGE, {}
        for name, form, shape, known in head_fields["arrays"]:
            array = np.frombuffer(memory, form, math.prod(shape), at).reshape(shape)
            if known is not None and sum_of(array) != known:
                return None
            at += array.nbytes + -array.nbytes % _LINE
            arrays[name] = array
        sketch = None
        if head_fields["sketch"] is not None:
            from catalog.search.sketch import Sketch

            share, recall = head_fields["sketch"]
            sketch = Sketch(**{name: arrays[name] for name in _OF_SKETCH}, share=share, recall=recall)
        piece = Piece(arrays["ids"], arrays["rows"], np.empty(0, np.int64), arrays.get("sums"), sketch, memory)
        return state_of(Mark(*head_fields["mark"]), [piece])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _arrays(piece: Piece) -> dict[str, NDArray[Any]]:
    """Return the arrays of a *piece* by name, in the order of the file."""
    arrays: dict[str, NDArray[Any]] = {"ids": piece.ids, "rows": piece.rows}
    if piece.sketch is not None:
        arrays["sums"] = row_sums(piece.rows) if piece.sums is None else piece.sums
        arrays |= {name: getattr(piece.sketch, name) for name in _OF_SKETCH}
    return arrays


def own_secret(*, make: bool = False) -> bytes | None:
    """Return the secret by which this user's files are known; None if there is none, or it is not the user's alone.

    Args:
        make: whether to make it if it is not there.

    Raises:
        OSError: it can't be made.
    """
    place = data_file("vectors.key")
    if place is None:
        return None
    if make and not os.path.lexists(place):
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        whole = f"{place}.{token_hex(6)}.tmp"
        with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(token_bytes(32))
        with suppress(FileExistsError):  # another process has just made it
            os.link(whole, place)
        os.unlink(whole)
    opened = open_own(place)
    if opened is None:
        return None
    with opened as file:
        is_secret, secret = not os.fstat(file.fileno()).st_mode & 0o077, file.read(33)
    return secret if is_secret and len(secret) == 32 else None


def _proof(head: bytes, secret: bytes) -> bytes:
    return blake2b(head, key=secret, digest_size=32).digest()


def sum_of(array: NDArray[Any]) -> int:
    """Return a checksum of an array: one sum for each 32 KB, and a CRC over the sums and what is left over.

    51 MB take 1.6 ms; a CRC of every byte takes 11 ms. A single damaged number always changes a sum; two numbers that
    have changed places within 32 KB do not.
    """
    import numpy as np

    data = bytes_of(array)
    blocks = len(data) // (8 * _PAGE)
    whole = data[: blocks * 8 * _PAGE].view("<u8").reshape(blocks, _PAGE)
    return zlib.crc32(data[blocks * 8 * _PAGE :].data, zlib.crc32(whole.sum(axis=1, dtype=np.uint64).data))


def bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of an array, without a copy."""
    import numpy as np

    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
