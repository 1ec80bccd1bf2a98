"""Full-text search whose cost does not grow with how common the words are.

FTS5 scores every row that has any of the words: a request with "get" or "file" in it makes it score half the catalog.
So rare words find the candidates, which FTS5 ranks; common ones only help to order the best of those. Where all words
are common, candidates are taken from the most promising places first (all words in the name, all words anywhere, any
word in the name, ...), a bounded number from each, and ranked here by the same formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.entry.languages import LANGUAGES, MARK, is_english, marker, stems_of
from catalog.entry.states import DEPRECATED, is_deprecated
from catalog.entry.words import MOST_CHARACTERS, facet, small_words, stem, words
from catalog.search.bm25 import bm25, idf
from catalog.search.exact import exact_first
from catalog.search.hit import Hit, matched
from catalog.store.fulltext import (
    COMPLETIONS,
    FREQUENCY,
    WEIGHTS,
    candidates,
    documents,
    keys,
    listed,
    mean_length,
    postings,
    rank,
)
from catalog.store.mapping import words_of
from catalog.store.queries import KINDS, by_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.entry.entry import Entry
    from catalog.entry.key import Key
    from catalog.store.reader import Reader

    Postings = tuple[NDArray[np.int64], NDArray[np.float64]]

Reason = Callable[[Hit], dict[str, Any]]

SMALL = 4_000
"""A catalog with fewer entries is ranked by all words: scoring every row of it costs nothing worth avoiding."""

MOST_WORDS = 64
"""How many different words of a request count."""

MOST_COMPLETED = 3
"""A request of more words is a sentence: its unknown words stand for themselves only."""

KEPT_ROWS = 1 << 20
"""Rows of words that are remembered with their scores, 16 MB."""

_WORTH_RANKING = 150  # rows that FTS5 ranks as fast as the candidates of a few places are looked at here
_KEPT_WORDS = 1 << 16  # words whose frequency is remembered
_WORD = 64  # rows that take as much memory as a remembered word without any
_POOL = 20  # of the rows that rare words rank best, how many the common words may reorder
_FEW = 60  # candidates of common words that are worth looking at
_TIER = 10  # candidates taken from one place where all words are common, beyond those asked for


def budget(total: int) -> int:
    """Return how many rows FTS5 may score in a catalog of *total* entries."""
    return total if total <= SMALL else min(3 * total // 10, 3_000 + total // 50)


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

            rows = postings(self.reader, _quoted(word))
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
            rows = keys(self.reader, _quoted(word)) if self.frequency(word) else []
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


@lru_cache(maxsize=1 << 10)
def request_words(text: str) -> tuple[str, ...]:
    """Return the different words of a request, without the small ones unless there are no others."""
    every = list(dict.fromkeys(words(text, whole=True)))
    telling = [word for word in every if word not in small_words()]
    return tuple(telling or every)[:MOST_WORDS]


def asked_words(corpus: Corpus, text: str) -> tuple[str, ...]:
    """Return the words to look for: those of the request, and what completes those that no entry has."""
    # Cut before it is a key of the cache, which would keep a thousand texts of any length.
    text = text[:MOST_CHARACTERS]
    return (*_completed(corpus, request_words(text)), *_elsewhere(corpus, text))


def _elsewhere(corpus: Corpus, text: str) -> list[str]:
    """Return the stems of a request in the other languages the catalog has texts in, as far as entries have them."""
    if not corpus.languages or is_english(text):
        return []
    stems = dict.fromkeys(word for language in corpus.languages for word in stems_of(text, language, stem))
    return [word for word in list(stems)[:MOST_WORDS] if corpus.has(word)]


def search(corpus: Corpus, text: str, filters: Filters, limit: int) -> list[Hit]:
    """Return the entries that have a word of *text* or are called so, best first; equal scores go by key.

    Args:
        corpus: where to look.
        text: anything a person may type.
        filters: which entries count at all.
        limit: how many at the most, ≥ 0.
    """
    if limit <= 0:
        return []
    wanted = request_words(text[:MOST_CHARACTERS])
    asked = asked_words(corpus, text)
    # The words as typed too: a word of the overlay alone may be the beginning of one the database has.
    both = tuple(dict.fromkeys((*asked, *wanted)))
    reason = reason_of(both)
    hits, complete = _ranked(corpus, list(asked), filters, limit + len(corpus.hidden), reason)
    if corpus.hidden:
        hits = [hit for hit in hits if (hit.kind, hit.name) not in corpus.hidden]
    if corpus.overlay:
        hits += _overlay_hits(corpus, both, filters, reason)
    hits.sort(key=_order)
    return exact_first(corpus, text.strip(), filters, hits, reason, complete=complete)[:limit]


def _order(hit: Hit) -> tuple[float, str, str]:
    return -hit.score, hit.kind, hit.name


def _completed(corpus: Corpus, wanted: Sequence[str]) -> dict[str, str]:
    """Return the words to look for and the word of the request each stands for.

    A word that no entry has stands for those that begin with it, in a request of a few words: people type ``scat`` and
    mean scatter, but in a sentence an unknown word is a word, and what begins like it is chance.
    """
    asked: dict[str, str] = {}
    for word in wanted:
        if len(wanted) > MOST_COMPLETED or len(word) < 3 or corpus.frequency(word):
            asked[word] = word
        else:
            for longer in corpus.completions(word):
                asked.setdefault(longer, word)
    return asked


def _parted(corpus: Corpus, wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return those of the *wanted* words that are rare enough to find candidates, and the common ones, rarest first."""
    if corpus.total <= SMALL:  # without a look at each word: FTS5 takes one that no entry has for what it is
        return sorted(wanted), []
    counts = {word: corpus.frequency(word) for word in wanted}
    by_rarity = sorted((word for word, count in counts.items() if count), key=lambda word: (counts[word], word))
    allowed = budget(corpus.total)
    # FTS5 scores every row that has any of the words, so the sum of their frequencies is what a request costs.
    for place, word in enumerate(by_rarity):
        allowed -= counts[word]
        if allowed < 0 or counts[word] > corpus.total // 10:
            return by_rarity[:place], by_rarity[place:]
    return by_rarity, []


