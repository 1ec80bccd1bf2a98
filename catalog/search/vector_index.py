"""The vectors of a catalog as one matrix in memory, kept level with the database entry by entry.

Every entry that has fresh vectors has one row: the vector of its text, pulled towards its examples
(:func:`catalog.search.fusion.pulled`). What is searched is a *state*: matrices nobody writes to, and the mark of the
moment they show. A change makes a new state that shares all but the rows that changed, so a search that is under way
keeps the one it began with, and one registration costs one row. The rows lie in pieces whose sizes grow by doubling;
small ones are joined as they come, and rows that no longer count are skipped until they are half of their piece.

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
import zlib
from collections.abc import Sequence
from contextlib import suppress
from glob import escape, glob
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.embedding_text import TEMPLATE_VERSION, TEXT, text_hash
from catalog.errors import SearchError
from catalog.forks import after_fork
from catalog.search.fusion import Spread, pulled, spread
from catalog.store.vectors import Mark, changed_since, fresh, of_entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.store.reader import Reader
    from catalog.store.vectors import Changes, Rows

    Ids = NDArray[np.int64]
    Places = NDArray[np.int64]
    Matrix = NDArray[np.float32]

KEPT_FROM = 2_000
"""With fewer rows no file is kept: reading them from the database takes a few milliseconds."""

_EQUAL = 4e-6
"""Products that differ by less may be equal: the order of the sums, and so the last bits, depends on a row's place."""

_DIGITS = 6
"""Similarities are given with so many decimals, which do not depend on a row's place."""

_FORM = 1
"""Grows when the same vectors would give other rows; files of another form are not read."""

_BLOCK = 64
_SMALL = 512  # rows that are copied in no time
_MAGIC = b"CATVEC\x00\x01"


class Nearest(NamedTuple):
    """Entries near to a request, a column each, in the order of their ids.

    Attributes:
        ids: of the entries; the best of each row, and those asked for beside them, as far as they have a row here.
        similarities: cosines, a row for the request and one for each of its parts, with six decimals.
        spreads: for each row, how similar all entries are, before any filter.
    """

    ids: Ids
    similarities: NDArray[np.float64]
    spreads: list[Spread]


class _Piece(NamedTuple):
    """Rows in the order of entries, and the places among them that no longer count."""

    ids: Ids  # each once
    rows: Matrix
    dead: Places


