"""Fusing words and meaning: what holds for every list of candidates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from catalog.search.fusion import GAIN, Spread, best, fuse, order, spread, z_scores
from catalog.store.entry_rows import pulled

BM25 = st.floats(0, 60) | st.just(0.0)
COSINE = st.floats(-1, 1) | st.just(float("nan"))
CANDIDATES = st.lists(st.tuples(BM25, COSINE), max_size=30)
OF_ALL = st.builds(Spread, st.floats(-0.5, 0.8), st.floats(0.02, 0.4))


def fused(candidates: list[tuple[float, float]], of_all: Spread) -> list[float]:
    """Return the scores of (BM25, similarity) pairs."""
    lexical, similar = [one[0] for one in candidates], [one[1] for one in candidates]
    return fuse(lexical, z_scores([similar], [of_all])).scores.tolist()


@given(CANDIDATES, OF_ALL)
def test_scores_are_numbers(candidates: list[tuple[float, float]], of_all: Spread) -> None:
    """Every candidate gets a finite score, and asking again gives the same."""
    scores = fused(candidates, of_all)
    assert (len(scores), all(np.isfinite(scores)), scores) == (len(candidates), True, fused(candidates, of_all))


@given(st.lists(st.tuples(BM25, st.floats(-1, 1)), min_size=1, max_size=20), OF_ALL, st.data())
def test_more_of_either_is_never_worse(
    candidates: list[tuple[float, float]], of_all: Spread, data: st.DataObject
) -> None:
    """Raising one candidate's BM25 or similarity raises its score and leaves those of the others alone."""
    place = data.draw(st.integers(0, len(candidates) - 1))
    lexical, similar = candidates[place]
    better = (lexical + data.draw(st.floats(0, 5)), min(1.0, similar + data.draw(st.floats(0, 0.5))))
    before, after = fused(candidates, of_all), fused([*candidates[:place], better, *candidates[place + 1 :]], of_all)
    assert after[place] >= before[place]
    assert [*after[:place], *after[place + 1 :]] == [*before[:place], *before[place + 1 :]]


@given(CANDIDATES, OF_ALL, st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(candidates: list[tuple[float, float]], of_all: Spread, random: object) -> None:
    """Candidates in another order come out in the same order."""
    keys = [f"tool:{place:02}" for place in range(len(candidates))]
    places = list(range(len(candidates)))
    random.shuffle(places)  # type: ignore[attr-defined]
    shuffled = [candidates[place] for place in places]
    ranked = [keys[place] for place in order(fused(candidates, of_all), keys)]
    again = [keys[places[at]] for at in order(fused(shuffled, of_all), [keys[place] for place in places])]
    assert ranked == again


def test_equal_scores_go_by_key() -> None:
    """Of equal scores, and of those that differ by rounding only, the smaller key is first."""
    assert order([1.0, 1.0 + 1e-12, 2.0], ["b", "a", "c"]) == [2, 1, 0]
    assert order([1.0, 1.0], [("tool", "b"), ("model", "z")]) == [1, 0]
    assert order([], []) == []


def test_without_vectors_words_decide() -> None:
    """Where no candidate has a vector the scores are BM25."""
    assert fuse([3.0, 0.0, 7.5], [np.nan, np.nan, np.nan]).scores.tolist() == [3.0, 0.0, 7.5]
    assert fuse([], []).scores.tolist() == []


def test_without_words_meaning_decides() -> None:
    """Where no word matches, candidates go by their standing."""
    assert fuse([0.0, 0.0], [1.0, -2.0]).scores.tolist() == [GAIN, -2 * GAIN]


def test_a_missing_vector_gets_what_its_words_let_expect() -> None:
    """Of two with equal BM25, the one without a vector scores like the other; without words it gets nothing."""
    found = fuse([10.0, 10.0, 0.0], [2.0, np.nan, np.nan])
    assert found.scores.tolist() == [20.0, 20.0, 0.0]
    assert found.guessed.tolist() == [False, True, True]


def test_a_missing_vector_is_never_below_its_words() -> None:
    """Where candidates that match words are unlike the request, one without a vector keeps its BM25."""
    assert fuse([10.0, 4.0], [-2.0, np.nan]).scores.tolist() == [0.0, 4.0]


def test_rare_words_beat_likeness_and_common_words_do_not() -> None:
    """An identifier outweighs the nearest neighbour; a chance match of common words does not."""
    stands = z_scores([[0.6, 0.3]], [Spread(0.2, 0.1)])
    assert order(fuse([0.0, 30.0], stands).scores, ["like", "exact"]) == [1, 0]
    assert order(fuse([0.0, 3.0], stands).scores, ["like", "exact"]) == [0, 1]


@given(arrays.arrays(np.float32, st.integers(0, 200), elements=st.floats(-1, 1, width=32)))
def test_spread_is_of_numbers(values: np.ndarray) -> None:
    """Mean and deviation are those of numpy, with one entry of similarity 0 added to the former, and twenty entries of
    deviation 0.1 to the latter."""
    found = spread(values)
    count = len(values)
    expected = (count * float(values.var(dtype=np.float64)) + 20 * 0.01 if count else 0.2) / (count + 20)
    assert found.deviation == pytest.approx(expected**0.5, rel=1e-4)
    assert found.mean == pytest.approx(float(values.sum(dtype=np.float64)) / (count + 1), abs=1e-6)


def test_spread_leaves_out_what_is_no_number() -> None:
    """Entries without a vector do not count."""
    assert spread(np.array([0.5, np.nan, 0.1, -np.inf], np.float32)) == pytest.approx(spread([0.5, 0.1]), rel=1e-6)


def test_standing_mixes_the_whole_and_the_best_part() -> None:
    """What serves one of two parts well stands above what serves both a little."""
    of_all = [Spread(0.0, 0.1)] * 3
    similar = [[0.2, 0.3], [0.5, 0.3], [0.0, 0.3]]
    assert z_scores(similar, of_all).tolist() == pytest.approx([3.5, 3.0])
    assert z_scores([[0.2, 0.3]], of_all[:1]).tolist() == pytest.approx([2.0, 3.0])


@given(st.lists(st.floats(-5, 5), max_size=20), st.integers(0, 25))
def test_best_are_the_highest_and_all_their_equals(scores: list[float], count: int) -> None:
    """What is left out is below all that is kept, and at least *count* are kept if there are so many."""
    kept = set(best(scores, count).tolist())
    rounded = [round(score, 9) for score in scores]
    lowest = min((rounded[place] for place in kept), default=0.0)
    assert len(kept) >= min(count, len(scores))
    assert all(rounded[place] < lowest for place in range(len(scores)) if place not in kept) or count == 0


def test_rows_are_pulled_towards_examples() -> None:
    """A row lies half-way to the mean of its examples, and is its text where there are none."""
    rows = pulled([[1, 0], [0, 1], [0, 0]], [[0, 1], [0, 1], [0, 0]], [0, 0, 1])
    half = 0.5**0.5
    assert rows.tolist() == pytest.approx(np.array([[half, half], [0, 1], [0, 0]]))
    assert pulled([[1, 0]], np.zeros((0, 2)), []).tolist() == [[1, 0]]


def test_opposite_vectors_leave_no_row() -> None:
    """An example that is the opposite of the text leaves zeros, never noise scaled up."""
    assert pulled([[1, 0]], [[-1, 0]], [0]).tolist() == [[0, 0]]
