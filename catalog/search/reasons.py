"""Why a hit was found: ranks, similarities and the example that matched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.search.hit import Hit, matched
from catalog.search.semantic import SemanticState
from catalog.store.mapping import words_of

if TYPE_CHECKING:
    from catalog.search.arrays import Floats, Matrix
    from catalog.search.fusion import Fused


def rank_of(values: Floats, place: int) -> int:
    """Return the number of *values* larger than that at *place*, and one; so equal ones have one rank."""
    return int((values > values[place]).sum()) + 1


class Answer(NamedTuple):
    """What the reasons of one answer's hits are taken from: a column for each candidate."""

    asked: Sequence[str]
    points: Floats
    fused: Fused
    similarities: Floats  # to the whole request
    ranked: int  # of the nearest all are here, so many
    query: Matrix
    meanings: SemanticState


@dataclass(slots=True)
class Reasons:
    """The reason of one hit, put into words only if somebody asks."""

    answer: Answer
    place: int
    entry_id: int | None

    def __call__(self, hit: Hit) -> dict[str, Any]:
        """Return the reasons of *hit*, as ``hit.why`` shows them."""
        asked, points, fused, similarities, ranked, query, meanings = self.answer
        lexical, similarity = float(points[self.place]), float(similarities[self.place])
        found: dict[str, Any] = {"matched": matched(words_of(hit.entry), asked), "lexical": round(lexical, 6)}
        if lexical > 0:
            found["lexical_rank"] = rank_of(points, self.place)
        if math.isnan(similarity):
            found["vector"] = "none that is fresh; found by its words"
            return found
        found |= {"semantic": round(float(fused.semantic[self.place]), 6), "similarity": round(similarity, 6)}
        found["embedder"] = meanings.embedder.name  # not the one asked for while its vectors are being made
        rank = rank_of(similarities, self.place)
        if rank <= ranked:  # beyond, not all are here
            found["semantic_rank"] = rank
        if hit.entry.examples:
            examples = hit.entry.examples
            if self.entry_id is not None:
                example = meanings.index.example(self.entry_id, examples, query)
            else:
                example = nearest_example(meanings.embedder.encode(examples), query)
            if example is not None:
                place, similarity = example
                found["example"] = {"text": examples[place], "similarity": round(similarity, 6)}
        return found


def nearest_example(rows: Matrix, query: Matrix) -> tuple[int, float] | None:
    """Return which of *rows* is nearest to *query*, and how near; None where none is a vector."""
    similar = [(float(row @ query), -place) for place, row in enumerate(rows) if row.any()]
    if not similar:
        return None
    similarity, place = max(similar)
    return -place, similarity
