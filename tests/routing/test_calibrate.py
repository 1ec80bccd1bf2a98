"""What fitting promises: coverage, confidence, honesty about held-out data, and a form that can be stored."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from catalog.errors import RoutingError
from catalog.routing.calibration import calibrate
from catalog.routing.calibration.calibrate import copies
from catalog.routing.calibration.calibration import Calibration
from catalog.routing.calibration.numbers import auroc, reliability
from catalog.routing.calibration.similarity import unit
from tests.routing.test_similarity import rows_about

ROUTES, EACH = 20, 40


def fit(*arguments: Any, **options: Any) -> Calibration:
    """Return what was learned, without the judgements it was learned from."""
    return calibrate.fit(*arguments, **options)[0]


class World:
    """Prompts about 20 subjects that are candidates and 10 that are not; half to fit on, half to be asked."""

    def __init__(self, *, noise: float = 1.6, seed: int = 0) -> None:
        rows, owners, parts = rows_about(ROUTES + 10, EACH, noise=noise, seed=seed)
        inside, known = owners < ROUTES, parts <= EACH // 2
        self.rows, self.owners, self.parts = (one[inside & known] for one in (rows, owners, parts))
        self.outside = rows[~inside & known]
        self.asked = rows[~known]
        self.gold = np.where(owners < ROUTES, owners, -1)[~known]

    def fit(self, *, aware: bool = True, **options: Any) -> Calibration:
        """Return what the known half teaches, with the prompts outside or without."""
        outside = self.outside if aware else self.outside[:0]
        labels = np.full(len(outside), -1)
        return fit(self.rows, self.owners, self.parts, ROUTES, outside, labels, **options)


@pytest.fixture(scope="module")
def world() -> World:
    """Return prompts about things that overlap."""
    return World()


@pytest.fixture(scope="module")
def calibration(world: World) -> Calibration:
    """Return what all of the known half teaches."""
    return world.fit()


@pytest.mark.parametrize("aware", [True, False])
@pytest.mark.parametrize("target", [0.8, 0.95])
def test_new_prompts_in_scope_are_answered_as_often_as_was_asked_for(world: World, aware: bool, target: float) -> None:
    """Coverage on unseen prompts is within 4 points of the target (400 prompts: two standard errors are 2 to 4)."""
    fitted = world.fit(aware=aware, target_coverage=target)
    said = fitted.predict(world.asked)
    assert (said.score >= fitted.threshold)[world.gold >= 0].mean() == pytest.approx(target, abs=0.04)
    assert fitted.quality.coverage == pytest.approx(target, abs=0.01)


def test_confidence_is_the_share_that_is_right(world: World, calibration: Calibration) -> None:
    """Over prompts inside and outside, weighted to even odds, confidence and accuracy are within 5 points."""
    said = calibration.predict(world.asked)
    inside = world.gold >= 0
    weights = np.where(inside, 1 / inside.sum(), 1 / (~inside).sum())
    assert reliability(said.confidence, said.best == world.gold, weights) < 0.05
    assert calibration.quality.reliability < 0.05


def test_without_prompts_outside_confidence_holds_for_prompts_in_scope(world: World) -> None:
    """It says so, and its confidences are those of prompts that belong somewhere."""
    fitted = world.fit(aware=False)
    inside = world.gold >= 0
    said = fitted.predict(world.asked[inside])
    assert (fitted.aware, fitted.quality.outside, fitted.quality.auroc, fitted.quality.refused) == (
        False, 0, None, None,
    )  # fmt: skip
    assert reliability(said.confidence, said.best == world.gold[inside]) < 0.06


def test_prompts_outside_teach_it_to_refuse_their_like(world: World, calibration: Calibration) -> None:
    """Told what does not belong, it refuses more of the same at the same coverage."""
    outside = world.asked[world.gold < 0]
    plain = world.fit(aware=False)
    told = (calibration.predict(outside).score < calibration.threshold).mean()
    guessed = (plain.predict(outside).score < plain.threshold).mean()
    assert told > guessed + 0.1


def test_held_out_figures_are_what_new_prompts_show(world: World, calibration: Calibration) -> None:
    """Accuracy, AUROC and refusals claimed at fitting are those on unseen prompts, within 5 points."""
    said, inside = calibration.predict(world.asked), world.gold >= 0
    quality = calibration.quality
    assert (said.best == world.gold)[inside].mean() == pytest.approx(quality.accuracy, abs=0.05)
    assert auroc(said.score[inside], said.score[~inside]) == pytest.approx(quality.auroc, abs=0.05)
    assert (said.score < calibration.threshold)[~inside].mean() == pytest.approx(quality.refused, abs=0.08)


def test_random_labels_are_not_believed() -> None:
    """Where labels mean nothing, held-out accuracy is chance and confidence is low."""
    rng = np.random.default_rng(0)
    rows = unit(rng.standard_normal((200, 32)).astype(np.float32))
    owners = np.sort(rng.integers(10, size=200))
    fitted = fit(rows, owners, np.ones(200), 10, rows[:0], [])
    assert fitted.quality.accuracy < 0.25
    fresh = unit(rng.standard_normal((200, 32)).astype(np.float32))
    assert fitted.predict(fresh).confidence.mean() < 0.3


def test_copies_of_examples_among_the_prompts_change_nothing(world: World) -> None:
    """A labelled prompt that is an example again, but for rounding, is neither judged by itself nor counted twice."""
    labels = np.full(len(world.outside), -1)
    shown = world.parts > 0
    noisy = unit(world.rows[shown] + np.float32(1e-6))
    again = fit(
        world.rows, world.owners, world.parts, ROUTES,
        np.concatenate([world.outside, noisy]), np.concatenate([labels, world.owners[shown]]),
    )  # fmt: skip
    assert again.to_bytes() == world.fit().to_bytes()


def test_a_text_that_is_an_example_too_is_held_out_with_it() -> None:
    """Entries whose text is their only example are judged by what is left then, which is nothing: chance, not 100 %."""
    rows = unit(np.random.default_rng(0).standard_normal((30, 32)).astype(np.float32))
    twice, owners = np.concatenate([rows, rows]), np.tile(np.arange(30), 2)
    fitted = fit(twice, owners, np.repeat([0, 1], 30), 30, rows[:0], [])
    assert fitted.quality.prompts == 30
    assert fitted.quality.accuracy < 0.2


def test_contradicting_copies_stay_in_one_fold() -> None:
    """The same prompts under two labels are never learned under one and judged under the other."""
    rows, owners, parts = rows_about(6, 10, noise=0.3)
    shown = parts > 0
    fitted = fit(rows, owners, parts, 6, rows[shown], (owners[shown] + 1) % 6)
    # Seen under the wrong label, a copy would be judged by itself and be wrong each time; unseen it is a coin's toss.
    assert fitted.quality.accuracy == pytest.approx(0.5, abs=0.1)


def test_copies_are_found_and_nothing_else() -> None:
    """Rows that differ by rounding share the number of the first; neighbours that are merely similar do not."""
    rows, _, _ = rows_about(30, 3, noise=0.05)
    mixed = np.concatenate([rows, unit(rows[::2] + np.float32(1e-6))])
    assert copies(mixed).tolist() == [*range(len(rows)), *range(0, len(rows), 2)]
    assert copies(rows[:1]).tolist() == [0]


def test_a_stored_calibration_says_the_same(world: World, calibration: Calibration) -> None:
    """Bytes and back: every number of every prediction is equal, and so are the bytes."""
    data = calibration.to_bytes()
    again = Calibration.from_bytes(data)
    one, two = calibration.predict(world.asked), again.predict(world.asked)
    assert {name: value.tolist() for name, value in asdict(one).items()} == {
        name: value.tolist() for name, value in asdict(two).items()
    }
    assert (again.quality, again.to_bytes()) == (calibration.quality, data)


def test_stored_bytes_that_are_no_calibration_say_what_to_do(calibration: Calibration) -> None:
    """Cut short, empty, or another zip: RoutingError, and "fit again"."""
    data = calibration.to_bytes()
    for broken in (b"", b"nothing", data[: len(data) // 2], data[:-40]):
        with pytest.raises(RoutingError, match="fit again"):
            Calibration.from_bytes(broken)


def test_another_version_is_refused(calibration: Calibration, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of another version mean something else; the error has the version."""
    monkeypatch.setattr("catalog.routing.calibration.calibration.VERSION", 99)
    data = calibration.to_bytes()
    monkeypatch.undo()
    with pytest.raises(RoutingError, match="fit again") as caught:
        Calibration.from_bytes(data)
    assert caught.value.facts == {"version": 99}


