"""``EmbeddingService``: the embedder of a catalog, and keeping the vectors of its entries up to date."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from catalog.embedders.choose import DEFAULT, choose, own
from catalog.errors import CatalogError, CatalogWarning, EmbedderError, SearchError

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder
    from catalog.embedders.openai import Estimate
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Filters
    from catalog.search.arrays import Ids
    from catalog.search.semantic import SemanticState
    from catalog.search.vector_index import VectorIndex
    from catalog.store.store import Store
    from catalog.store.vectors import Pending, Status
    from catalog.store.writer import Transaction
    from catalog.workspace.imported_vectors import ImportedVectors
    from catalog.workspace.snapshot import Snapshot

Progress = Callable[[int, int], None]
OFF = "none"
"""The embedder of a catalog that searches by words only."""

LOCAL = ("wordllama", "minilm", "hash")
"""The embedders that are taken on the word of a database: they are installed, and ask nobody."""

REST = 30.0
"""Seconds for which an embedder that failed is not asked by searches that can do without: nobody waits for it twice."""

REFUSED = (400, 413, 422)
"""What a server answers to one request that it can't embed."""

SOON = 1.0
"""Seconds after which a failure is one that nobody should wait for again."""

BATCH = 1_000
"""Texts that are embedded and stored together; what a crash can lose."""


