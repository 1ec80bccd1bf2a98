"""Scores without fitting, and the threshold that the examples give by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.routing.calibration.similarity import FEWEST, NOTHING, left_out, nearness, score, threshold, unit


def rows_about(centres: int, each: int, *, seed: int = 0, noise: float = 0.5) -> tuple[Any, Any, Any]:
    """Return unit rows around so many random centres: a text, then *each* examples; their owners and parts."""
    rng = np.random.default_rng(seed)
    middle = rng.standard_normal((centres, 32))
    owners = np.repeat(np.arange(centres), each + 1)
    rows = middle[owners] + noise * rng.standard_normal((len(owners), 32))
    return unit(rows.astype(np.float32)), owners, np.tile(np.arange(each + 1), centres)


def test_a_score_is_the_mean_of_centre_and_nearest_row() -> None:
    """By hand: one candidate with two rows at right angles, one with a single row."""
    rows = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    found = score(np.array([[1, 0, 0], [0, 0.6, 0.8]], np.float32), rows, [0, 0, 1], 2)
    half = np.sqrt(0.5)
    assert found == pytest.approx(np.array([[(half + 1) / 2, 0], [(0.6 * half + 0.6) / 2, 0.8]]), abs=1e-6)


def test_rows_may_come_in_any_order() -> None:
    """Shuffled rows give the scores of sorted ones, to rounding."""
    rows, owners, _ = rows_about(6, 4)
    queries, order = rows[::5], np.random.default_rng(1).permutation(len(rows))
    assert score(queries, rows[order], owners[order], 6) == pytest.approx(score(queries, rows, owners, 6), abs=1e-6)


def test_a_candidate_without_vectors_scores_lowest() -> None:
    """No row, or only a row of zeros: the score is -1, and no other candidate is touched."""
    rows = np.array([[1, 0], [0, 0]], np.float32)
    assert score(np.array([[-1, 0]], np.float32), rows, [1, 2], 3).tolist() == [[NOTHING, -1.0, NOTHING]]


def test_no_rows_and_no_queries_give_empty_tables() -> None:
    """The shape is (queries, candidates) in every case."""
    none = np.zeros((0, 4), np.float32)
    assert score(none, none, [], 0).shape == (0, 0)
    assert score(none, none, [], 3).shape == (0, 3)
    assert score(np.ones((2, 4), np.float32), none, [], 3).tolist() == [[NOTHING] * 3] * 2


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 1_000))
def test_scores_lie_between_minus_one_and_one(candidates: int, each: int, seed: int) -> None:
    """Whatever the rows are, similarities of unit rows stay within their range."""
    rows, owners, _ = rows_about(candidates, each, seed=seed)
    found = score(rows, rows, owners, candidates)
    assert found.shape == (len(rows), candidates)
    assert np.abs(found).max() <= 1 + 1e-5


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table too large to hold is made in pieces, with the same result to rounding."""
    rows, owners, _ = rows_about(5, 6)
    near = nearness(rows, owners, 5)
    whole = near.nearest(rows, but=np.arange(len(rows)))
    monkeypatch.setattr("catalog.routing.calibration.similarity.MOST_SIMILARITIES", 3.0 * len(rows))
    assert near.nearest(rows, but=np.arange(len(rows))) == pytest.approx(whole, abs=1e-6)


def test_a_row_left_out_meets_only_the_others() -> None:
    """Leaving one out is the same as preparing the rows without it."""
    rows, owners, _ = rows_about(4, 3)
    near = nearness(rows, owners, 4)
    for place in range(len(rows)):
        rest = np.arange(len(rows)) != place
        without = nearness(rows[rest], owners[rest], 4)
        centre, nearest = left_out(near, np.array([place]))
        assert centre == pytest.approx(without.centre(rows[[place]]), abs=1e-5)
        assert nearest == pytest.approx(without.nearest(rows[[place]]), abs=1e-6)


def test_the_only_row_of_a_candidate_leaves_nothing_behind() -> None:
    """A candidate is not compared with itself once its one row is out."""
    near = nearness(np.eye(2, dtype=np.float32), [0, 1], 2)
    centre, nearest = left_out(near, np.array([0]))
    assert (centre.tolist(), nearest.tolist()) == ([[NOTHING, 0.0]], [[NOTHING, 0.0]])


@pytest.mark.parametrize("coverage", [0.8, 0.95])
def test_the_threshold_answers_the_share_of_new_prompts_it_promises(coverage: float) -> None:
    """Of prompts drawn like the examples, the share above the threshold is the one asked for, within 3 points."""
    rows, owners, parts = rows_about(40, 40)
    given_, new = parts <= 20, parts > 20
    near = nearness(rows[given_], owners[given_], 40)
    found = threshold(near, parts[given_], coverage=coverage)
    assert found is not None
    assert (near.score(rows[new]).max(axis=1) >= found).mean() == pytest.approx(coverage, abs=0.03)


def test_the_threshold_refuses_what_is_like_nothing() -> None:
    """Random directions, which no example resembles, lie below it."""
    rows, owners, parts = rows_about(20, 10)
    near = nearness(rows, owners, 20)
    strange = unit(np.random.default_rng(9).standard_normal((200, 32)).astype(np.float32))
    found = threshold(near, parts)
    assert found is not None
    assert (near.score(strange).max(axis=1) < found).mean() > 0.9


def test_there_is_no_threshold_without_enough_examples() -> None:
    """Texts alone, or fewer than 20 examples, do not show how prompts score."""
    rows, owners, parts = rows_about(FEWEST + 5, 0)
    assert threshold(nearness(rows, owners, FEWEST + 5), parts) is None
    rows, owners, parts = rows_about(FEWEST - 1, 1)
    assert threshold(nearness(rows, owners, FEWEST - 1), parts) is None
    rows, owners, parts = rows_about(FEWEST, 1)
    assert threshold(nearness(rows, owners, FEWEST), parts) is not None


def test_lone_examples_give_no_threshold() -> None:
    """An example whose candidate has no other vector could only be compared with strangers."""
    rows, owners, parts = rows_about(30, 0)
    assert threshold(nearness(rows, owners, 30), parts + 1) is None


def test_too_many_examples_are_sampled_the_same_way_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample is the seed's; another seed gives a threshold near by."""
    rows, owners, parts = rows_about(40, 20)
    near = nearness(rows, owners, 40)
    whole = threshold(near, parts)
    monkeypatch.setattr("catalog.routing.calibration.similarity.MOST_SIMILARITIES", 1.0)
    one, again, other = (threshold(near, parts, seed=seed) for seed in (0, 0, 1))
    assert one == again != other
    assert whole is not None
    assert one == pytest.approx(whole, abs=0.05)