class _State(NamedTuple):
    mark: Mark
    pieces: tuple[_Piece, ...]  # the largest first
    dead: Places  # over all pieces, one behind the other

    @property
    def size(self) -> int:
        return sum(len(piece.ids) for piece in self.pieces)


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
        after_fork(self)

    def search(
        self,
        queries: Matrix,
        k: int,
        allowed_ids: Sequence[int] | Ids | None = None,
        *,
        also: Sequence[int] | Ids = (),
        without: Sequence[int] | Ids = (),
        generation: int | None = None,
    ) -> Nearest:
        """Return the entries nearest to a request and to each of its parts.

        Args:
            queries: the vector of a request, or a row for it and each of its parts; of length 1. To a row of zeros
                nothing is near.
            k: how many for each row; all that are equal to the last one come too.
            allowed_ids: the entries that count; None: all. What does not count is left out before anything is ranked.
            also: entries to give beside the nearest, as far as they are allowed: those that the words found.
            without: entries that do not count, few.
            generation: of the database, if the caller knows it: where the index shows it already, nothing is asked.

        Raises:
            SearchError: *queries* has not the width of the vectors, or is not finite.
        """
        import numpy as np

        state = self._now(generation)
        wanted = np.ascontiguousarray(queries, dtype=np.float32)
        wanted = wanted[None] if wanted.ndim == 1 else wanted
        if not math.isfinite(float(np.vdot(wanted, wanted))):
            raise SearchError("the vector of the request is not finite", embedder=self.embedder)
        if not state.pieces:
            return Nearest(np.empty(0, np.int64), np.empty((len(wanted), 0)), [spread([])] * len(wanted))
        width = state.pieces[0].rows.shape[1]
        if wanted.shape[1] != width:
            raise SearchError(
                f"the vector of the request has {wanted.shape[1]} numbers; those of embedder '{self.embedder}' "
                f"have {width}",
                embedder=self.embedder,
            )
        products = _products(state, wanted)
        spreads = [spread(row) for row in products]
        chosen = _chosen(state, products, wanted, k, allowed_ids, also, without)
        return _answer(state, chosen, wanted, spreads)

    def vector(self, entry_id: int, *, generation: int | None = None) -> Matrix | None:
        """Return the row of an entry, or None where it has no fresh vector."""
        import numpy as np

        for piece in self._now(generation).pieces:
            place = int(np.searchsorted(piece.ids, entry_id))
            if place < len(piece.ids) and piece.ids[place] == entry_id and place not in piece.dead:
                row: Matrix = piece.rows[place]
                return row
        return None

    def sample(self, most: int, *, generation: int | None = None) -> Matrix:
        """Return some of the rows, evenly spaced among those that count: (at most *most*, width)."""
        import numpy as np

        state = self._now(generation)
        if not state.pieces:
            return np.empty((0, 0), np.float32)
        counted = np.delete(np.arange(state.size), state.dead)
        chosen, at, found = counted[:: max(1, -(-len(counted) // most))], 0, []
        for piece in state.pieces:
            end = at + len(piece.ids)
            found.append(piece.rows[chosen[(chosen >= at) & (chosen < end)] - at])
            at = end
        return np.concatenate(found)

    def example(self, entry_id: int, examples: Sequence[str], query: Matrix) -> tuple[int, float] | None:
        """Return which of an entry's *examples* is nearest to *query*, and how near; None where none has a vector.

        The vectors are read from the database and taken by the hash of the text, so the answer is about these examples
        even if the entry has others by now.
        """
        import numpy as np

        known = of_entry(self._reader, self.embedder, entry_id)
        found = [(place, known[hashed]) for place, hashed in enumerate(map(text_hash, examples)) if hashed in known]
        if not found:
            return None
        similar = _similarities(np.stack([vector for _, vector in found]), np.asarray(query, np.float64))
        best = int(similar.argmax())
        return found[best][0], float(similar[best])

    def refresh(self, generation: int | None = None) -> int:
        """Bring the index up to date, as a search does; return the generation it shows."""
        return self._now(generation).mark.generation

    def __len__(self) -> int:
        """Return the number of rows that count, as of the last search."""
        return self._state.size - len(self._state.dead) if self._state else 0

    @property
    def nbytes(self) -> int:
        """How much memory the rows take, mapped files included."""
        return sum(array.nbytes for piece in (self._state.pieces if self._state else ()) for array in piece)

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
            changes = changed_since(self._reader, self.embedder, state.mark, max(1_000, state.size // 5))
            if changes is not None:
                after = _changed(state, changes)
                if from_file and len(changes.touched) > max(100, state.size // 20):
                    self._keep(after)
                return after
        mark, found = fresh(self._reader, self.embedder)
        after = _state(mark, [] if not len(found.entry_ids) else [_piece(found)])
        self._keep(after)
        return after

    def _keep(self, state: _State) -> None:
        if self.path is not None and state.mark.token and state.size >= KEPT_FROM and sys.byteorder == "little":
            with suppress(OSError):  # a full disk, a folder one may not write to: the next process reads the database
                _save(self.path, self.embedder, state, like=self._reader.path)

    def renew_after_fork(self) -> None:
        """Take a new lock in a child process; the pieces of the index are whole at any moment, and stay."""
        self._lock = threading.Lock()


# -- searching -------------------------------------------------------------------------------------------------------


def _products(state: _State, wanted: Matrix) -> Matrix:
    """Return the products of the rows of *wanted* with all rows of all pieces; -inf for those that do not count."""
    import numpy as np

    from catalog.search.products import products

    rows = len(wanted)
    if rows > 1:  # BLAS takes four rows in less time than two
        wanted = np.concatenate([wanted, np.zeros((-rows % 4, wanted.shape[1]), np.float32)])
    found = np.empty((len(wanted), state.size), np.float32)
    at = 0
    for piece in state.pieces:
        end = at + len(piece.ids)
        products(wanted, piece.rows, out=found[:, at:end])
        at = end
    found = found[:rows]
    if len(state.dead):
        found[:, state.dead] = -np.inf
    return found


def _chosen(
    state: _State,
    products: Matrix,
    wanted: Matrix,
    k: int,
    allowed_ids: Sequence[int] | Ids | None,
    also: Sequence[int] | Ids,
    without: Sequence[int] | Ids,
) -> Places:
    """Return the places of what to give, over all pieces; *products* is written to."""
    import numpy as np

    if len(without):
        products[:, _all_places(state, np.asarray(without, np.int64))] = -np.inf
    telling = [row for row, query in zip(products, wanted, strict=True) if query.any()] if k > 0 else []
    beside = _all_places(state, np.asarray(also, np.int64)) if len(also) else np.empty(0, np.int64)
    if allowed_ids is None:
        chosen = [_best(row, k) for row in telling]
    else:
        allowed = _allowed(state, np.asarray(allowed_ids, np.int64))
        chosen = [allowed[_best(row[allowed], k)] for row in telling]
        beside = allowed[_places(allowed, beside)]
    if len(beside):
        chosen.append(beside[products[0, beside] > -np.inf])
    return chosen[0] if len(chosen) == 1 else _once(np.concatenate([np.empty(0, np.int64), *chosen]))


def _allowed(state: _State, ids: Ids) -> Places:
    """Return the places of those *ids* that have a row, over all pieces, in order."""
    import numpy as np

    if 8 * len(ids) < state.size:
        return _all_places(state, _once(ids))
    table = np.zeros(max([2, *(int(piece.ids[-1]) + 2 for piece in state.pieces)]), np.bool_)
    table[ids[(ids >= 0) & (ids < len(table))]] = True  # sorting half of all would take longer than the search
    return np.flatnonzero(np.concatenate([table[piece.ids] for piece in state.pieces]))


def _all_places(state: _State, ids: Ids) -> Places:
    """Return the places of those *ids* that have a row, over all pieces; of one that was replaced all it has had."""
    import numpy as np

    found, at = [], 0
    for piece in state.pieces:
        found.append(_places(piece.ids, ids) + at)
        at += len(piece.ids)
    return found[0] if len(found) == 1 else np.concatenate(found)


def _once(numbers: Ids) -> Ids:
    """Return the different *numbers* in order: ``numpy.unique`` without its import of masked arrays, 7 ms."""
    import numpy as np

    ordered = np.sort(numbers)
    once: Ids = ordered[np.concatenate([np.ones(min(1, len(ordered)), np.bool_), ordered[1:] != ordered[:-1]])]
    return once


def _places(ids: Ids, wanted: Ids) -> Places:
    """Return the places of those *wanted* that are in the sorted *ids*."""
    import numpy as np

    if not len(ids):
        return np.empty(0, np.int64)
    places = np.searchsorted(ids, wanted)
    found: Places = places[ids[np.minimum(places, len(ids) - 1)] == wanted]
    return found


def _best(products: Matrix, k: int) -> Places:
    """Return the places of the *k* largest, and of all that may equal the last of them; never of -inf."""
    import numpy as np

    if len(products) > k:
        # The k-th largest of the largest of each block is no larger than the k-th largest of all: only blocks whose
        # largest reaches it need be sorted out.
        whole = len(products) // _BLOCK * _BLOCK
        if whole // _BLOCK > k:
            tops = products[:whole].reshape(-1, _BLOCK).max(axis=1)
            blocks = np.flatnonzero(tops >= np.partition(tops, len(tops) - k)[len(tops) - k] - _EQUAL)
            inner = blocks[:, None] * _BLOCK + np.arange(_BLOCK)
            near = np.concatenate([inner.ravel(), np.arange(whole, len(products))])
        else:
            near = np.arange(len(products))
        values = products[near]
        cut = np.partition(values, len(values) - k)[len(values) - k]
        if cut > -np.inf:
            found: Places = near[values >= cut - _EQUAL]
            return found
    return np.flatnonzero(products > -np.inf)


def _answer(state: _State, chosen: Places, wanted: Matrix, spreads: list[Spread]) -> Nearest:
    """Return the entries at the places *chosen*, with similarities that do not depend on where a row lies."""
    import numpy as np

    ids, rows, at = [], [], 0
    for piece in state.pieces:
        end = at + len(piece.ids)
        mine = chosen if len(state.pieces) == 1 else chosen[(chosen >= at) & (chosen < end)] - at
        if len(mine):
            ids.append(piece.ids[mine])
            rows.append(piece.rows[mine])
        at = end
    if not ids:
        return Nearest(np.empty(0, np.int64), np.empty((len(wanted), 0)), spreads)
    all_ids, all_rows = (ids[0], rows[0]) if len(ids) == 1 else (np.concatenate(ids), np.concatenate(rows))
    exact = all_rows.astype(np.float64)
    similar = np.stack([_similarities(exact, query.astype(np.float64)) for query in wanted])
    if len(ids) > 1:
        order = np.argsort(all_ids)
        return Nearest(all_ids[order], similar[:, order], spreads)
    return Nearest(all_ids, similar, spreads)


def _similarities(rows: Any, query: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    similar: NDArray[np.float64] = np.einsum("ij,j->i", rows, query)
    return np.minimum(np.maximum(similar.round(_DIGITS), -1.0), 1.0)


# -- changing --------------------------------------------------------------------------------------------------------


def _state(mark: Mark, pieces: Sequence[_Piece]) -> _State:
    """Return a state of *pieces*, which nobody may write to from now on."""
    import numpy as np

    dead, at = [np.empty(0, np.int64)], 0
    for piece in pieces:
        for array in piece:
            array.flags.writeable = False
        if len(piece.dead):
            dead.append(piece.dead + at)
        at += len(piece.ids)
    return _State(mark, tuple(pieces), np.concatenate(dead))


def _piece(found: Rows) -> _Piece:
    """Return one row for each entry that has vectors in *found*."""
    import numpy as np

    none = np.empty(0, np.int64)
    about = found.parts == TEXT
    if about.all() and (np.diff(found.entry_ids) > 0).all():  # as they come from a catalog embedded in one go
        return _Piece(found.entry_ids, found.vectors, none)
    order = np.lexsort((found.parts, found.entry_ids))
    texts, examples = order[about[order]], order[~about[order]]
    ids = np.unique(found.entry_ids)
    rows = np.zeros((len(ids), found.vectors.shape[1]), np.float32)
    rows[np.searchsorted(ids, found.entry_ids[texts])] = found.vectors[texts]
    if len(examples):
        which, owners = np.unique(found.entry_ids[examples], return_inverse=True)
        places = np.searchsorted(ids, which)
        rows[places] = pulled(rows[places], found.vectors[examples], owners)
    return _Piece(ids, rows, none)


def _changed(state: _State, changes: Changes) -> _State:
    """Return the state after *changes*."""
    import numpy as np

    if not len(changes.touched):
        return _State(changes.mark, state.pieces, state.dead)
    pieces = []
    for old in state.pieces:
        piece = old._replace(dead=np.union1d(old.dead, _places(old.ids, changes.touched)))
        if len(piece.dead) < len(piece.ids):
            pieces.append(_joined([piece]) if 2 * len(piece.dead) > len(piece.ids) else piece)
    if len(changes.rows.entry_ids):
        pieces.append(_piece(changes.rows))
    # Each at least twice as large as the next, and one small one: there are few, and a row is copied seldom.
    while len(pieces) > 1 and len(pieces[-2].ids) < max(2 * len(pieces[-1].ids), _SMALL):
        pieces[-2:] = [_joined(pieces[-2:])]
    return _state(changes.mark, pieces)


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    """Return one piece of all rows that count."""
    import numpy as np

    ids, rows = [], []
    for piece in pieces:
        alive = np.ones(len(piece.ids), np.bool_)
        alive[piece.dead] = False
        ids.append(piece.ids[alive])
        rows.append(piece.rows[alive])
    all_ids = np.concatenate(ids)
    order = np.argsort(all_ids)
    return _Piece(all_ids[order], np.concatenate(rows)[order], np.empty(0, np.int64))


# -- the file --------------------------------------------------------------------------------------------------------


def file_beside(database: str, embedder: str) -> str:
    """Return the path of the file that keeps the rows of *embedder* for *database*."""
    return f"{database}-vectors-{sha256(embedder.encode()).hexdigest()[:12]}"


_PAGE = 4_096


def _save(path: str, embedder: str, state: _State, *, like: str) -> None:
    """Write the rows of *state* to *path*, whole or not at all; whoever may read the database may read them."""
    piece = state.pieces[0] if len(state.pieces) == 1 and not len(state.dead) else _joined(state.pieces)
    head = json.dumps(
        {
            "embedder": embedder,
            "form": [_FORM, TEMPLATE_VERSION],
            "mark": state.mark,
            "shape": piece.rows.shape,
            "sums": [_sum(piece.ids), _sum(piece.rows)],
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
            file.write(_bytes(piece.ids).data)
            file.write(b"\0" * (-piece.ids.nbytes % 64))
            file.write(_bytes(piece.rows).data)
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
        if about["embedder"] != embedder or about["form"] != [_FORM, TEMPLATE_VERSION]:
            return None
        count, width = about["shape"]
        ids = np.frombuffer(memory, "<i8", count, _PAGE)
        rows = np.frombuffer(memory, "<f4", count * width, _PAGE + ids.nbytes + -ids.nbytes % 64).reshape(count, width)
        if [_sum(ids), _sum(rows)] != about["sums"]:
            return None
        return _state(Mark(*about["mark"]), [_Piece(ids, rows, np.empty(0, np.int64))])
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
