"""The vectors of a catalog as matrices in memory, kept level with the database entry by entry.

What is searched is a *state*: matrices nobody writes to, and the mark of the moment they show. A change makes a new
state that shares all but the rows that changed, so a search that is under way keeps the one it began with, and one
registration costs one row. The rows lie in pieces whose sizes grow by doubling; small ones are joined as they come, and
rows that no longer count are skipped until they are half of their piece.

The rows are also kept in a file beside the database, mapped into memory by the next process. The file is derived data:
its checksum must be right, and its mark must be of this database's own history; then what has changed since is read
from the database, and anything else is a reason to read everything again.

Every row is looked at: the answer is exact at any size, and costs one product of a matrix and a vector.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import sys
import threading
import time
import weakref
import zlib
from collections.abc import Sequence
from contextlib import suppress
from glob import escape, glob
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.embedtext import TEMPLATE_VERSION, TEXT
from catalog.errors import SearchError
from catalog.store.vectors import Mark, changed_since, fresh

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.store.reader import Reader
    from catalog.store.vectors import Changes, Rows

    Ids = NDArray[np.int64]
    Matrix = NDArray[np.float32]

KEPT_FROM = 2_000
"""With fewer rows no file is kept: reading them from the database takes a few milliseconds."""

_EQUAL = 4e-6
"""Products that differ by less may be equal: the order of the sums, and so the last bits, depends on a row's place."""

_DIGITS = 6
"""Similarities are given with so many decimals, which do not depend on a row's place."""

_BLOCK = 64
_SMALL = 512  # rows that are copied in no time
_MAGIC = b"CATVEC\x00\x01"


class Nearest(NamedTuple):
    """Entries near a vector, an item each; the nearest first, of equals the earlier stored.

    Attributes:
        ids: of the entries.
        text: cosine with the text about the entry; -inf where that has no fresh vector.
        example: cosine with the nearest example; -inf where none has one.
        example_part: that example's number, from 1; 0 where there is none.
    """

    ids: Ids
    text: NDArray[np.float64]
    example: NDArray[np.float64]
    example_part: NDArray[np.int32]


class _Piece(NamedTuple):
    """Rows in the order of entries, the texts apart from the examples."""

    ids: Ids  # each once
    text: Matrix
    example_ids: Ids
    example_parts: NDArray[np.int32]
    examples: Matrix
    starts: NDArray[np.int64]  # where the examples of each entry begin

    @property
    def size(self) -> int:
        return len(self.ids) + len(self.example_ids)


class _Live(NamedTuple):
    """A piece and the places in it that no longer count."""

    piece: _Piece
    dead_text: NDArray[np.int64]
    dead_examples: NDArray[np.int64]

    @property
    def dead(self) -> int:
        return len(self.dead_text) + len(self.dead_examples)


class _State(NamedTuple):
    mark: Mark
    pieces: tuple[_Live, ...]  # the largest first


