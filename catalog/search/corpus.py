"""``Corpus``: the entries of one state of the catalog, and what full-text searches have found out about their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalog.entry.languages import LANGUAGES, marker
from catalog.entry.states import DEPRECATED, is_deprecated
from catalog.entry.words import facet
from catalog.store.fulltext import COMPLETIONS, FREQUENCY, keys, mean_length, postings
from catalog.store.mapping import words_of
from catalog.store.queries import KINDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.entry.entry import Entry
    from catalog.entry.key import Key
    from catalog.store.reader import Reader

    Postings = tuple[NDArray[np.int64], NDArray[np.float64]]

KEPT_ROWS = 1 << 20
"""Rows of words that are remembered with their scores, 16 MB."""

_KEPT_WORDS = 1 << 16  # words whose frequency is remembered
_WORD = 64  # rows that take as much memory as a remembered word without any


class Corpus:
    """The entries of one state of the catalog, and what full-text searches have found out about their words.

    Attributes:
        reader: the persistent tier.
        total: number of its entries.
        overlay: entries of the other tiers that win or stand alone.
        hidden: keys of the persistent tier that another tier wins over.
        searches: how many have asked for a ranking so far.
        remembered: ids and scores by word, as :meth:`postings` gives them.
    """

    def __init__(
        self, reader: Reader, total: int, overlay: Sequence[Entry], hidden: frozenset[tuple[str, str]]
    ) -> None:
        """Look at nothing yet; what a search asks for is remembered for the next."""
        self.reader = reader
        self.total = total
        self.overlay = overlay
        self.hidden = hidden
        self.searches = 0
        self._frequencies: dict[str, int] = {}
        self.remembered: dict[str, Postings] = {}
        self._rows = 0
        self._completions: dict[str, list[str]] = {}
        self._average = 0.0
        self._kinds: list[str] | None = None
        self._languages: list[str] | None = None
        self._deprecated: frozenset[Key] | None = None
        self._overlay_documents: list[tuple[str, ...]] | None = None

    def frequency(self, word: str) -> int:
        """Return how many persistent entries have *word*."""
        count = self._frequencies.get(word)
        if count is None:
            if len(self._frequencies) > _KEPT_WORDS:  # the words of requests have no end
                self._frequencies.clear()
                self._completions.clear()
            row = self.reader.one(FREQUENCY, (word,))
            count = self._frequencies[word] = row[0] if row else 0
        return count

    def postings(self, word: str) -> Postings:
        """Return the ids of the persistent entries that have *word*, in order, and what it adds to the BM25 of each."""
        known = self.remembered.get(word)
        if known is None:
            import numpy as np

            rows = postings(self.reader, quoted(word))
            if self._rows > KEPT_ROWS:
                self.remembered, self._rows = {}, 0
            ids, scores = zip(*rows, strict=True) if rows else ((), ())
            known = self.remembered[word] = np.array(ids, np.int64), np.array(scores, np.float64)
            self._rows += len(rows) + _WORD
        return known

    def completions(self, word: str) -> list[str]:
        """Return the most common words of persistent entries that begin with *word*."""
        longer = self._completions.get(word)
        if longer is None:
            longer = [
                row[0] for row in self.reader.all(COMPLETIONS, (word, word + "\U0010ffff")) if type(row[0]) is str
            ]
            self._completions[word] = longer
        return longer

    @property
    def kinds(self) -> list[str]:
        """The kinds of the persistent entries."""
        if self._kinds is None:
            self._kinds = [row[0] for row in self.reader.all(KINDS) if type(row[0]) is str]
        return self._kinds

    @property
    def average_length(self) -> float:
        """Mean number of words of a persistent entry."""
        if not self._average:
            self._average = mean_length(self.reader)
        return self._average

    # Not a cached_property: that of Python 3.11 holds a lock of the class, which a fork in another thread leaves held.
    @property
    def languages(self) -> list[str]:
        """Those languages besides English that entries are described in."""
        if self._languages is None:
            self._languages = [language for language in LANGUAGES if self.has(marker(language))]
        return self._languages

    @property
    def deprecated(self) -> frozenset[Key]:
        """The keys of the deprecated entries of all tiers; the index knows those of the database."""
        if self._deprecated is None:
            word = facet("s", DEPRECATED)
            rows = keys(self.reader, quoted(word)) if self.frequency(word) else []
            over = [(entry.kind, entry.name) for entry in self.overlay if is_deprecated(entry.metadata)]
            self._deprecated = frozenset([*({(kind, name) for kind, name in rows} - set(self.hidden)), *over])
        return self._deprecated

    def has(self, word: str) -> bool:
        """Tell whether an entry of any tier has *word*."""
        return bool(self.frequency(word)) or any(
            word in text.split() for document in self.overlay_documents() for text in document
        )

    def overlay_documents(self) -> list[tuple[str, ...]]:
        """Return the words of the overlay's entries, field by field."""
        if self._overlay_documents is None:
            self._overlay_documents = [words_of(entry) for entry in self.overlay]
        return self._overlay_documents


def quoted(word: str) -> str:
    """Return a word as a part of a full-text expression."""
    return '"' + word.replace('"', '""') + '"'
