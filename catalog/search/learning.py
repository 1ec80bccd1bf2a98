"""``Learning``: what a catalog records of use, and what its searches make of that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import Key
from catalog.errors import SearchError, SettingsError
from catalog.search.hit import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.entry.filters import Filters
    from catalog.settings import Settings
    from catalog.store.store import Store


MOST_CHARACTERS = 2_000
"""How much of a request is kept, where texts are."""

OFFERED_FOR = 600.0
"""Seconds within which taking a hit counts as taking it because of the search."""


class _Offer(NamedTuple):
    text: str
    keys: Collection[Key]
    until: float


class Learning:
    """Uses of one catalog: recorded, weighed, forgotten.

    Attributes:
        watching: whether taking a hit is recorded by itself.
    """

    def __init__(self, store: Store, settings: Settings, actor: Callable[[], str]) -> None:
        """Read nothing yet.

        Args:
            store: where uses are kept.
            settings: ``learn``, ``learn_text`` and ``clock``.
            actor: gives the name of who writes.
        """
        self._store = store
        self._settings = settings
        self._actor = actor
        self._mine = threading.local()
        self.watching = settings.learn == "auto"
        self._secret: tuple[Any, str | None] = (object(), None)

    # -- searching ---------------------------------------------------------------------------------------------------

    def search(
        self, snapshot: Any, text: str, filters: Filters, limit: int | None, find: Callable[[int | None], list[Hit]]
    ) -> list[Hit]:
        """Return the hits that *find* gives, ranked again if anything was taken after such a request.

        Args:
            snapshot: the tiers.
            text: a request, not blank.
            filters: what an entry must be to count.
            limit: how many at the most, from 1; None: all.
            find: gives so many hits, the best first.
        """
        by_key = self._evidence(snapshot.token, text)
        if not by_key:
            hits = find(limit)
        else:
            from catalog.search.use_boost import DEEPER, reranked  # not before anything was recorded

            def more(key: Key) -> Hit | None:
                if filters.kinds and key[0] not in filters.kinds:
                    return None
                entry = snapshot.entry(*key)
                return Hit(entry) if entry is not None and filters.passes(entry) else None

            hits = reranked(text, find(None if limit is None else limit + DEEPER), by_key, limit, more)
        if self.watching:
            self._offer(snapshot, text, hits)
        return hits

    def _evidence(self, token: Any, text: str) -> dict[Key, Any]:
        """Return what was recorded after requests like *text*, by entry; empty where nothing was.

        The key of the hashes comes and goes with a commit, which changes the *token* of the snapshot.
        """
        from catalog.store.use import hashed, key_of, uses  # not for those who look up names

        if self._secret[0] != token:
            self._secret = (token, key_of(self._store.reader))
        secret = self._secret[1]
        if secret is None:  # nothing was ever recorded
            return {}
        from catalog.search.use_boost import evidence, features

        # Requests are private: the database knows their features by a keyed hash only.
        asked = features(text)
        names = dict(zip(hashed(secret, asked), asked, strict=True))
        rows = uses(self._store.reader, list(names)) if names else []
        return evidence([(*names[use.query], use) for use in rows], self._settings.clock()) if rows else {}

    # -- recording ---------------------------------------------------------------------------------------------------

    def record(self, text: str, key: Key, *, success: bool = True) -> None:
        """Record that the entry *key* was taken after the request *text*, and whether it was right.

        Raises:
            SettingsError: learning is switched off.
            SearchError: the request is blank.
        """
        from catalog.search.use_boost import features  # full text: not for those who look up names

        settings = self._settings
        if settings.learn == "off":
            raise SettingsError(
                f"learning from use is switched off in {settings.file or 'the settings'}; "
                'set learn = "explicit" or "auto" there, or take the line out',
                file=str(settings.file) if settings.file else None,
                key="learn",
            )
        asked = features(text)
        if not asked:
            raise SearchError("there is nothing to learn from a blank request")
        with self._store.writing(actor=self._actor()) as transaction:
            transaction.record_use(
                asked,
                key,
                1.0 if success else -1.0,
                settings.clock(),
                _storable(text) if settings.learn_text else None,
            )

    def _offer(self, snapshot: Any, text: str, hits: Sequence[Hit]) -> None:
        """Remember what this thread was offered.

        A lookup that finds its object in ``snapshot.live`` is the fastest, and does not call :meth:`took`. So the
        objects of all hits are taken out of there: the next lookup of each goes the longer way, which calls it.
        """
        keys = frozenset((hit.kind, hit.name) for hit in hits)
        self._mine.offer = _Offer(text, keys, self._settings.clock() + OFFERED_FOR)
        for key in keys:
            snapshot.live.pop(key, None)

    def took(self, key: Key) -> None:
        """Record that the entry *key* was taken, if it is the first hit of its last search that this thread takes.

        A program that goes through all hits prefers none of them, so no second hit counts.

        Raises:
            StoreError: the use can't be written.
        """
        offer: _Offer | None = getattr(self._mine, "offer", None)
        if offer is None or key not in offer.keys:
            return
        self._mine.offer = None
        if self._settings.clock() <= offer.until and not self._store.read_only:
            self.record(offer.text, key)

    def forget(self, key: Key | None) -> int:
        """Forget the uses of the entry *key*, or of all entries (None); return how many rows were deleted."""
        with self._store.writing(actor=self._actor()) as transaction:
            return transaction.forget_uses(key)


def _storable(text: str) -> str:
    """Return the beginning of a request as every database takes it: without halves of characters and NUL."""
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", "?")
