"""The vectors of candidates, made from the texts they have now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.embedders.described import encode_parts
from catalog.entry.embedding_text import text_hash, texts_of
from catalog.errors import SearchError, StrategyError
from catalog.store.queries import ids_of
from catalog.store.vectors import of_entries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.embedders.base import Embedder
    from catalog.routing.pool import Pool


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of the candidates of a pool, a row each: candidate by candidate, text before examples.

    Attributes:
        embedder: the embedder that made them, and that embeds prompts.
        rows: (rows, width) float32, of length 1.
        owners: (rows,) int64: the place of the candidate in the pool.
        parts: (rows,) int64: 0 for the text about the candidate, from 1 for its examples.
        hashes: the hash of the text of each row; a calibration holds as long as they are the same.
        texts: the text of each row.
        missing: the places of candidates that have no vector at all.
        complete: whether every text has a vector.
    """

    embedder: Embedder
    rows: NDArray[np.float32]
    owners: NDArray[np.int64]
    parts: NDArray[np.int64]
    hashes: tuple[str, ...]
    texts: tuple[str, ...]
    missing: tuple[int, ...]
    complete: bool


def of_pool(pool: Pool) -> Vectors:
    """Return the vectors of *pool*, from the database where they are fresh.

    A text without a fresh vector is embedded here if that is cheap; otherwise it is left out until ``catalog embed
    update``. So a cheap embedder counts from the moment it is configured; before any other counts, its vectors must be
    made, and until then the embedder used before goes on, as it does in searches.

    Raises:
        StrategyError: the catalog has no embedder, or the embedder can't be loaded.
        MissingExtraError: a package that the embedder needs is not installed.
    """
    catalog = pool.catalog
    try:
        snapshot = catalog.workspace.indexed()
        service = catalog.workspace.embedding
        state = None if service.at_once else service.searching(snapshot, optional=False)
        embedder = service.embedder() if state is None else state.embedder
    except SearchError as error:
        raise StrategyError(str(error), strategy="embedding") from error
    vectors: Vectors | None = pool.memo.get("vectors")
    if vectors is None or not vectors.complete or vectors.embedder is not embedder:
        vectors = pool.memo["vectors"] = read_vectors(pool, embedder)
    return vectors


def read_vectors(pool: Pool, embedder: Embedder) -> Vectors:
    """Return the vectors of *pool* by *embedder*, read from the database and made where they lack and that is cheap."""
    import numpy as np

    catalog, reader = pool.catalog, pool.catalog.workspace.store.reader
    texts_by_entry = [texts_of(entry) for entry in pool.entries]
    stored = [entry.tier == "persistent" for entry in pool.entries]
    ids = ids_of(reader, [(entry.kind, entry.name) for entry in pool.entries if entry.tier == "persistent"])
    known = of_entries(reader, embedder.name, list(ids.values()))
    vectors: list[NDArray[np.float32] | None] = []
    owners, numbers, hashes, texts = [], [], [], []
    for owner, (entry, lines) in enumerate(zip(pool.entries, texts_by_entry, strict=True)):
        id_ = ids.get((entry.kind, entry.name), -1) if stored[owner] else -1
        for part, text in enumerate(lines):
            hashed = text_hash(text)
            owners.append(owner)
            numbers.append(part)
            hashes.append(hashed)
            texts.append(text)
            vectors.append(known.get((id_, hashed)))
    lacking = [place for place, vector in enumerate(vectors) if vector is None]
    cheap = catalog.workspace.embedding.at_once
    width = embedder.width
    rows = np.zeros((len(vectors), width), np.float32)
    for place, vector in enumerate(vectors):
        if vector is not None and len(vector) == width:
            rows[place] = vector
    runtime = [place for place in lacking if not stored[owners[place]]]  # nowhere to keep them
    wanted = lacking if cheap else runtime
    if wanted:
        rows[wanted] = encode_parts(embedder, [texts[place] for place in wanted], [numbers[place] for place in wanted])
    kept = np.flatnonzero(rows.any(axis=1))
    own = np.array(owners, np.int64)[kept]
    return Vectors(
        embedder,
        rows if len(kept) == len(rows) else rows[kept],
        own,
        np.array(numbers, np.int64)[kept],
        tuple(hashes[place] for place in kept.tolist()),
        tuple(texts[place] for place in kept.tolist()),
        tuple(sorted(set(range(len(pool.entries))) - set(own.tolist()))),
        len(wanted) == len(lacking),
    )