class VectorIndex:
    """The fresh vectors of one embedder, to be searched. Safe in threads and after a fork."""

    def __init__(self, reader: Reader, embedder: str, *, file: bool = True) -> None:
        """Look at nothing yet.

        Args:
            reader: the database.
            embedder: its name.
            file: whether the rows may be kept in a file beside the database.
        """
        self.embedder = embedder
        self.path = file_beside(reader.path, embedder) if file else None
        self._reader = reader
        self._state: _State | None = None
        self._lock = threading.Lock()
        _living.add(self)

    def search(
        self,
        query: NDArray[np.float32],
        k: int,
        allowed_ids: Sequence[int] | Ids | None = None,
        *,
        without: Sequence[int] | Ids = (),
        generation: int | None = None,
    ) -> Nearest:
        """Return the entries whose text is nearest to *query*, and those with an example nearest to it.

        Args:
            query: of length 1; one without any direction (all zeros) is near to nothing.
            k: how many by the text and how many by an example; all that are equal to the last one come too.
            allowed_ids: the entries that count; None: all. Give the ids of some entries and as many for *k* to have the
                similarities of just these.
            without: entries that do not count, few.
            generation: of the database, if the caller knows it: where the index has it already, nothing is asked.

        Raises:
            SearchError: *query* has not the width of the vectors, or is not finite.
        """
        import numpy as np

        state = self._now(generation)
        wanted = np.ascontiguousarray(query, dtype=np.float32)
        length = float(np.vdot(wanted, wanted))
        if not math.isfinite(length):
            raise SearchError("the vector of the request is not finite", embedder=self.embedder)
        if k <= 0 or not length:
            return _nothing()
        for live in state.pieces:
            if wanted.shape != (live.piece.text.shape[1],):
                raise SearchError(
                    f"the vector of the request has the shape {wanted.shape}; those of embedder '{self.embedder}' "
                    f"have {live.piece.text.shape[1]} numbers",
                    embedder=self.embedder,
                )
        allowed = None if allowed_ids is None else _table(allowed_ids, without)
        barred = None if allowed_ids is not None or not len(without) else np.asarray(without, np.int64)
        return _nearest([_search(live, wanted, k, allowed, barred) for live in state.pieces], state, wanted, k)

    def vector(self, entry_id: int, *, generation: int | None = None) -> Matrix | None:
        """Return the vector of the text about an entry, or None where it has no fresh one."""
        import numpy as np

        for piece, dead, _ in self._now(generation).pieces:
            place = int(np.searchsorted(piece.ids, entry_id))
            if place < len(piece.ids) and piece.ids[place] == entry_id and place not in dead:
                vector: Matrix = piece.text[place]
                return vector
        return None

    def refresh(self, generation: int | None = None) -> int:
        """Bring the index up to date, as a search does; return the generation it shows."""
        return self._now(generation).mark.generation

    def __len__(self) -> int:
        """Return the number of rows that count, as of the last search."""
        return sum(live.piece.size - live.dead for live in self._state.pieces) if self._state else 0

    @property
    def nbytes(self) -> int:
        """How much memory the rows take, mapped files included."""
        pieces = self._state.pieces if self._state else ()
        return sum(array.nbytes for live in pieces for array in live.piece)

    # -- one state after another -------------------------------------------------------------------------------------

    def _now(self, generation: int | None) -> _State:
        state = self._state
        if state is not None and state.mark.generation == generation:
            return state
        with self._lock:
            state = self._state
            if state is not None and state.mark.generation == generation:
                return state
            self._state = self._next(state)
            return self._state

    def _next(self, state: _State | None) -> _State:
        from_file = state is None
        if state is None and self.path is not None:
            state = _load(self.path, self.embedder)
        if state is not None:
            rows = sum(live.piece.size for live in state.pieces)
            changes = changed_since(self._reader, self.embedder, state.mark, max(1_000, rows // 5))
            if changes is not None:
                after = _changed(state, changes)
                if from_file and len(changes.touched) > max(100, rows // 20):
                    self._keep(after)
                return after
        mark, found = fresh(self._reader, self.embedder)
        after = _State(mark, _pieces(found))
        self._keep(after)
        return after

    def _keep(self, state: _State) -> None:
        rows = sum(live.piece.size for live in state.pieces)
        if self.path is not None and state.mark.token and rows >= KEPT_FROM and sys.byteorder == "little":
            with suppress(OSError):  # a full disk, a folder one may not write to: the next process reads the database
                _save(self.path, self.embedder, state, like=self._reader.path)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()


_living: weakref.WeakSet[VectorIndex] = weakref.WeakSet()


def _renew_locks() -> None:
    for index in list(_living):
        index._renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


# -- searching -------------------------------------------------------------------------------------------------------


class _Found(NamedTuple):
    """What is near in one piece, roughly: places of texts and groups of examples, and their products."""

    text: NDArray[np.int64]
    text_product: Matrix
    groups: NDArray[np.int64]
    example_product: Matrix


def _table(ids: Sequence[int] | Ids, without: Sequence[int] | Ids) -> NDArray[np.bool_]:
    """Return, for every number up to the largest of *ids*, whether it is allowed."""
    import numpy as np

    wanted = np.asarray(ids, np.int64)
    wanted = wanted[wanted >= 0]
    table = np.zeros(int(wanted.max()) + 2 if len(wanted) else 1, np.bool_)
    table[wanted] = True
    barred = np.asarray(without, np.int64)
    table[barred[(barred >= 0) & (barred < len(table))]] = False
    table[-1] = False  # stands for every number beyond
    return table


def _search(live: _Live, query: Matrix, k: int, allowed: NDArray[np.bool_] | None, barred: Ids | None) -> _Found:
    """Return what is near in one piece: the *k* best of each form, and what may equal the last of them."""
    import numpy as np

    piece, dead_text, dead_examples = live
    text, products = _products(piece.ids, piece.text, dead_text, query, allowed, barred)
    best = _best(products, k)
    text, products = (best if text is None else text[best]), products[best]
    if not len(piece.example_ids):
        return _Found(text, products, np.empty(0, np.int64), np.empty(0, np.float32))
    rows, nearby = _products(piece.example_ids, piece.examples, dead_examples, query, allowed, barred)
    if rows is None:
        groups, starts = None, piece.starts
    else:  # the examples of each entry lie together
        groups = np.searchsorted(piece.starts, rows, side="right") - 1
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        groups = groups[starts]
    if not len(starts):
        return _Found(text, products, np.empty(0, np.int64), np.empty(0, np.float32))
    nearest = np.maximum.reduceat(nearby, starts)
    best = _best(nearest, k)
    return _Found(text, products, best if groups is None else groups[best], nearest[best])


def _products(
    ids: Ids,
    matrix: Matrix,
    dead: NDArray[np.int64],
    query: Matrix,
    allowed: NDArray[np.bool_] | None,
    barred: Ids | None,
) -> tuple[NDArray[np.int64] | None, Matrix]:
    """Return the places that were looked at (None: all) and their products; -inf for what does not count."""
    import numpy as np

    if allowed is not None:
        there = allowed[np.minimum(ids, len(allowed) - 1)]
        there[dead] = False
        rows = np.flatnonzero(there)
        if 4 * len(rows) < len(ids):
            return rows, matrix[rows] @ query
        products = matrix @ query
        products[~there] = -np.inf
        return None, products
    products = matrix @ query
    products[dead] = -np.inf
    if barred is not None:
        products[_places(ids, barred)] = -np.inf
    return None, products


def _places(ids: Ids, wanted: Ids) -> NDArray[np.int64]:
    """Return every place of sorted *ids* that holds one of *wanted*."""
    import numpy as np

    first, last = np.searchsorted(ids, wanted, side="left"), np.searchsorted(ids, wanted, side="right")
    counts = last - first
    ends = np.cumsum(counts)
    found: NDArray[np.int64] = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - counts), counts)
    return found


def _best(products: Matrix, k: int) -> NDArray[np.int64]:
    """Return the places of the *k* largest, and of all that may equal the last of them; never of -inf."""
    import numpy as np

    if len(products) > k:
        # The k-th largest of the largest of each block is no larger than the k-th largest of all: only what reaches
        # it need be sorted out.
        whole = len(products) // _BLOCK * _BLOCK
        if whole // _BLOCK > k:
            tops = products[:whole].reshape(-1, _BLOCK).max(axis=1)
            floor = np.partition(tops, len(tops) - k)[len(tops) - k]
            near = products[products >= floor]
        else:
            near = products
        cut = np.partition(near, len(near) - k)[len(near) - k]
        if cut > -np.inf:
            return np.flatnonzero(products >= cut - _EQUAL)
    return np.flatnonzero(products > -np.inf)


def _nearest(found: Sequence[_Found], state: _State, query: Matrix, k: int) -> Nearest:
    """Return what is nearest of all pieces, with similarities that do not depend on where a row lies."""
    import numpy as np

    if not found:
        return _nothing()
    texts = np.concatenate([one.text_product for one in found])
    examples = np.concatenate([one.example_product for one in found])
    text_cut, example_cut = _cut(texts, k), _cut(examples, k)
    exact = query.astype(np.float64)
    parts: list[tuple[Any, ...]] = []
    for one, (piece, dead_text, dead_examples) in zip(found, state.pieces, strict=True):
        places = one.text[one.text_product >= text_cut]
        ids = piece.ids[places]
        if not len(piece.example_ids):
            if len(ids):
                text = _similarities(piece.text[places], exact)
                parts.append((ids, text, np.full(len(ids), -np.inf), np.zeros(len(ids), np.int32)))
            continue
        by_example = piece.example_ids[piece.starts[one.groups[one.example_product >= example_cut]]]
        ids = np.union1d(ids, by_example)
        if not len(ids):
            continue
        text = np.full(len(ids), -np.inf)
        places = np.setdiff1d(_places(piece.ids, ids), dead_text, assume_unique=True)
        text[np.searchsorted(ids, piece.ids[places])] = _similarities(piece.text[places], exact)
        example, number = np.full(len(ids), -np.inf), np.zeros(len(ids), np.int32)
        rows = np.setdiff1d(_places(piece.example_ids, ids), dead_examples, assume_unique=True)
        if len(rows):
            values = _similarities(piece.examples[rows], exact)
            owners = np.searchsorted(ids, piece.example_ids[rows])
            order = np.lexsort((-piece.example_parts[rows], values))  # the last one written stays: of equals the first
            example[owners[order]] = values[order]
            number[owners[order]] = piece.example_parts[rows][order]
        parts.append((ids, text, example, number))
    if not parts:
        return _nothing()
    if len(parts) == 1:
        ids, text, example, number = parts[0]
    else:
        ids, text, example, number = (np.concatenate([part[column] for part in parts]) for column in range(4))
    order = np.lexsort((ids, -np.maximum(text, example)))
    return Nearest(ids[order], text[order], example[order], number[order])


def _cut(products: Matrix, k: int) -> float:
    import numpy as np

    return (
        -np.inf if len(products) <= k else float(np.partition(products, len(products) - k)[len(products) - k]) - _EQUAL
    )


def _similarities(rows: Matrix, query: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    similar: NDArray[np.float64] = np.round(np.einsum("ij,j->i", rows.astype(np.float64), query), _DIGITS)
    return np.clip(similar, -1.0, 1.0)


def _nothing() -> Nearest:
    import numpy as np

    return Nearest(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.int32))


# -- changing --------------------------------------------------------------------------------------------------------


def _pieces(rows: Rows) -> tuple[_Live, ...]:
    import numpy as np

    if not len(rows.entry_ids):
        return ()
    none = np.empty(0, np.int64)
    about = rows.parts == TEXT
    if about.all() and (np.diff(rows.entry_ids) > 0).all():  # as they come from a catalog embedded in one go
        return (_Live(_piece(rows.entry_ids, rows.vectors, none, none, rows.vectors[:0]), none, none),)
    texts, examples = np.flatnonzero(about), np.flatnonzero(~about)
    texts = texts[np.argsort(rows.entry_ids[texts], kind="stable")]
    examples = examples[np.lexsort((rows.parts[examples], rows.entry_ids[examples]))]
    piece = _piece(
        rows.entry_ids[texts],
        rows.vectors[texts],
        rows.entry_ids[examples],
        rows.parts[examples],
        rows.vectors[examples],
    )
    return (_Live(piece, none, none),)


def _piece(ids: Any, text: Any, example_ids: Any, example_parts: Any, examples: Any) -> _Piece:
    """Return a piece of sorted arrays, which nobody may write to from now on."""
    import numpy as np

    starts = np.flatnonzero(np.diff(example_ids, prepend=-1))
    piece = _Piece(ids, text, example_ids, example_parts.astype(np.int32, copy=False), examples, starts)
    for array in piece:
        array.flags.writeable = False
    return piece


def _changed(state: _State, changes: Changes) -> _State:
    """Return the state after *changes*."""
    import numpy as np

    if not len(changes.touched):
        return _State(changes.mark, state.pieces)
    pieces = []
    for piece, dead_text, dead_examples in state.pieces:
        live = _Live(
            piece,
            np.union1d(dead_text, _places(piece.ids, changes.touched)),
            np.union1d(dead_examples, _places(piece.example_ids, changes.touched)),
        )
        if live.dead < piece.size:
            pieces.append(_joined([live]) if 2 * live.dead > piece.size else live)
    pieces += _pieces(changes.rows)
    # Each at least twice as large as the next, and one small one: there are few, and a row is copied seldom.
    while len(pieces) > 1 and pieces[-2].piece.size < max(2 * pieces[-1].piece.size, _SMALL):
        pieces[-2:] = [_joined(pieces[-2:])]
    return _State(changes.mark, tuple(pieces))


def _joined(pieces: Sequence[_Live]) -> _Live:
    """Return one piece of all rows that count."""
    import numpy as np

    from catalog.store.vectors import Rows

    ids, parts, vectors = [], [], []
    for piece, dead_text, dead_examples in pieces:
        text, examples = np.ones(len(piece.ids), np.bool_), np.ones(len(piece.example_ids), np.bool_)
        text[dead_text] = examples[dead_examples] = False
        ids += [piece.ids[text], piece.example_ids[examples]]
        parts += [np.full(int(text.sum()), TEXT, np.int32), piece.example_parts[examples]]
        vectors += [piece.text[text], piece.examples[examples]]
    return _pieces(Rows(np.concatenate(ids), np.concatenate(parts), np.concatenate(vectors)))[0]


# -- the file --------------------------------------------------------------------------------------------------------


def file_beside(database: str, embedder: str) -> str:
    """Return the path of the file that keeps the rows of *embedder* for *database*."""
    return f"{database}-vectors-{sha256(embedder.encode()).hexdigest()[:12]}"


_TYPES = ("<i8", "<f4", "<i8", "<i4", "<f4")  # of a piece's arrays, but for `starts`
_PAGE = 4_096


def _save(path: str, embedder: str, state: _State, *, like: str) -> None:
    """Write the rows of *state* to *path*, whole or not at all; whoever may read the database may read them."""
    live = state.pieces[0] if len(state.pieces) == 1 and not state.pieces[0].dead else _joined(state.pieces)
    arrays = live.piece[:5]
    head = json.dumps(
        {
            "embedder": embedder,
            "template": TEMPLATE_VERSION,
            "mark": state.mark,
            "width": live.piece.text.shape[1],
            "counts": [len(live.piece.ids), len(live.piece.example_ids)],
            "sums": [_sum(array) for array in arrays],
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
            for array in arrays:
                file.write(_bytes(array).data)
                file.write(b"\0" * (-array.nbytes % 64))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _load(path: str, embedder: str) -> _State | None:
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
        if about["embedder"] != embedder or about["template"] != TEMPLATE_VERSION:
            return None
        texts, examples = about["counts"]
        width = about["width"]
        at = _PAGE
        arrays: list[Any] = []
        for kind, count in zip(_TYPES, (texts, texts * width, examples, examples, examples * width), strict=True):
            array = np.frombuffer(memory, kind, count, at)
            at += array.nbytes + -array.nbytes % 64
            arrays.append(array.reshape(-1, width) if kind == "<f4" else array)
        if [_sum(array) for array in arrays] != about["sums"] or at != len(memory):
            return None
        none = np.empty(0, np.int64)
        return _State(Mark(*about["mark"]), (_Live(_piece(*arrays), none, none),))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sum(array: NDArray[Any]) -> int:
    """Return a checksum that takes no longer than reading: sums of 32 KB each, and a CRC over these."""
    import numpy as np

    data = _bytes(array)
    blocks = len(data) // (8 * _PAGE)
    whole = data[: blocks * 8 * _PAGE].view("<u8").reshape(blocks, _PAGE)
    return zlib.crc32(data[blocks * 8 * _PAGE :].data, zlib.crc32(whole.sum(axis=1, dtype=np.uint64).data))


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    import numpy as np

    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
