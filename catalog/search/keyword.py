"""Full-text search whose cost does not grow with how common the words are.

FTS5 scores every row that has any of the words: a request with "get" or "file" in it makes it score half the catalog.
So rare words find the candidates, which FTS5 ranks; common ones only help to order the best of those. Where all words
are common, candidates are taken from the most promising places first (all words in the name, all words anywhere, any
word in the name, ...), a bounded number from each, and ranked here by the same formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.entry.words import small_words, words
from catalog.search.bm25 import bm25, idf
from catalog.search.hits import Hit, matched
from catalog.store.mapping import words_of
from catalog.store.queries import (
    COMPLETIONS,
    FREQUENCY,
    NO_FILTERS,
    WEIGHTS,
    Filters,
    by_ids,
    candidates,
    documents,
    mean_length,
    named,
    rank,
)

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.reader import Reader

SMALL = 4_000
"""A catalog with fewer entries is ranked by all words: scoring every row of it costs nothing worth avoiding."""

MOST_WORDS = 64
"""How many different words of a request count."""

_POOL = 50  # of the rows that rare words rank best, how many the common words may reorder
_TIER = 200  # candidates taken from one place where all words are common


def budget(total: int) -> int:
    """Return how many rows FTS5 may score in a catalog of *total* entries."""
    return total if total <= SMALL else 1_000 + total // 100


class Corpus:
    """What one state of the catalog offers to a search.

    Args:
        reader: the persistent tier.
        total: number of its entries.
        overlay: entries of the other tiers that win or stand alone.
        hidden: keys of the persistent tier that another tier wins over.
    """

    def __init__(
        self, reader: Reader, total: int, overlay: Sequence[Entry], hidden: frozenset[tuple[str, str]]
    ) -> None:
        """Look at nothing yet; what a search asks for is kept for the next."""
        self.reader = reader
        self.total = total
        self.overlay = overlay
        self.hidden = hidden
        self._frequencies: dict[str, int] = {}
        self._average = 0.0
        self._overlay_documents: list[tuple[str, ...]] | None = None

    def frequency(self, word: str) -> int:
        """Return how many persistent entries have *word*."""
        found = self._frequencies.get(word)
        if found is None:
            row = self.reader.one(FREQUENCY, (word,))
            found = self._frequencies[word] = row[0] if row else 0
        return found

    @property
    def average_length(self) -> float:
        """Mean number of words of a persistent entry."""
        if not self._average:
            self._average = mean_length(self.reader)
        return self._average

    def overlay_documents(self) -> list[tuple[str, ...]]:
        """Return the words of the overlay's entries, field by field."""
        if self._overlay_documents is None:
            self._overlay_documents = [words_of(entry) for entry in self.overlay]
        return self._overlay_documents


def request_words(text: str) -> list[str]:
    """Return the different words of a request, without the small ones unless there are no others."""
    found = list(dict.fromkeys(words(text, whole=True)))
    telling = [word for word in found if word not in small_words()]
    return (telling or found)[:MOST_WORDS]


def search(corpus: Corpus, text: str, filters: Filters, kinds: Iterable[str], limit: int) -> list[Hit]:
    """Return the entries that match *text*, best first; equal scores go by key.

    Args:
        corpus: where to look.
        text: anything a person may type.
        filters: which entries count at all.
        kinds: the known kinds, for exact names.
        limit: how many at the most, ≥ 0.
    """
    if limit <= 0:
        return []
    wanted = request_words(text)
    asked = _completed(corpus, wanted)
    scores = _scores(corpus, list(asked), filters, limit + len(corpus.hidden)) if asked else []
    reason = _reason(wanted, asked)
    rows = by_ids(corpus.reader, [id_ for id_, _ in scores]) if scores else {}
    hits = [Hit(rows[id_], score, reason) for id_, score in scores if id_ in rows]
    hits = [hit for hit in hits if (hit.kind, hit.name) not in corpus.hidden]
    if corpus.overlay:
        hits += _overlay_hits(corpus, list(asked) or wanted, filters, reason)
    hits.sort(key=lambda hit: (-hit.score, hit.kind, hit.name))
    return _exact_first(corpus, text.strip(), filters, tuple(kinds), hits, reason)[:limit]


def _completed(corpus: Corpus, wanted: Sequence[str]) -> dict[str, str]:
    """Return the words to look for and the word of the request each stands for.

    A word that no entry has stands for those that begin with it: people type ``scat`` and mean scatter.
    """
    asked: dict[str, str] = {}
    for word in wanted:
        if corpus.frequency(word) or len(word) < 3:
            asked[word] = word
        else:
            for (longer,) in corpus.reader.all(COMPLETIONS, (word, word + "\U0010ffff")):
                asked.setdefault(longer, word)
    return asked


