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
from catalog.entry.languages import MARK, is_english, stems_of
from catalog.entry.words import MOST_CHARACTERS, small_words, stem, words
from catalog.search.bm25 import bm25, idf
from catalog.search.corpus import Corpus, quoted
from catalog.search.exact import exact_first
from catalog.search.hit import Hit, matched
from catalog.store.fulltext import (
    WEIGHTS,
    candidates,
    documents,
    listed,
    rank,
)
from catalog.store.queries import by_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Postings = tuple[NDArray[np.int64], NDArray[np.float64]]

Reason = Callable[[Hit], dict[str, Any]]

SMALL = 4_000
"""A catalog with fewer entries is ranked by all words: scoring every row of it costs nothing worth avoiding."""

MOST_WORDS = 64
"""How many different words of a request count."""

MOST_COMPLETED = 3
"""A request of more words is a sentence: its unknown words stand for themselves only."""

_WORTH_RANKING = 150  # rows that FTS5 ranks as fast as the candidates of a few places are looked at here
_POOL = 20  # of the rows that rare words rank best, how many the common words may reorder
_FEW = 60  # candidates of common words that are worth looking at
_TIER = 10  # candidates taken from one place where all words are common, beyond those asked for


def budget(total: int) -> int:
    """Return how many rows FTS5 may score in a catalog of *total* entries."""
    return total if total <= SMALL else min(3 * total // 10, 3_000 + total // 50)


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
        every = rank(reader, " AND ".join(map(quoted, common)), filters, limit + _POOL)
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


def _any(wanted: Iterable[str]) -> str:
    return " OR ".join(map(quoted, wanted))


def _tiers(common: Sequence[str]) -> list[str]:
    """Return full-text expressions for words that are all common, the most promising first."""
    some = common[:8]  # the rarest of them
    every = " AND ".join(map(quoted, some))
    tiers = [f"{{name}} : ({every})", every]
    tiers += [f"{{name}} : {quoted(word)}" for word in some]
    if len(some) > 2:
        tiers.append(f"{quoted(some[0])} AND {quoted(some[1])}")
    return [*tiers, *map(quoted, some)]


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