def test_the_same_seed_gives_the_same_calibration(world: World, calibration: Calibration) -> None:
    """Fitting is repeatable to the byte; another seed cuts other folds."""
    assert world.fit().to_bytes() == calibration.to_bytes()
    assert world.fit(seed=1).threshold != calibration.threshold


def test_a_prompt_without_a_vector_never_gets_an_answer(calibration: Calibration) -> None:
    """Zeros lie below the threshold, with no confidence, even one that lets everything else through."""
    lenient = replace(calibration, threshold=-1e6)
    for fitted in (calibration, lenient):
        said = fitted.predict(np.zeros((2, 32), np.float32))
        assert (said.score < fitted.threshold).all()
        assert said.confidence.tolist() == [0, 0]


def test_one_prompt_gets_what_it_gets_among_others(world: World, calibration: Calibration) -> None:
    """Predictions don't depend on the prompts beside them, beyond rounding."""
    together, alone = calibration.predict(world.asked[:5]), calibration.predict(world.asked[4:5])
    assert alone.scores[0] == pytest.approx(together.scores[4], abs=1e-3)
    assert alone.confidence[0] == pytest.approx(together.confidence[4], abs=1e-4)


def test_words_are_learned_beside_vectors() -> None:
    """With texts, prompts whose vectors are alike are told apart; then texts are needed for predicting, too."""
    rows, _, parts = rows_about(1, 39, noise=0.1)
    texts = [f"{'cancel' if place % 2 else 'book'} number {place}" for place in range(40)]
    labels = np.arange(40) % 2
    fitted = fit(rows, labels, parts, 2, rows[:0], [], row_texts=texts)
    assert fitted.reads
    assert fitted.quality.accuracy > 0.95
    assert fitted.predict(rows[:2], ["please cancel it", "a booking"]).best.tolist() == [1, 0]
    with pytest.raises(ValueError, match="give the 2 texts"):
        fitted.predict(rows[:2])


