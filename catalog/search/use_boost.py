"""Learning from use: hits are ranked again by what was taken after the same request, and after similar ones.

Every feature of a request — the request itself, each of its words, each two that follow each other — gives an entry
points for its share of what was taken after that feature. A word after which everything was taken gives next to
nothing, and a single use less than many. Words that requests have in common by chance give a little, so as much is
taken off.

The sum is bounded, in the currency of the scores it is added to (log-odds, see :mod:`catalog.search.fusion`): use moves
an entry past its neighbours, and into the list, but not past an entry that words and meaning prefer by more than the
bound (twice the bound, if that entry had been wrong before). An entry whose name was asked for is never overtaken.

``benchmarks/search/use.py --grid`` compares the constants. Every set of tools is best served by the points that are
best for the others, and by a bound twice as large; this one is smaller for the sake of entries nobody has taken yet,
and because what was recorded may be wrong.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import Key
from catalog.search.keyword import request_words
from catalog.store.use import faded

if TYPE_CHECKING:
    from catalog.search.hit import Hit
    from catalog.store.use import Use


BOUND = 12.0
"""More points than this no use gives or takes: about two and a half standard deviations of similarity."""

POINTS = {"r": 16.0, "w": 4.0, "p": 4.0}
"""What the whole of a share is worth: of the request, a word, two words."""

NOISE = 2.0
"""Points for words that chance may give; as many are taken off."""

DOUBT = 1.0
"""Uses of no entry, added to all uses a share is taken of: the first use gives its entry a share of a half."""

MOST_WORDS = 16
"""How many of a request's words are features."""

DEEPER = 50
"""How many hits beyond those asked for may move up."""