def _ranked(corpus: Corpus, wanted: list[str], filters: Filters, limit: int, reason: Reason) -> tuple[list[Hit], bool]:
    """Return hits of the persistent tier, unsorted, and whether they are all there are."""
    rare, common = _parted(corpus, wanted)
    if not (rare or common):
        return [], bool(wanted)  # a request without words, as an emoji, may still be a name
    if not common:
        return _best(corpus, rare, filters, limit, reason)
    scores = _rescored(corpus, rare, common, filters, limit, limit)
    rows = by_ids(corpus.reader, [id_ for id_, _ in scores])
    return [Hit(rows[id_], score, reason, corpus.reader) for id_, score in scores if id_ in rows], False


def _expected(corpus: Corpus, wanted: Sequence[str]) -> float:
    """Return how many entries would have all the *wanted* words if words came independently of each other."""
    return corpus.total * math.prod(corpus.frequency(word) / corpus.total for word in wanted)


def _rank(corpus: Corpus, wanted: Sequence[str], filters: Filters, limit: int) -> list[tuple[int, float]]:
    """Return id and BM25 of the *limit* best entries that have any of the words, as the database would rank them.

    BM25 is a sum over words. What a word adds to each entry is asked for once, as requests have many words in common,
    and it is added up here in the order FTS5 adds it up: the same numbers as
    :func:`catalog.store.fulltext.rank` gives. The first search of a state asks FTS5 for the whole request, as there may
    be no second, and numpy takes longer to import than that.
    """
    corpus.searches += 1
    if filters != NO_FILTERS or corpus.searches == 1:
        return rank(corpus.reader, _any(wanted), filters, limit)
    import numpy as np

    parts = [corpus.postings(word) for word in wanted]
    ids, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(parts) > 1 and len(ids):
        order = np.argsort(ids, kind="stable")  # the words in turn, for each entry
        ids = ids[order]
        new = np.concatenate([[False], ids[1:] != ids[:-1]])
        scores = np.bincount(np.cumsum(new), weights=scores[order])
        new[0] = True
        ids = ids[new]
    if len(ids) > limit:  # only these few are sorted, with all that tie with the last of them
        best = np.flatnonzero(scores >= np.partition(scores, len(scores) - limit)[len(scores) - limit])
        ids, scores = ids[best], scores[best]
    order = np.lexsort((ids, -scores))[:limit]
    return list(zip(ids[order].tolist(), scores[order].tolist(), strict=True))


def scored(corpus: Corpus, wanted: Sequence[str], filters: Filters, limit: int) -> list[tuple[int, float]]:
    """Return id and BM25 of the persistent entries that words rank best, about *limit* of them."""
    rare, common = _parted(corpus, wanted)
    if common:
        return _rescored(corpus, rare, common, filters, limit, min(limit, _FEW))
    return _rank(corpus, rare, filters, limit) if rare else []


