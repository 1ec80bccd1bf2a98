"""``Pool``: the entries a router may pick from, at one state of the catalog."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import nsmallest
from math import inf
from typing import TYPE_CHECKING, Any

from catalog.entry.key import Key, parse_key
from catalog.entry.states import (
    BROKEN,
    DEPRECATED,
    DRAFT,
    DRIFTED,
    GONE,
    NEEDS_REVIEW,
    REVIEW,
    UNLOADABLE,
    deprecated_in_words,
    review_of,
)
from catalog.routing.verdict import Candidate

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.verdict import Verdict
    from catalog.workspace.lookup import HasWorkspace

_SEVERAL = -1  # in place of the place of a name that several candidates have


class Pool:
    """Candidates, and what a strategy may ask about them.

    Attributes:
        entries: the candidates, in the order of their keys.
        filtered: entries that were left out before any strategy sees them, with the reason in words; by key.
        generation: the generation of the catalog.
        catalog: the catalog, for searching and for its embedder.
        filters: ``tags``, ``any_tags``, ``exclude_tags``, ``sources`` and ``distributions``: what all candidates pass.
        memo: what strategies have worked out for exactly these candidates, each under a key of its own.
    """

    __slots__ = ("_named", "_places", "catalog", "entries", "filtered", "filters", "generation", "memo")

    def __init__(
        self,
        entries: Sequence[Entry],
        filtered: Sequence[tuple[Entry, str]],
        generation: int,
        catalog: HasWorkspace,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Take candidates and the entries left out; nothing is worked out yet."""
        self.entries = entries
        self.filtered = filtered
        self.generation = generation
        self.catalog = catalog
        self.filters = filters or {}
        self.memo: dict[Any, Any] = {}
        self._places: dict[Key, int] | None = None
        self._named: dict[str, int] | None = None  # the place of a name, or _SEVERAL

    def at(self, generation: int) -> Pool:
        """Return the same candidates at another *generation* of the catalog; both pools share what is worked out."""
        pool = Pool(self.entries, self.filtered, generation, self.catalog, self.filters)
        pool.memo, pool._places, pool._named = self.memo, self._places, self._named
        return pool

    def __reduce__(self) -> tuple[Any, ...]:
        return Pool, (list(self.entries), list(self.filtered), self.generation, self.catalog, dict(self.filters))

    def __len__(self) -> int:
        return len(self.entries)

    def place(self, kind: str, name: str) -> int | None:
        """Return the position in ``entries`` of the candidate with this key, or None."""
        if self._places is None:
            self._places = {(entry.kind, entry.name): place for place, entry in enumerate(self.entries)}
        return self._places.get((kind, name))

    def find(self, named: str) -> Entry | None:
        """Return the candidate of a key (``kind:name``) or of a name that only one has, or None."""
        entries = self.named(named)
        return entries[0] if len(entries) == 1 else None

    def named(self, named: str) -> list[Entry]:
        """Return what a text stands for: the candidate that has it as its key, else all that have it as their name."""
        key = parse_key(named)
        if key is not None and (place := self.place(*key)) is not None:
            return [self.entries[place]]
        if self._named is None:
            places: dict[str, int] = {}
            for place, entry in enumerate(self.entries):
                places[entry.name] = _SEVERAL if entry.name in places else place
            self._named = places
        place = self._named.get(named)
        if place is None:
            return []
        return [entry for entry in self.entries if entry.name == named] if place == _SEVERAL else [self.entries[place]]

    def search(self, prompt: str, limit: int) -> list[Entry]:
        """Return the *limit* candidates that a search for *prompt* ranks best; at least one for any candidates."""
        if len(self.entries) <= limit:
            return list(self.entries)
        kinds = sorted({entry.kind for entry in self.entries})
        ranked: list[Entry] = []
        ask = 2 * limit + min(len(self.filtered), 10 * limit)
        filters: dict[str, Any] = {**self.filters}
        for hit in self.catalog.search(prompt, kind=kinds, limit=ask, **filters):
            place = self.place(hit.kind, hit.name)
            if place is not None:
                ranked.append(self.entries[place])
                if len(ranked) == limit:
                    return ranked
        # Words that no candidate has find nothing: the first by key make up the number.
        known = {entry.key for entry in ranked}
        return ranked + [entry for entry in self.entries if entry.key not in known][: limit - len(ranked)]

    def considered(self, verdict: Verdict, most: int | None = None) -> list[Candidate]:
        """Return the candidates with what *verdict* says of each.

        Args:
            verdict: of a strategy, about these candidates.
            most: the most that are returned; None: all.

        Returns:
            By score, the best first, then by key; candidates without a score after those, and at last the entries that
            were left out.
        """
        verdict_scores = verdict.scores
        if verdict_scores is None:
            scores: list[float | None] = [None] * len(self.entries)
        else:  # an array gives its numbers all at once
            scores = verdict_scores.tolist() if hasattr(verdict_scores, "tolist") else list(verdict_scores)

        def rank(place: int) -> float:
            score = scores[place]
            return inf if score is None or score != score else -score

        places = range(len(self.entries))  # which are by key
        first = sorted(places, key=rank) if most is None else nsmallest(most, places, rank)
        listed = []
        for place in first:
            entry, score = self.entries[place], scores[place]
            score = None if score is None or score != score else float(score)
            why = verdict.reasons.get(entry.key, "") if verdict.reasons else ""
            listed.append(Candidate(entry, score, None, why, None if score is None else verdict.threshold))
        left = None if most is None else most - len(listed)
        return listed + [Candidate(entry, None, why) for entry, why in self.filtered[:left]]