def _scores(corpus: Corpus, wanted: list[str], filters: Filters, limit: int) -> list[tuple[int, float]]:
    """Return ids and scores of persistent entries, best first."""
    reader, total = corpus.reader, corpus.total
    allowed = budget(total)
    by_rarity = sorted((word for word in wanted if corpus.frequency(word)), key=lambda w: (corpus.frequency(w), w))
    rare: list[str] = []
    for word in by_rarity:
        allowed -= corpus.frequency(word)
        if allowed < 0:
            break
        rare.append(word)
    common = by_rarity[len(rare) :]
    if not common:
        return _untied(reader, _any(rare), filters, limit) if rare else []
    found: dict[int, float] = dict(rank(reader, _any(rare), filters, limit + _POOL)) if rare else {}
    if len(found) < limit:
        for id_ in candidates(reader, _tiers(common), filters, _TIER, limit + _POOL):
            found.setdefault(id_, 0.0)
    idfs = {word: idf(total, corpus.frequency(word)) for word in by_rarity}
    average = corpus.average_length
    scored = [(id_, bm25(doc, WEIGHTS, idfs, average)) for id_, *doc in documents(reader, list(found))]
    scored.sort(key=lambda pair: (-pair[1], pair[0]))
    return scored[:limit]


def _untied(reader: Reader, match: str, filters: Filters, limit: int) -> list[tuple[int, float]]:
    """Return the best *limit* and all that tie with the last of them, so that the order of keys can decide."""
    ask = limit + 8
    while True:
        found = rank(reader, match, filters, ask)
        if len(found) < ask or found[-1][1] < found[limit - 1][1]:
            return found
        if ask > limit + 5_000:  # thousands of twins: stored order decides among them
            return found
        ask *= 4


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _any(wanted: Iterable[str]) -> str:
    return " OR ".join(map(_quoted, wanted))


def _tiers(common: Sequence[str]) -> list[str]:
    """Return full-text expressions for words that are all common, the most promising first."""
    some = common[:8]  # the rarest of them
    every = " AND ".join(map(_quoted, some))
    tiers = [f"{{name}} : ({every})", f"{{name}} : ({_any(some[:2])}) AND ({every})", every]
    tiers += [f"{{name}} : {_quoted(word)}" for word in some]
    if len(some) > 2:
        tiers.append(f"{_quoted(some[0])} AND {_quoted(some[1])}")
    return [*tiers, *map(_quoted, some)]


def _overlay_hits(corpus: Corpus, wanted: Sequence[str], filters: Filters, reason: Any) -> list[Hit]:
    total = max(corpus.total, len(corpus.overlay))
    own = corpus.overlay_documents()
    average = corpus.average_length or (sum(len(" ".join(d).split()) for d in own) / len(own)) or 1.0
    # A word of the overlay alone is as rare as a word can be.
    idfs = {word: idf(total, corpus.frequency(word)) for word in wanted}
    hits = []
    for entry, doc in zip(corpus.overlay, own, strict=True):
        if filters.accept(entry.kind, entry.tags):
            score = bm25(doc, WEIGHTS, idfs, average)
            if score > 0:
                hits.append(Hit(entry, score, reason))
    return hits


def _exact_first(
    corpus: Corpus, text: str, filters: Filters, kinds: tuple[str, ...], hits: list[Hit], reason: Any
) -> list[Hit]:
    """Put entries whose name or key is the request itself before all others."""
    exact = [hit for hit in hits if text in (hit.name, hit.key)]
    if not exact and 0 < len(text) <= 241:
        kind, colon, name = text.partition(":")
        rows = named(corpus.reader, text, filters.kinds or kinds)
        if colon and kind in kinds:
            rows += named(corpus.reader, name, [kind])
        for row in rows:
            hit = Hit(row, 0.0, reason)
            if (hit.kind, hit.name) not in corpus.hidden and filters.accept(hit.kind, hit.tags):
                exact.append(hit)
        exact += [
            Hit(entry, 0.0, reason)
            for entry in corpus.overlay
            if text in (entry.name, entry.key) and filters.accept(entry.kind, entry.tags)
        ]
    if not exact:
        return hits
    best = hits[0].score if hits else 0.0
    for hit in exact:
        hit.score = max(hit.score, best)
    keys = {hit.key for hit in exact}
    return exact + [hit for hit in hits if hit.key not in keys]


def _reason(wanted: Sequence[str], asked: Mapping[str, str]) -> Any:
    def why(hit: Hit) -> dict[str, Any]:
        found = matched(words_of(hit.entry), list(asked) or list(wanted))
        return {"matched": found}

    return why


__all__ = ["NO_FILTERS", "Corpus", "Filters", "request_words", "search"]
