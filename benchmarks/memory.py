"""Vectors of texts, kept between runs in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "magma-catalog-benchmarks"


class Memory:
    """The vectors of texts under one encoder, kept in a file by the hash of the text."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder
        self.path = CACHE / f"{encoder.name.replace('/', '_')}.npz"
        self.known: dict[str, Any] = {}
        if self.path.exists():
            with np.load(self.path, allow_pickle=False) as kept:
                self.known = dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))

    def encode(self, texts: Sequence[str]) -> Any:
        """Return the vectors of *texts*, one row each; what is new is embedded and kept."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = list({key: text for key, text in zip(keys, texts, strict=True) if key not in self.known}.items())
        for start in range(0, len(new), 1_000):
            batch = new[start : start + 1_000]
            rows = self.encoder.encode([text for _, text in batch])
            self.known.update(zip((key for key, _ in batch), rows, strict=True))
        if new:
            self._keep()
        return np.array([self.known[key] for key in keys], np.float32).reshape(len(texts), self.encoder.width)

    def _keep(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(f".{os.getpid()}.npz")  # two benchmarks may run at once
        np.savez(part, keys=np.array(list(self.known)), rows=np.array(list(self.known.values())))
        part.replace(self.path)
