"""The arithmetic of figures, against counting by hand."""

from __future__ import annotations

import math
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.routing.calibration.numbers import auroc
from catalog.routing.evaluation.metrics import CurvePoint, curve, percentiles, ratio, reliability_bins, thinned

scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), max_size=20)
ranked = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), max_size=40)


@given(scores, scores)
def test_auroc_is_the_share_of_pairs_in_order(inside: list[float], outside: list[float]) -> None:
    """Of all pairs, those with the prompt in scope above count one, ties half; without a pair there is none."""
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one, other in product(inside, outside)]
    assert auroc(inside, outside) == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


@given(ranked, st.integers(0, 5))
def test_the_curve_is_a_count_at_every_threshold(answers: list[tuple[int, bool]], unanswered: int) -> None:
    """Each rank that occurs gives one point: what answering all from there on gives; coverage grows all the way."""
    prompts = len(answers) + unanswered
    expected = []
    for threshold in sorted({rank for rank, _ in answers}, reverse=True):
        taken = [right for rank, right in answers if rank >= threshold]
        expected.append(CurvePoint(len(taken) / prompts, taken.count(False) / len(taken)))
    found = list(curve(answers, prompts))
    assert found == expected
    assert all(one.coverage < other.coverage for one, other in pairwise(found))


@given(st.lists(st.booleans(), min_size=1, max_size=300), st.integers(1, 50))
def test_a_thinned_curve_keeps_its_ends(rights: list[bool], most: int) -> None:
    """Of a long curve some points stay, in order, the first and the last among them; a short one stays whole."""
    points = list(curve([(-place, right) for place, right in enumerate(rights)], len(rights)))
    kept = thinned(points, most)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert kept == [point for point in points if point in set(kept)]
    assert len(kept) <= most + 2
    assert len(points) > 2 or kept == points


@given(st.lists(st.floats(0, 1e6), max_size=200))
def test_percentiles_are_measured_values(values: list[float]) -> None:
    """At least so many of 100 are no larger, fewer are smaller, and the last is the largest."""
    found = percentiles(values)
    if not values:
        assert found is None
        return
    assert found is not None
    for share, value in zip((50, 95, 99, 100), found, strict=True):
        assert value in values
        assert 100 * sum(one <= value for one in values) >= share * len(values)
        assert 100 * sum(one < value for one in values) < share * len(values)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_bins_hold_every_answer_once(said: list[tuple[float, bool]]) -> None:
    """Tenths of confidence, 1 in the last, with the mean confidence and the share that is right of those in them."""
    found = list(reliability_bins(said))
    for one in found:
        held = [
            (confidence, right)
            for confidence, right in said
            if one.low <= confidence < one.high or (confidence == one.high == 1)
        ]
        assert one.answers == len(held)
        assert one.confidence == pytest.approx(math.fsum(confidence for confidence, _ in held) / len(held))
        assert one.accuracy == sum(right for _, right in held) / len(held)
    assert sum(one.answers for one in found) == len(said)
    assert [one.low for one in found] == sorted(one.low for one in found)


def test_a_share_of_nothing_is_none() -> None:
    """What there is none of has no share, not the share zero."""
    assert (ratio(0, 0), ratio(0, 4), ratio(3, 4)) == (None, 0.0, 0.75)