def _rescored(
    corpus: Corpus, rare: list[str], common: list[str], filters: Filters, limit: int, enough: int
) -> list[tuple[int, float]]:
    """Return candidates that the rare words find, or *enough* of the common ones, scored by all words."""
    reader, frequency = corpus.reader, corpus.frequency
    if not rare and _expected(corpus, common) <= _WORTH_RANKING:
        every = rank(reader, " AND ".join(map(_quoted, common)), filters, limit + _POOL)
        if len(every) >= limit:  # enough that have all the words, and the same formula has ranked them
            return every
    ids = [id_ for id_, _ in _rank(corpus, rare, filters, limit + _POOL)] if rare else []
    if len(ids) < enough:
        ids += candidates(reader, _tiers(common), filters, enough + _TIER, enough + _POOL)
    # The rare words' scores are not those of the whole request, so every candidate is scored anew, by all words.
    idfs = {word: idf(corpus.total, frequency(word)) for word in (*rare, *common)}
    average = corpus.average_length
    return [(id_, bm25(doc, WEIGHTS, idfs, average)) for id_, *doc in documents(reader, list(dict.fromkeys(ids)))]


def _best(corpus: Corpus, rare: Sequence[str], filters: Filters, limit: int, reason: Reason) -> tuple[list[Hit], bool]:
    """Return the best *limit* hits and all that tie with the last of them, so that the order of keys can decide.

    The second value tells whether these are all entries that have any of the words.
    """
    reader, ask = corpus.reader, limit + _POOL
    # Where the scores of words are remembered, their number is known from these, and is not asked for besides.
    remembered = corpus.searches and filters == NO_FILTERS
    if sum(len(corpus.postings(word)[0]) if remembered else corpus.frequency(word) for word in rare) <= ask:
        return [Hit(row[2:], row[1], reason, reader) for row in listed(reader, _any(rare), filters, ask)], True
    while True:
        scores = _rank(corpus, rare, filters, ask)
        complete = len(scores) < ask
        # Of thousands of twins, those that were stored first are taken: a search must not read them all.
        if complete or scores[-1][1] < scores[limit - 1][1] or ask > limit + 5_000:
            break
        ask *= 8
    last = scores[limit - 1][1] if len(scores) >= limit else 0.0
    kept = {id_: score for id_, score in scores if score >= last}
    rows = by_ids(reader, list(kept))
    return [Hit(rows[id_], score, reason, reader) for id_, score in kept.items() if id_ in rows], complete


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _any(wanted: Iterable[str]) -> str:
    return " OR ".join(map(_quoted, wanted))


def _tiers(common: Sequence[str]) -> list[str]:
    """Return full-text expressions for words that are all common, the most promising first."""
    some = common[:8]  # the rarest of them
    every = " AND ".join(map(_quoted, some))
    tiers = [f"{{name}} : ({every})", every]
    tiers += [f"{{name}} : {_quoted(word)}" for word in some]
    if len(some) > 2:
        tiers.append(f"{_quoted(some[0])} AND {_quoted(some[1])}")
    return [*tiers, *map(_quoted, some)]


def _overlay_hits(corpus: Corpus, wanted: Sequence[str], filters: Filters, reason: Reason) -> list[Hit]:
    """Return hits of the entries of other tiers, unsorted, scored as if the database had them."""
    total = max(corpus.total, len(corpus.overlay))
    own = corpus.overlay_documents()
    average = corpus.average_length or (sum(len(" ".join(fields).split()) for fields in own) / len(own)) or 1.0
    # A word of the overlay alone is as rare as a word can be.
    idfs = {word: idf(total, corpus.frequency(word)) for word in wanted}
    hits = []
    for entry, fields in zip(corpus.overlay, own, strict=True):
        if filters.passes(entry):
            score = bm25(fields, WEIGHTS, idfs, average)
            if score > 0:
                hits.append(Hit(entry, score, reason))
    return hits


def reason_of(words_: Sequence[str]) -> Reason:
    """Return a function that gives a hit's reasons: which of the words each of its fields holds."""

    def reason(hit: Hit) -> dict[str, Any]:
        held = matched(hit.words, words_)
        return {"matched": {field: list(dict.fromkeys(word.lstrip(MARK) for word in held[field])) for field in held}}

    return reason
