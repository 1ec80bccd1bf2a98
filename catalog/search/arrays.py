"""Types of the arrays searches work on; for type checkers, as numpy is loaded where there are vectors only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids: TypeAlias = NDArray[np.int64]
    """Ids of entries."""

    Places: TypeAlias = NDArray[np.int64]
    """Places in another array."""

    Matrix: TypeAlias = NDArray[np.float32]
    """Rows of vectors, or the products of two such."""

    Floats: TypeAlias = NDArray[np.float64]
    """Scores and points."""
