"""Searching: by words, by meaning, by both; and what is near to an entry."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from heapq import merge
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from catalog.entry.key import Key, split_key
from catalog.entry.kinds import SEARCH_MODES
from catalog.entry.request import Request, request_text
from catalog.errors import CatalogWarning, EmbedderError, InvalidFilterError
from catalog.store import queries
from catalog.workspace.snapshot import Snapshot
from catalog.workspace.workspace import Workspace, index_versions

if TYPE_CHECKING:
    from catalog.entry.filters import Filters
    from catalog.search.hit import Hit

_ATTEMPTS = 8
"""How often a search is made again because something changed under it."""


def search(ws: Workspace, request: Request, filters: Filters, limit: int | None, mode: str) -> list[Hit]:
    """Return the entries that pass *filters* and match *request*; see :meth:`catalog.Catalog.search`."""
    from catalog.search.find import find  # full text: not for those who look up names
    from catalog.search.hit import Hits

    text = request if isinstance(request, str) else request_text(request)
    if text is None:
        raise InvalidFilterError(f"text={request!r:.200}: give a request as text, or as a chat", text=repr(request))
    _check_limit(limit)
    if mode not in SEARCH_MODES:
        raise InvalidFilterError(f"mode={mode!r}: choose one of {', '.join(SEARCH_MODES)}", mode=mode)
    reader, embedding = ws.store.reader, ws.embedding
    learning = None if ws.settings.learn == "off" else ws.learning

    def ask(snapshot: Snapshot, mode: str = mode) -> list[Hit]:
        searching = partial(embedding.searching, snapshot)
        return find(snapshot, reader, text, filters, limit, mode, searching, learning)

    if not text.strip():
        return Hits(ask(ws.snapshot()))
    if mode == "auto" and embedding.rests:
        return _answer(ws, ask(ws.indexed(), "lexical"))
    begin = time.monotonic()
    try:
        hits, moved = _search_until_stable(ws, ask)
    except EmbedderError as error:
        if mode != "auto":
            raise
        embedding.rest(error, time.monotonic() - begin)
        warnings.warn(f"searching by words only: {error}", CatalogWarning, stacklevel=3)
        return _answer(ws, ask(ws.indexed(), "lexical"))
    if moved and mode == "semantic":
        return _answer(ws, [hit for hit in hits if (hit.kind, hit.name) not in moved])
    return _answer(ws, ask(ws.indexed(), "lexical") if moved else hits)


def _answer(ws: Workspace, hits: list[Hit]) -> list[Hit]:
    """Return *hits* whose reasons come from the words in the index, where those are of this version of the program."""
    from catalog.search.hit import Hits

    answer = Hits(hits)
    return answer.together(ws.store.reader) if ws.current.versions == index_versions() else answer


def listed(ws: Workspace, filters: Filters, order: str, after: str | None = None) -> Iterator[Hit]:
    """Yield what passes *filters*, as it is read; see :meth:`catalog.Catalog.listed`."""
    from catalog.search.hit import Hit

    if order not in queries.ORDERS:
        raise InvalidFilterError(f"order={order!r}: choose one of {', '.join(queries.ORDERS)}", order=order)
    if after is not None and order == "updated":
        raise InvalidFilterError("after: entries by time have no place to go on from; list them by key", order=order)
    behind = None if after is None else split_key(after)
    snapshot, reader = ws.snapshot(), ws.store.reader
    rows = queries.listed(reader, filters, order, behind)
    stored = (Hit(row, 0.0, None, reader) for row in rows if (row[0], row[1]) not in snapshot.hidden)
    over = [Hit(entry) for entry in snapshot.overlay if filters.passes(entry)]
    if order == "updated":  # what is not stored has no such time
        return chain(stored, sorted(over, key=lambda hit: (hit.kind, hit.name)))
    by = attrgetter("kind", "name") if order == "key" else attrgetter("name", "kind")
    if behind is not None:
        last = behind if order == "key" else behind[::-1]
        over = [hit for hit in over if by(hit) > last]
    return merge(stored, sorted(over, key=by), key=by)


def _search_until_stable(
    ws: Workspace, ask: Callable[[Snapshot], list[Hit]], *about: Key
) -> tuple[list[Hit], set[Key]]:
    """Return what *ask* finds while nothing of it changes, and the keys that did, where they never stood still.

    A search reads vectors first and the entries it found last. What another process changes in between would be
    found by the vector of its old text and shown with the new one; then the search is made again.
    """
    reader = ws.store.reader
    moved: set[Key] = set()
    hits: list[Hit] = []
    for _ in range(_ATTEMPTS):
        snapshot = ws.indexed()
        before = snapshot.token
        hits = ask(snapshot)
        if ws.token() == before:
            return hits, set()
        moved = {(row[0], row[1]) for row in reader.all(queries.CHANGED, (snapshot.generation,))}
        if moved.isdisjoint({*about, *((hit.kind, hit.name) for hit in hits)}):
            return hits, set()
    return hits, moved


def similar(ws: Workspace, kind: str, name: str, limit: int | None, floor: float | None) -> list[Hit]:
    """Return the entries nearest in meaning to an entry; see :meth:`catalog.Catalog.similar`."""
    from catalog.search.hit import Hits
    from catalog.search.semantic import nearest  # numpy

    _check_limit(limit)
    if floor is not None and not isinstance(floor, (int, float)):
        raise InvalidFilterError(f"floor={floor!r}: give a number from -1 to 1, or None", floor=repr(floor))

    def ask(snapshot: Snapshot) -> list[Hit]:
        if snapshot.entry(kind, name) is None:
            raise ws.not_found(snapshot, kind, name)
        meanings = ws.embedding.searching(snapshot, optional=False)
        assert meanings is not None
        corpus = snapshot.corpus()
        least = meanings.floor(corpus) if floor is None else floor
        return [hit for hit in nearest(corpus, meanings, kind, name, limit) if hit.score >= least]

    hits, moved = _search_until_stable(ws, ask, (kind, name))
    return Hits(hit for hit in hits if moved.isdisjoint(((kind, name), (hit.kind, hit.name))))


def _check_limit(limit: int | None) -> None:
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise InvalidFilterError(f"limit={limit!r}: give a number from 0, or None for all", limit=limit)
