"""The default: WordLlama's static vectors, 256 numbers for each of 32,000 pieces of words, offline.

The weights and the vocabulary lie in the installed ``wordllama`` package and are read from there; the package itself
is not imported. The vector of a text is the mean of the rows of its pieces, scaled to length 1: the same as
``WordLlama.load().embed(texts, norm=True)``, but for blank texts, where that gives NaN or the vector of spaces.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from catalog.embedders.files import fingerprint, package_dir, tensors
from catalog.embedders.pieces import Pieces
from catalog.errors import EmbedderError

if TYPE_CHECKING:
    from catalog.embedders.base import Vectors

REVISION = 1
"""Grows when this module would give other vectors for the same weights."""

MOST_CHARACTERS = 20_000
"""How much of one text is looked at; the mean of more words says less."""

_WEIGHTS = os.path.join("weights", "l2_supercat_256.safetensors")
_VOCABULARY = os.path.join("tokenizers", "l2_supercat_tokenizer_config.json")
_PIECES = 1 << 14  # rows of the table taken at once, 16 MB


class WordLlamaEmbedder:
    """WordLlama's vectors of 256 numbers.

    Attributes:
        name: ``wordllama`` with a fingerprint of the weights.
        width: 256.
    """

    def __init__(self, folder: str | None = None) -> None:
        """Read the weights and the vocabulary of the package in *folder*; None: the installed one.

        Raises:
            MissingExtraError: the package is not installed.
            EmbedderError: its files are missing or of another make.
        """
        folder = folder or package_dir("wordllama", extra=None, install="pip install wordllama")
        path = os.path.join(folder, _WEIGHTS)
        arrays = tensors(path)
        if set(arrays) != {"embedding.weight"}:
            raise EmbedderError(f"{path} has other arrays than expected: {', '.join(sorted(arrays))}", path=path)
        self._table = arrays["embedding.weight"]
        self.pieces = Pieces.read(os.path.join(folder, _VOCABULARY))
        self.width = int(self._table.shape[1])
        if self.pieces.count != len(self._table):
            raise EmbedderError(f"{path} does not belong to the vocabulary beside it", path=path)
        self.name = f"wordllama-{self.width}-{fingerprint(path)}-{REVISION}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of *texts*; zeros for blank ones."""
        import numpy as np

        result = np.zeros((len(texts), self.width), np.float32)
        flat: list[int] = []
        starts: list[int] = []
        places: list[int] = []
        for place, text in enumerate(texts):
            if not text or text.isspace():
                continue
            places.append(place)
            starts.append(len(flat))
            flat += self.pieces.ids(text[:MOST_CHARACTERS])
            if len(flat) >= _PIECES:
                result[places] = self._means(flat, starts)
                flat, starts, places = [], [], []
        if places:
            result[places] = self._means(flat, starts)
        return result

    def _means(self, flat: list[int], starts: list[int]) -> Vectors:
        import numpy as np

        if len(flat) >= _PIECES and self._table.dtype != np.float32:
            self._table = self._table.astype(np.float32)
        rows = self._table[flat]
        if rows.dtype != np.float32:
            rows = rows.astype(np.float32)
        # Divided by the number of pieces or not, scaling to length 1 gives the same. Text by text: that takes a ninth
        # of the time of `reduceat`, and a text has the same digits alone and among others.
        sums = np.empty((len(starts), self.width), np.float32)
        for place, (start, end) in enumerate(pairwise([*starts, len(flat)])):
            np.add.reduce(rows[start:end], axis=0, out=sums[place])
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
        lengths[lengths == 0] = 1
        sums /= lengths[:, None]
        means: Vectors = sums
        return means


@lru_cache(maxsize=1)
def shared() -> WordLlamaEmbedder:
    """Return the embedder that all catalogs of this process share: its weights are loaded once."""
    return WordLlamaEmbedder()