def split(
    entries: Iterable[Entry], configured: Collection[str] | None, *, deprecated: bool = False
) -> tuple[list[Entry], list[tuple[Entry, str]]]:
    """Part *entries* into candidates and entries to leave out.

    Args:
        entries: all that have the right kind and tags.
        configured: the model providers that can be used here; None: providers are not checked.
        deprecated: whether deprecated entries are candidates.

    Returns:
        The candidates; and the others, each with the reason in words.
    """
    kept: list[Entry] = []
    out: list[tuple[Entry, str]] = []
    for entry in entries:
        if _is_damaged(entry):
            out.append((entry, f"its record is damaged; `catalog restore {entry.key}` brings back a good one"))
            continue
        if entry.metadata.get(GONE):
            out.append((entry, f"its code is gone: {entry.metadata[GONE]}"))
            continue
        if entry.metadata.get(BROKEN):
            out.append((entry, f"its code is broken: {entry.metadata[BROKEN]}"))
            continue
        if entry.metadata.get(UNLOADABLE):
            out.append((entry, f"it is not loadable: {entry.metadata[UNLOADABLE]}"))
            continue
        unreviewed = _unreviewed(entry, deprecated=deprecated)
        if unreviewed:
            out.append((entry, unreviewed))
            continue
        missing = [] if configured is None else [name for name in entry.providers or () if name not in configured]
        if missing:
            out.append((entry, f"needs {' and '.join(missing)}, not configured here"))
        else:
            kept.append(entry)
    return kept, out


def _unreviewed(entry: Entry, *, deprecated: bool) -> str | None:
    """Return why the review of *entry* keeps it from being a candidate, or None."""
    metadata = entry.metadata
    if not metadata:  # as most have none
        return None
    state = review_of(metadata)
    if state == DRAFT:
        return "a draft that nobody has approved yet"
    if state == NEEDS_REVIEW:
        mark = REVIEW if metadata.get(REVIEW) else DRIFTED
        return f"needs review: {metadata[mark]}; `catalog approve {entry.key}`"
    return deprecated_in_words(metadata) if state == DEPRECATED and not deprecated else None


def _is_damaged(entry: Entry) -> bool:
    """Tell whether another tool wrote values that no entry can hold: rows are not checked again when they are read."""
    if not isinstance(entry.metadata, dict) or not isinstance(entry.description, str):
        return True
    for texts in (entry.tags, entry.examples, entry.providers or ()):
        for text in texts:
            if not isinstance(text, str):
                return True
    return False
