"""Deprecated entries come last: after every other hit of a search, whatever their score."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from catalog.entry.states import DEPRECATED, deprecation

if TYPE_CHECKING:
    from catalog.search.corpus import Corpus
    from catalog.search.hit import Hit

_MOST = 1_000
"""How many hits more are asked for, at the most, so that deprecated entries take no place of others."""


def last(corpus: Corpus, limit: int | None, find: Callable[[int | None], list[Hit]]) -> list[Hit]:
    """Return the hits that *find* gives, the deprecated entries among them last.

    Args:
        corpus: knows which entries are deprecated.
        limit: how many at the most; None: all.
        find: gives so many hits, the best first.
    """
    deprecated = corpus.deprecated
    if not deprecated or limit == 0:
        return find(limit)
    hits = find(None if limit is None else limit + min(len(deprecated), _MOST))
    current = [hit for hit in hits if (hit.kind, hit.name) not in deprecated]
    old = [hit for hit in hits if (hit.kind, hit.name) in deprecated]
    hits = (current + old)[:limit]
    least = current[-1].score if current else None
    for hit in hits[len(current) :]:
        hit.add_reason(DEPRECATED, _reason(hit, hit.score))
        if least is not None:  # so that scores descend from the first hit to the last
            hit.score = min(hit.score, least)
    return hits


def _reason(hit: Hit, score: float) -> dict[str, Any]:
    """Return what ``hit.why`` says of a deprecated entry: why it stands last, and the score it had."""
    instead, reason = deprecation(hit.entry.metadata)
    return {"instead": instead, "reason": reason, "score": round(score, 6), "rank": "last, whatever the score"}