class EmbeddingService:
    """The embedder of one catalog.

    Vectors are made at once where that is cheap (the default embedder, ``hash``), and by ``embed update`` where it
    costs time or money. An entry without a fresh vector takes part in searches by its words.
    """

    def __init__(
        self,
        store: Store,
        embedder: str | Embedder | Callable[[], Embedder] | None,
        follow: Callable[[str], object],
    ) -> None:
        """Know the *embedder*: itself, what makes it, or its name (None: the default), by which it is loaded late.

        *follow* imports the object that a name refers to, if that is trusted.
        """
        self._follow = follow
        self.store = store
        self.mine: Embedder | Callable[[], Embedder] | None = None
        self.given: str | None = None
        if embedder is None or isinstance(embedder, str):
            self.given = embedder or DEFAULT
            self.at_once = self.given == DEFAULT or self.given.partition(":")[0] == "hash"
        else:
            self.mine = embedder
            self.at_once = bool(getattr(embedder, "at_once", False))
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._failed = False
        self._complete = False
        self.indexes: dict[str, VectorIndex] = {}
        self._requests: dict[str, Embedder] = {}
        self._overlays: dict[str, dict[tuple[int, str], Any]] = {}
        self.rests_until = 0.0
        self.counted: Callable[[Filters], Ids | None] | None = None

    @property
    def _recorded(self) -> str | None:
        """The word the embedder is chosen by, as the database may keep it: without a password."""
        if self.given is None or "@" not in self.given:
            return self.given
        from catalog.embedders.secret import without_login  # only where a server is named

        return without_login(self.given)

    def embedder(self) -> Embedder:
        """Return the embedder.

        Raises:
            SearchError: the catalog has none.
            EmbedderError: there is none of that name, or it can't be loaded.
            MissingExtraError: what it needs is not installed.
        """
        if self.given == OFF:
            raise SearchError("this catalog has no embedder: it is configured as 'none'")
        with self._lock:
            if self._embedder is None:
                self._embedder = own(self.mine) if self.given is None else choose(self.given, load=self._follow)
            return self._embedder

    def renew_lock(self) -> None:
        """Give a child process a lock that no thread it does not have may hold."""
        self._lock = threading.Lock()

    def ready(self) -> Embedder | None:
        """Return the embedder, or None after one clear warning where it can't be had: words still find entries."""
        if self._failed or self.given == OFF:
            return None
        try:
            return self.embedder()
        except CatalogError as error:
            self._failed = True
            warnings.warn(f"searching by words only: {error}", CatalogWarning, stacklevel=4)
            return None

    @property
    def rests(self) -> bool:
        """Whether the embedder has just failed: searches go by words for a while."""
        return time.monotonic() < self.rests_until

    def rest(self, error: EmbedderError, seconds: float) -> None:
        """Note that the embedder has failed with *error* after so many *seconds*.

        It is left alone for a while if others would wait as long, or a server is in need of that. Where it refuses one
        request at once (too long, say), the next may be answered.
        """
        status = error.facts.get("status", error.facts.get("attempts"))
        if status not in REFUSED and (status is not None or seconds > SOON):
            self.rests_until = time.monotonic() + REST

    def searching(self, snapshot: Snapshot, optional: bool) -> SemanticState | None:
        """Return what searches of one state of the catalog go by; None if there is nothing and that is *optional*.

        While the vectors of a new embedder are being made, the one that was complete before goes on answering.

        Raises:
            SearchError, MissingExtraError: the embedder can't be had, and it is not *optional*.
        """
        if snapshot.meanings is None:
            if self.given == OFF and optional:
                return None
            from catalog.search.semantic import SemanticState

            embedder = self.ready() if optional else self.embedder()
            if embedder is None:
                return None
            embedder = self._complete_one(embedder)
            index = self.indexes.get(embedder.name)
            if index is None:
                index = self.indexes.setdefault(embedder.name, self._index_of(embedder.name))
            if embedder.name not in self._requests:
                hurried = getattr(embedder, "for_requests", None)
                self._requests[embedder.name] = embedder if hurried is None else hurried()
            kept = self._overlays.setdefault(embedder.name, {})
            local = not hasattr(embedder, "for_requests")
            snapshot.meanings = SemanticState(
                self._requests[embedder.name], index, snapshot.generation, kept, local, self.counted
            )
        return snapshot.meanings

    def release_memory(self, unused_for: float) -> None:
        """Hold no memory for vectors in files that nothing has looked at for *unused_for* seconds."""
        for index in list(self.indexes.values()):
            index.release_memory(unused_for)

    def _index_of(self, name: str) -> VectorIndex:
        from catalog.search.shared_index import SharedIndex
        from catalog.search.vector_index import VectorIndex
        from catalog.store.nearby import wish

        reader = self.store.reader
        wanted = wish(reader)
        return SharedIndex(reader, name, wanted) if wanted else VectorIndex(reader, name)

    def _complete_one(self, mine: Embedder) -> Embedder:
        """Return *mine*, or, if it never was complete, one that was and has more vectors; the last such first."""
        from catalog.store.vectors import amount, embedders

        reader = self.store.reader
        complete = [known for known in embedders(reader) if known.complete is not None]
        if not complete or any(known.name == mine.name for known in complete):
            return mine
        least = amount(reader, mine.name)
        for known in complete:
            given = known.given or ""
            # A database may be another person's: it must say neither what is imported here nor where requests are sent.
            if given.partition(":")[0] not in LOCAL or amount(reader, known.name) <= least:
                continue
            try:
                other = choose(given)
            except CatalogError:
                continue
            if other.name == known.name:
                return other
        return mine

    def keep(self, transaction: Transaction, entries: Sequence[tuple[int, Entry]]) -> None:
        """Embed what *entries* say, in the transaction that stored them under these ids; only where that is cheap."""
        from catalog.embedders.described import encode_parts
        from catalog.entry.embedding_text import text_hash, texts_of
        from catalog.store import vectors

        embedder = self.ready() if self.at_once and entries else None
        if embedder is None:
            return
        said = [(id_, part, text) for id_, entry in entries for part, text in enumerate(texts_of(entry))]
        for start in range(0, len(said), BATCH):
            batch = said[start : start + BATCH]
            made = vectors.pack(encode_parts(embedder, [text for _, _, text in batch], [part for _, part, _ in batch]))
            transaction.put_vectors(
                embedder.name,
                embedder.width,
                [(id_, part, text_hash(text), one) for (id_, part, text), one in zip(batch, made, strict=True)],
                given=self._recorded,
                counted=False,
            )
        if not self._complete:  # a look at every text: only until it has been so once
            self._complete = transaction.complete(embedder.name)

    def take(self, transaction: Transaction, brought: Sequence[ImportedVectors]) -> None:
        """Store the vectors that imported lines bring, in the transaction that stored their entries.

        Those of this embedder count, and those of others that have vectors here already; the rest is left out, with
        one warning. So is what is not of the text that is stored.

        Raises:
            InvalidEntryError: a vector has another width, or numbers that are not finite.
        """
        from catalog.store import vectors

        mine, names = self.ready(), {name for one in brought for name in one.vectors}
        widths = {known.name: known.width for known in vectors.embedders(self.store.reader)}
        if mine is not None and mine.name in names - set(widths):
            widths[mine.name] = mine.width  # a server may have to be asked
        ids = {key: id_ for key, (id_, _) in transaction.existing({(one.kind, one.name) for one in brought}).items()}
        given = sum(row is not None for one in brought for rows in one.vectors.values() for row in rows)
        foreign = sorted(names - set(widths))
        left = given - sum(row is not None for one in brought for name in foreign for row in one.vectors.get(name, ()))
        for name, width in widths.items():
            rows = [
                (ids[one.kind, one.name], part, hashed, vector)
                for one in brought
                if name in one.vectors
                for part, (hashed, vector) in enumerate(zip(one.hashes, one.packed(name, width), strict=True))
                if vector is not None
            ]
            if rows:
                ours = mine is not None and mine.name == name
                left -= transaction.put_vectors(name, width, rows, given=self._recorded if ours else None)
                transaction.complete(name)
        if foreign:
            known = dict.fromkeys([*([mine.name] if mine is not None else []), *widths])
            warnings.warn(
                f"the vectors of {', '.join(map(repr, foreign))} are left out; this catalog knows "
                f"{', '.join(map(repr, known)) or 'no embedder'}",
                CatalogWarning,
                stacklevel=4,
            )
        if left > 0:
            warnings.warn(
                f"{left} vectors are left out: not of the texts that are stored", CatalogWarning, stacklevel=4
            )

    def vectors_of(self, entry: Entry) -> dict[str, list[list[float] | None]]:
        """Return the fresh vectors of a persistent *entry* by embedder, as an imported line may bring them."""
        from catalog.entry.embedding_text import hashes
        from catalog.store.queries import id_of
        from catalog.store.vectors import embedders, of_entry

        id_ = id_of(self.store.reader, entry.kind, entry.name)
        found: dict[str, list[list[float] | None]] = {}
        for known in embedders(self.store.reader) if id_ is not None else ():
            rows = of_entry(self.store.reader, known.name, id_) if id_ is not None else {}
            if rows:
                # Nine digits tell one float32 from all others.
                said = [rows.get(hashed) for hashed in hashes(entry)]
                found[known.name] = [None if row is None else [float(f"{x:.9g}") for x in row] for row in said]
        return found

    def update(self, *, actor: str, progress: Progress | None = None) -> int:
        """Embed every text that lacks a fresh vector, a batch at a time; return how many were stored.

        What is stored stays if this is interrupted, and the next call goes on from there.
        """
        from catalog.embedders.described import encode_parts
        from catalog.store import vectors

        embedder = self.embedder()
        damaged = vectors.damaged(self.store.reader, embedder.name)
        if damaged:
            with self.store.writing(actor=actor) as transaction:
                transaction.drop_vectors(embedder.name, damaged)
        counts = vectors.status(self.store.reader, embedder.name)[embedder.name]
        todo, done, stored = counts.stale + counts.missing, 0, 0
        for batch, is_last in self._pending(embedder.name):
            texts, places = [one.text for one in batch], [one.part for one in batch]
            packed = vectors.pack(encode_parts(embedder, texts, places)) if batch else []
            with self.store.writing(actor=actor) as transaction:
                rows = [(one.entry_id, one.part, one.hash, made) for one, made in zip(batch, packed, strict=True)]
                if rows:  # a server would be asked for its width
                    stored += transaction.put_vectors(embedder.name, embedder.width, rows, given=self._recorded)
                if is_last:
                    transaction.complete(embedder.name)
            done += len(batch)
            if progress is not None:
                progress(done, max(todo, done))
        return stored

    def estimate(self) -> Estimate | None:
        """Return what an update would send to a server now; None for an embedder that sends nothing anywhere."""
        from catalog.embedders.described import encoded

        embedder = self.embedder()
        estimate: Callable[[Sequence[str]], Estimate] | None = getattr(embedder, "estimate", None)
        if estimate is None:
            return None
        total = estimate([])
        for batch, _ in self._pending(embedder.name):
            total += estimate(encoded([one.text for one in batch], [one.part for one in batch])[0])
        return total

    def _pending(self, name: str) -> Iterator[tuple[list[Pending], bool]]:
        """Yield batches of what lacks a fresh vector, each with whether it is the last; the last may be empty."""
        from catalog.store import vectors

        after: tuple[int, int] | None = (-1, 0)
        while after is not None:
            batch, after = vectors.pending(self.store.reader, name, after, BATCH)
            yield batch, after is None

    def status(self) -> dict[str, Status]:
        """Return fresh, stale and missing vectors of every embedder that has any, and of this one."""
        from catalog.store import vectors

        found = vectors.status(self.store.reader)
        embedder = self.ready()
        if embedder is not None and embedder.name not in found:
            found |= vectors.status(self.store.reader, embedder.name)
        return found
