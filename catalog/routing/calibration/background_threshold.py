"""A threshold from everyday prompts: it tells a weak match from none before there are examples.

Everyday prompts (:mod:`catalog.embedders.everyday`) are held against the candidates, and a prompt must come nearer than
nearly all of those pairs do. Of candidates drawn from six sets, with 0 to 2 examples each, 93 to 99 % of their own
prompts get an answer; those of other sets get none in 85 % of cases at two candidates, 75 at five, 50 at twenty, 28 at
sixty, with the weaker of two encoders, where picking the nearest refuses 15, 3, 0 and 0
(`python -m benchmarks routing_few`): among many candidates of all kinds something is always near, and only examples and
fitting tell more.

Numpy is imported at the top: nobody imports this module before there are vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catalog.embedders.everyday import embedded

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder
    from catalog.routing.calibration.similarity import Nearness

SHARE = 0.97
"""The share of pairs of an everyday prompt and a candidate that stay below the threshold."""


def threshold(near: Nearness, embedder: Embedder) -> float:
    """Return the score that a share of :data:`SHARE` of all pairs of everyday prompt and candidate stay below.

    Args:
        near: the vectors of the candidates; at least one candidate has some.
        embedder: the embedder that made the vectors.

    Raises:
        EmbedderError: the embedder failed.
    """
    return float(np.quantile(near.score(embedded(embedder, near.rows.shape[1]))[:, near.present], SHARE))
