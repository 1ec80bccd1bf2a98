"""The linear probe: what it learns from vectors, from words, and how."""

from __future__ import annotations

import numpy as np
import pytest

from catalog.routing.calibration.linear_probe import HASHED, hash_words, train
from tests.routing.test_similarity import rows_about


def test_it_tells_apart_what_can_be_told_apart() -> None:
    """Trained on half of the rows about 30 centres, it names the centre of nine in ten of the others."""
    rows, owners, parts = rows_about(30, 9, noise=0.8)
    seen = parts % 2 == 0
    probe = train(rows[seen], None, owners[seen], 30)
    right = probe.logits(rows[~seen], None).argmax(axis=1) == owners[~seen]
    assert right.mean() > 0.9


def test_it_finds_the_minimum_of_its_loss() -> None:
    """The slope of the penalised likelihood at the result is nothing beside that at the start."""
    rows, owners, _ = rows_about(4, 5)
    probe = train(rows, None, owners, 4)
    target = np.eye(4)[owners]

    def slope(weights: np.ndarray, bias: np.ndarray) -> float:
        logits = 10 * rows @ weights + bias
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return float(np.linalg.norm(10 * rows.T @ (shares - target) + weights))

    assert slope(probe.weights, probe.bias) < 0.01 * slope(np.zeros_like(probe.weights), np.zeros(4))


def test_words_decide_where_vectors_do_not() -> None:
    """Prompts with the same vector are told apart by a word, in a form that was not seen."""
    texts = ["book a flight to Rome", "cancel the flight to Rome"] * 4
    same = np.tile(np.array([[1, 0]], np.float32), (8, 1))
    probe = train(same, hash_words(texts), np.array([0, 1] * 4), 2)
    asked = hash_words(["cancelling my trip", "booking a room"])
    assert probe.logits(same[:2], asked).argmax(axis=1).tolist() == [1, 0]
    assert (probe.reads, train(same, None, np.array([0, 1] * 4), 2).reads) == (True, False)


def test_words_are_stemmed_counted_once_and_paired() -> None:
    """The same words in another form and order differ only in the pairs; repeats change nothing."""
    flights, twice, turned = hash_words(["flight booking", "flights flights booked", "booking flight"])
    single = hash_words(["flight"])[0] + hash_words(["booking"])[0]
    assert np.abs(flights - single).sum() == 1
    assert np.abs(turned - single).sum() == 1
    assert flights.tolist() != turned.tolist()
    assert np.abs(twice - flights).sum() == 1  # the pair "flight flight"


def test_words_that_share_a_number_tend_to_cancel() -> None:
    """Half of the words count downwards: a long text adds up to nothing much, not to its length."""
    found = hash_words([" ".join(f"word{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}z" for n in range(1_000))])
    assert abs(found.sum()) < 0.5 * np.abs(found).sum()
    assert (found > 0).any()
    assert (found < 0).any()


def test_texts_without_words_are_zeros() -> None:
    """Blank and unpaired surrogates are texts, too."""
    found = hash_words(["", "  ?!", "\ud800"])
    assert found.shape == (3, HASHED)
    assert not found[:2].any()


def test_a_class_without_rows_is_never_the_best() -> None:
    """Nothing speaks for it, so its logits stay below those of all others on the rows learned from."""
    rows, owners, _ = rows_about(3, 4)
    logits = train(rows, None, owners, 4).logits(rows, None)
    assert (logits[:, 3] < logits[:, :3].max(axis=1)).all()


def test_one_class_is_certain() -> None:
    """With nothing to tell apart there is one column, and no error."""
    rows, owners, _ = rows_about(1, 4)
    assert train(rows, None, owners, 1).logits(rows, None).shape == (5, 1)


@pytest.mark.parametrize("hashed", [False, True])
def test_the_same_rows_give_the_same_probe(hashed: bool) -> None:
    """Nothing is drawn at random."""
    rows, owners, _ = rows_about(5, 5)
    words = hash_words([f"word {owner}" for owner in owners.tolist()]) if hashed else None
    one, two = (train(rows, words, owners, 5) for _ in range(2))
    assert one.weights.tolist() == two.weights.tolist()
    assert one.bias.tolist() == two.bias.tolist()
