"""``hit.why`` of a search by words and meaning: points, ranks, similarities, and the example that is nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.search.hit import Hit, matched
from catalog.search.semantic import SemanticState

if TYPE_CHECKING:
    from catalog.search.arrays import Floats, Matrix
    from catalog.search.fusion import Fused


def rank_of(values: Floats, place: int) -> int:
    """Return the rank of the value at *place*, from 1: one more than the values larger than it; equals share a rank."""
    return int((values > values[place]).sum()) + 1


class Answer(NamedTuple):
    """The figures of one answer, from which the reasons of its hits are taken; arrays have a number for each candidate.

    Attributes:
        words: the words that were looked for.
        points: for words.
        fused: scores, and what they are made of.
        similarities: to the whole request; NaN where there is no vector.
        ranked: how many of the nearest entries are sure to be among the candidates: ranks beyond it would be wrong.
        query: the vector of the whole request.
        semantic: where the vectors of examples are.
        way: how the nearest were found on a server, in words; empty where every row was looked at here.
    """

    words: Sequence[str]
    points: Floats
    fused: Fused
    similarities: Floats
    ranked: int
    query: Matrix
    semantic: SemanticState
    way: str


@dataclass(slots=True)
class Reasons:
    """The reasons of the hit at one place of an answer, put together only if somebody asks.

    Attributes:
        answer: the figures.
        place: of the hit among the candidates.
        entry_id: of a persistent entry; None: it is of another tier.
    """

    answer: Answer
    place: int
    entry_id: int | None

    def __call__(self, hit: Hit) -> dict[str, Any]:
        """Return the reasons of *hit*, as ``hit.why`` shows them.

        Raises:
            EmbedderError: the examples of an entry of another tier could not be embedded.
        """
        words, points, fused, similarities, ranked, query, semantic, way = self.answer
        lexical, similarity = float(points[self.place]), float(similarities[self.place])
        why: dict[str, Any] = {"matched": matched(hit.words, words), "lexical": round(lexical, 6)}
        if lexical > 0:
            why["lexical_rank"] = rank_of(points, self.place)
        if math.isnan(similarity):
            why["vector"] = "none that is fresh; found by its words"
            return why
        why |= {"semantic": round(float(fused.semantic[self.place]), 6), "similarity": round(similarity, 6)}
        if way:
            why["vectors"] = way
        why["embedder"] = semantic.embedder.name  # another than configured while the vectors of that are being made
        rank = rank_of(similarities, self.place)
        if rank <= ranked:
            why["semantic_rank"] = rank
        if examples := hit.examples:
            if self.entry_id is not None:
                example = semantic.index.example(self.entry_id, examples, query)
            else:
                example = nearest_example(semantic.embedder.encode(examples), query)
            if example is not None:
                place, similarity = example
                why["example"] = {"text": examples[place], "similarity": round(similarity, 6)}
        return why


def nearest_example(rows: Matrix, query: Matrix) -> tuple[int, float] | None:
    """Return the place of the row nearest to *query*, the first of equals, and its similarity; None: all are zeros."""
    similar = [(float(row @ query), -place) for place, row in enumerate(rows) if row.any()]
    if not similar:
        return None
    similarity, place = max(similar)
    return -place, similarity
