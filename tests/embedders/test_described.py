"""The vector of an entry's text is that of its name and that of the rest, added."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from catalog.embedders.described import NAME, encode_parts
from catalog.embedders.hashed import HashEmbedder

EMBEDDER = HashEmbedder()


def unit(row: np.ndarray) -> list[float]:
    """Return *row* scaled to length 1."""
    return (row / np.linalg.norm(row)).tolist()


def test_name_and_rest_are_added() -> None:
    """The row of a text is the unit vector of the rest plus the share of the name; examples stay as they are."""
    rows = encode_parts(EMBEDDER, ["create scatter\nDraw dots.\nplot", "Say\nthis", "draw"], [0, 1, 2])
    name, rest, example, plain = EMBEDDER.encode(["create scatter", "Draw dots.\nplot", "Say\nthis", "draw"])
    assert rows[0].tolist() == pytest.approx(unit(rest + NAME * name), abs=1e-6)
    assert rows[1:].tolist() == [example.tolist(), plain.tolist()]


def test_what_lacks_one_is_the_other() -> None:
    """A name alone is its own vector; a name without words leaves that of the rest; nothing leaves zeros."""
    rows = encode_parts(EMBEDDER, ["create", "😀\nDraw dots.", "Draw\n😀", "", "\n"], [0, 0, 0, 0, 0])
    create, dots, draw = EMBEDDER.encode(["create", "Draw dots.", "Draw"])
    assert rows.tolist() == pytest.approx(np.array([create, dots, draw, 0 * draw, 0 * draw]), abs=1e-6)


class Opposed:
    name = "opposed"
    width = 2

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[1.0, 0.0] if text == "a" else [-NAME, 0.0] for text in texts], np.float32)


def test_opposite_vectors_leave_zeros() -> None:
    """Where name and rest cancel out there is no vector, and no number that is not finite."""
    assert encode_parts(Opposed(), ["a\nb"], [0]).tolist() == [[0, 0]]


def test_no_texts_give_no_rows() -> None:
    """An empty list gives an array of no rows."""
    assert encode_parts(EMBEDDER, [], []).shape == (0, 256)
