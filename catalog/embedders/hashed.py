"""Vectors without a model: each word and each three letters of it fall into places that a checksum chooses.

For tests, and for users whose catalogs speak no language that a model knows: the same on every machine and in every
process, nothing to download, and texts that share words or parts of words are near each other.

Source: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from catalog.entry.words import WORDS_VERSION, small_words, words

if TYPE_CHECKING:
    from catalog.embedders.base import Vectors

REVISION = 1
"""Grows when this module would give other vectors for the same words."""


class HashEmbedder:
    """Hashed words and parts of words.

    Attributes:
        name: ``hash`` with the width and the versions that shape the output.
        width: how many places there are.
        at_once: whether a catalog embeds entries as they are registered; here it costs next to nothing.
    """

    at_once = True

    def __init__(self, width: int = 256) -> None:
        """Make vectors of *width* numbers, ≥ 1."""
        if width < 1:
            raise ValueError(f"width={width}: give a number from 1")
        self.width = width
        self.name = f"hash-{width}-{WORDS_VERSION}.{REVISION}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of *texts*; zeros where there is no word."""
        import numpy as np

        result = np.zeros((len(texts), self.width), np.float32)
        for row, text in zip(result, texts, strict=True):
            for word in words(text):
                weight = 0.2 if word in small_words() else 1.0
                share, numbers = _places(word)
                for place, number in enumerate(numbers):
                    # The lower bits choose the place, the highest the sign: words that meet at one place by chance
                    # cancel out as often as they add up, so texts without a common word are at 0 on average.
                    length = share if place else 1.0
                    row[number % self.width] += weight * (length if number & 1 << 31 else -length)
        lengths = np.sqrt(np.einsum("ij,ij->i", result, result))
        lengths[lengths == 0] = 1
        result /= lengths[:, None]
        return result


@lru_cache(maxsize=1 << 14)
def _places(word: str) -> tuple[float, array[int]]:
    """Return the share of each part of a word, and the numbers that choose place and sign: of the word, then its parts.

    As an array: words of requests have no end, and as tuples those that are remembered would take ten times as much.
    """
    coded = word.encode("utf-8", "replace")
    edged = f"^{word}$"
    parts = [edged[i : i + 3] for i in range(len(edged) - 2)] if len(word) > 2 else []
    share = 0.5 / len(parts) ** 0.5 if parts else 0.0  # all parts together have half the length of the word itself
    return share, array("I", [crc32(coded), *(crc32(part.encode("utf-8", "replace"), 1) for part in parts)])