def test_candidates_with_few_examples_or_none_take_part() -> None:
    """Three have no example, one has no vector at all: all have scores, and that one has the lowest."""
    rows, owners, parts = rows_about(10, 8)
    kept = ((owners > 2) | (parts == 0)) & (owners != 9)
    fitted = fit(rows[kept], owners[kept], parts[kept], 10, rows[:0], [])
    said = fitted.predict(rows[(owners < 9) & (parts == 0)])
    assert said.best.tolist() == list(range(9))
    assert np.isfinite(said.scores).all()
    assert (said.scores.argmin(axis=1) == 9).all()


@pytest.mark.parametrize(("candidates", "each"), [(1, 1), (1, 30), (2, 1), (3, 2), (40, 1)])
def test_little_data_is_enough_to_answer(candidates: int, each: int) -> None:
    """One candidate, or one example each: texts find their candidates, confidences are probabilities."""
    rows, owners, parts = rows_about(candidates, each, noise=0.3)
    outside = rows_about(5, 0, seed=7)[0]
    fitted = fit(rows, owners, parts, candidates, outside, np.full(5, -1))
    said = fitted.predict(rows[parts == 0])
    assert said.best.tolist() == list(range(candidates))
    assert ((said.confidence >= 0) & (said.confidence <= 1)).all()


def test_labelled_prompts_alone_will_do() -> None:
    """Entries without examples learn from prompts."""
    rows, owners, parts = rows_about(5, 10)
    texts = parts == 0
    fitted = fit(rows[texts], owners[texts], parts[texts], 5, rows[~texts], owners[~texts])
    assert fitted.quality.prompts == 50
    assert fitted.quality.accuracy > 0.9


def test_above_the_bound_on_work_there_is_no_probe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many candidates for a probe: similarities are calibrated alone, with the coverage asked for."""
    monkeypatch.setattr("catalog.routing.calibration.calibrate.MOST_WORK", 1.0)
    fitted = world.fit(row_texts=["words"] * len(world.rows), texts=["words"] * len(world.outside))
    assert not fitted.reads
    said = fitted.predict(world.asked)
    assert (said.score >= fitted.threshold)[world.gold >= 0].mean() == pytest.approx(0.95, abs=0.04)
    assert Calibration.from_bytes(fitted.to_bytes()).predict(world.asked).score.tolist() == said.score.tolist()


def test_nothing_to_fit_on_is_an_error() -> None:
    """Texts alone, or only prompts outside: RoutingError says what is missing."""
    rows, owners, parts = rows_about(5, 0)
    for prompts in (rows[:0], rows):
        with pytest.raises(RoutingError, match="examples"):
            fit(rows, owners, parts, 5, prompts, np.full(len(prompts), -1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [5]}, "label 5 is none of the 3 candidates"),
        ({"labels": [-2]}, "label -2 is none of the 3 candidates"),
        ({"labels": [0, 1]}, "1 prompts with 2 labels"),
        ({"owners": [0, 1, 3]}, "owner 3 is none of the 3 candidates"),
        ({"row_texts": ["a"], "texts": ["b"]}, "2 texts for 4 rows and prompts"),
        ({"target_coverage": 1.0}, "must lie between 0 and 1"),
    ],
)
def test_input_that_does_not_fit_together_is_named(change: dict[str, Any], message: str) -> None:
    """Each mistake is a ValueError that says which number is wrong."""
    rows = np.eye(3, dtype=np.float32)
    given = {"owners": [0, 1, 2], "parts": [1, 1, 1], "labelled": rows[:1], "labels": [0], **change}
    with pytest.raises(ValueError, match=message):
        fit(rows, candidates=3, **given)


def test_auroc_counts_pairs() -> None:
    """By hand: of 2 x 2 pairs, two are in order and one is a tie."""
    assert auroc([3, 1], [2, 1]) == (1 + 1 + 0 + 0.5) / 4
    assert auroc([], [1]) is None


def test_reliability_is_the_distance_in_each_bin() -> None:
    """By hand: half the prompts are 10 points too sure, half are exact; weights shift that."""
    confidence, right = [0.6] * 10 + [0.85] * 20, [1] * 5 + [0] * 5 + [1] * 17 + [0] * 3
    assert reliability(confidence, right) == pytest.approx(0.1 / 3)
    assert reliability(confidence, right, [2] * 10 + [1] * 20) == pytest.approx(0.05)
    assert reliability([], []) == 0
