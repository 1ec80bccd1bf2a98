"""Any model of the sentence-transformers library, by name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from catalog.embedders.base import unit_rows
from catalog.errors import EmbedderError, MissingExtraError

if TYPE_CHECKING:
    from catalog.embedders.base import Vectors


class SentenceTransformerEmbedder:
    """A model run by ``sentence_transformers``.

    Attributes:
        name: ``st:`` and the name of the model. Two folders of one name are taken for one model.
        width: the model's.
    """

    def __init__(self, model: str, **options: Any) -> None:
        """Load *model*; *options* go to ``SentenceTransformer``.

        Raises:
            MissingExtraError: the library is not installed.
            EmbedderError: it can't load the model.
        """
        try:
            library = import_module("sentence_transformers")
        except ImportError:
            raise MissingExtraError(
                "the package 'sentence-transformers' is not installed; "
                "`pip install 'magma-catalog[sentence-transformers]'` brings it",
                extra="sentence-transformers",
                package="sentence-transformers",
            ) from None
        self.name = f"st:{model}"
        try:
            self._model = library.SentenceTransformer(model, **options)
        except Exception as error:
            raise EmbedderError(f"embedder '{self.name}' can't be loaded: {error}", embedder=self.name) from error
        self.width = int(self._model.encode(["width"]).shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of *texts*; zeros for blank ones.

        Raises:
            EmbedderError: the model failed.
        """
        import numpy as np

        result = np.zeros((len(texts), self.width), np.float32)
        telling = [place for place, text in enumerate(texts) if text.strip()]
        if telling:
            try:
                rows = self._model.encode([texts[place] for place in telling], show_progress_bar=False)
            except Exception as error:
                raise EmbedderError(f"embedder '{self.name}' failed: {error}", embedder=self.name) from error
            result[telling] = unit_rows(rows, len(telling), self.width, self.name)
        return result
