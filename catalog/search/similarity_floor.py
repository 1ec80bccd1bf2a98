"""How near in meaning the best entry must be for an answer, where no entry has a word of the request.

Something is always nearest, also to nonsense. A word in common is a reason to show it; without any, the best entry must
be nearer than four in five pairs of an entry and an everyday prompt are (:mod:`catalog.embedders.everyday`). Of
catalogs of 1, 2, 5 and 20 tools drawn from three sets, with the default embedder, 97, 97, 100 and 100 % of requests for
these tools get past it by meaning alone, and 77, 60, 36 and 7 % of made-up words do not; with MiniLM 51, 27, 9 and none
(`python -m benchmarks nonsense`). A higher floor refuses more, and loses requests that mean an entry in other words:
that would be the worse mistake. The more entries, the more is near to something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.embedders.everyday import embedded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.embedders.base import Embedder

SHARE = 0.8
"""The share of pairs of an everyday prompt and an entry that are less similar than the floor."""

MOST = 1_000
"""Entries that are looked at, evenly spaced among all."""


def floor(embedder: Embedder, rows: NDArray[np.float32]) -> float:
    """Return the similarity that the best entry must reach: that of the pair at the place :data:`SHARE` of all pairs.

    Args:
        embedder: made the vectors, and embeds the everyday prompts.
        rows: (n, width) unit rows of entries, n ≥ 1.

    Raises:
        EmbedderError: the embedder failed.
    """
    import numpy as np

    pairs = (embedded(embedder, rows.shape[1]) @ rows.T).ravel()
    place = int(SHARE * (len(pairs) - 1))
    return float(np.partition(pairs, place)[place])