class Evidence(NamedTuple):
    """What uses say about an entry, for a request.

    Attributes:
        bonus: points added to the entry's score; within ±:data:`BOUND`.
        uses: successes less failures after this very request, as faded by now.
        similar: points for uses after similar requests, before the bound.
        words: the words of the request after which the entry was taken, or failed.
    """

    bonus: float
    uses: float
    similar: float
    words: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the evidence as JSON data: what ``why["use"]`` shows."""
        return {
            "bonus": round(self.bonus, 6),
            "bound": BOUND,
            "uses": round(self.uses, 6),
            "similar": round(self.similar, 6),
            "words": list(self.words),
        }


def features(text: str) -> list[tuple[str, str]]:
    """Return the features of a request as (form, text), without repeats; none for a blank request.

    The form is ``r`` for the request, ``w`` for a word, ``p`` for a pair of words.

    Requests with the same words in the same order are the same, whatever their small words, endings and punctuation.
    """
    asked = request_words(text)
    whole = " ".join(asked) or text.strip().casefold()  # an emoji has no words
    if not whole:
        return []
    words = asked[:MOST_WORDS]
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return [("r", whole), *(("w", word) for word in words), *(("p", pair) for pair in pairs)]


def evidence(rows: Iterable[tuple[str, str, Use]], now: float) -> dict[Key, Evidence]:
    """Return what uses say about each entry that has any; entries whose bonus is 0 are left out.

    Args:
        rows: form and text of a feature of the request, and a use recorded with it; in any order.
        now: the moment, in seconds since 1970.
    """
    by_feature: dict[tuple[str, str], list[tuple[Key, float]]] = defaultdict(list)
    for form, text, use in rows:
        by_feature[form, text].append(((use.kind, use.name), faded(use.weight, use.at, now)))
    whole: dict[Key, tuple[float, float]] = {}
    similar: dict[Key, list[float]] = defaultdict(list)
    words: dict[Key, list[str]] = defaultdict(list)
    # Sums by fsum: rows come in any order, and the same uses are to give the same scores.
    for (form, text), weights in by_feature.items():
        taken = math.fsum(weight for _, weight in weights if weight > 0) + DOUBT
        for key, weight in weights:
            # A failure is a share of what was taken and itself, so no share is beyond ±1 even if nothing was taken.
            points = POINTS[form] * weight / (taken + max(-weight, 0.0))
            if form == "r":
                whole[key] = weight, points
            else:
                similar[key].append(points)
                if form == "w":
                    words[key].append(text)
    by_key = {}
    for key in {**whole, **similar}:
        uses, points = whole.get(key, (0.0, 0.0))
        alike = math.fsum(similar[key])
        alike = math.copysign(max(abs(alike) - NOISE, 0.0), alike)
        # The hyperbolic tangent: small sums count as they are, and no sum, however many uses make it up, passes the
        # bound; of two entries the one with more points keeps the larger bonus.
        bonus = BOUND * math.tanh((points + alike) / BOUND)
        if bonus:
            by_key[key] = Evidence(bonus, uses, alike, tuple(sorted(words[key])))
    return by_key


def reranked(
    text: str,
    hits: Sequence[Hit],
    by_key: dict[Key, Evidence],
    limit: int | None,
    more: Callable[[Key], Hit | None],
) -> list[Hit]:
    """Return *hits* ranked again, the best first; of equal scores by key, an exact name before all.

    Args:
        text: the request.
        hits: of the search, deeper than *limit*, best first; scores and reasons are changed.
        by_key: what uses say about entries, from :func:`evidence`; not empty.
        limit: how many at the most; None: all.
        more: gives the hit, with score 0, of an entry that is not among *hits*, or None if it doesn't pass the filters.
            Words and meaning know nothing for such an entry, so its bonus is its score.
    """
    text = text.strip()
    exact = {hit.key for hit in hits if hit.name == text or (":" in text and hit.key == text)}
    _add_bonuses(text, hits, by_key, exact)
    ranked = sorted(hits, key=_order)
    # An entry that is not among the hits can only come in with more than the last of those that are shown has.
    if limit is None or len(ranked) < limit:
        least = 0.0
    else:
        least = max(ranked[limit - 1].score, 0.0) if limit else math.inf
    there = {(hit.kind, hit.name) for hit in hits}
    waiting = sorted((-use.bonus, key) for key, use in by_key.items() if use.bonus > least and key not in there)
    for _, key in waiting:
        added = more(key)
        if added is not None:
            added.score = by_key[key].bonus
            added.add_reason("use", by_key[key].to_dict())
            ranked.append(added)
            if len(ranked) == len(hits) + (math.inf if limit is None else limit):
                break
    ranked.sort(key=lambda hit: (hit.key not in exact, *_order(hit)))
    if exact and ranked:  # so that scores descend from the first hit to the last
        top = max(hit.score for hit in ranked)
        for hit in ranked[: len(exact)]:
            hit.score = top
    return ranked[:limit]


def _add_bonuses(text: str, hits: Sequence[Hit], by_key: dict[Key, Evidence], exact: set[str]) -> None:
    """Add the bonus of each hit to its score, and the evidence to its reasons.

    A hit whose name the request spells, in whatever way, gets no less than any entry gets, so none overtakes it.
    """
    asked = _letters(text)
    most = max(0.0, *(use.bonus for use in by_key.values()))
    for hit in hits:
        use = by_key.get((hit.kind, hit.name))
        reason = use.to_dict() if use else {}
        bonus = use.bonus if use else 0.0
        if hit.key in exact or (asked and asked in (_letters(hit.name), _letters(hit.key))):
            bonus = max(bonus, most)
            reason |= {"bonus": round(bonus, 6), "named": True}
        if reason:
            hit.score += bonus
            hit.add_reason("use", reason)


def _order(hit: Hit) -> tuple[float, str, str]:
    return -round(hit.score, 9), hit.kind, hit.name


def _letters(text: str) -> str:
    """Return the letters and digits of *text*, small, so that "Create scatter" is the name ``create_scatter``."""
    return "".join(filter(str.isalnum, text)).casefold()
