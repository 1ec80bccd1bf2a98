"""The row that an entry is searched by: the vector of its text, pulled towards those of its examples.

Both an index in memory and the one on a server hold these rows, so both are made here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.entry.embedding_text import TEXT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from catalog.store.vectors import Rows


def rows_of_entries(vectors: Rows) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the ids of the entries that have *vectors*, ascending, and one row for each: (n, width)."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        is_sound = np.isfinite(vectors.vectors.sum())
    if not is_sound:  # a row that is not of numbers would be in the way of all others
        rows = np.clip(np.nan_to_num(vectors.vectors, posinf=0.0, neginf=0.0), -1.0, 1.0)
        vectors = vectors._replace(vectors=rows)
    is_text = vectors.parts == TEXT
    # Without examples and in order, as they come from a catalog embedded in one go, they are the rows: no copy.
    if is_text.all() and (np.diff(vectors.entry_ids) > 0).all():
        return vectors.entry_ids, vectors.vectors
    order = np.lexsort((vectors.parts, vectors.entry_ids))
    texts, examples = order[is_text[order]], order[~is_text[order]]
    ids = np.unique(vectors.entry_ids)
    rows = np.zeros((len(ids), vectors.vectors.shape[1]), np.float32)
    rows[np.searchsorted(ids, vectors.entry_ids[texts])] = vectors.vectors[texts]
    if len(examples):
        having, owners = np.unique(vectors.entry_ids[examples], return_inverse=True)
        places = np.searchsorted(ids, having)
        rows[places] = pulled(rows[places], vectors.vectors[examples], owners)
    return ids, rows


def pulled(text: ArrayLike, examples: ArrayLike, owners: ArrayLike) -> NDArray[np.float32]:
    """Return the rows that are searched: the vector of each entry's text, pulled towards those of its examples.

    An entry's row is the unit vector half-way between that of its text and the mean of its examples'; without examples
    it is that of its text. Requests look like examples more than like descriptions, and the mean of ten says more
    than the nearest of ten: an entry with many examples would be near to everything by chance.

    Args:
        text: unit rows, one for each entry; zeros where there is no vector.
        examples: unit rows; zeros where there is no vector.
        owners: for each example, the row of its entry in *text*.

    Returns:
        Unit rows, one for each entry; zeros where neither text nor examples have a vector.
    """
    import numpy as np

    rows = np.array(text, np.float32, ndmin=2)
    example_rows = np.asarray(examples, np.float32)
    if not len(example_rows):
        return rows
    sums = np.zeros_like(rows)
    np.add.at(sums, np.asarray(owners, np.int64), example_rows)
    # Scaled to length 1 each, text and mean example count alike however much the examples differ among themselves.
    rows += _unit(sums)
    return _unit(rows)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return *rows* scaled to length 1; rows of zeros stay."""
    import numpy as np

    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    lengths[lengths < 1e-6] = 1  # opposite vectors leave nothing but rounding
    unit: NDArray[np.float32] = rows / lengths[:, None]
    return unit
