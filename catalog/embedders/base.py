"""The port every embedder fits, and the check that makes any array fit it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from catalog.errors import EmbedderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors.

    Attributes:
        name: differs from the name of every embedder that would give other vectors for the same texts; vectors are
            kept under it. At most 200 characters.
        width: how many numbers a vector has.
    """

    # Described above, as attributes.
    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def width(self) -> int: ...  # noqa: D102

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each of *texts*: float32, shape (len(texts), width), finite.

        Each row has the length 1, or is all zeros: the text has nothing to embed (it is blank, or without tokens).
        **A row of zeros means "no vector"**: it is not stored, and a request with it is answered by words alone.
        The vector of a text does not depend on the texts beside it, beyond rounding.
        """
        ...


def unit_rows(rows: object, count: int, width: int | None, name: str) -> Vectors:
    """Return *rows* in the form the protocol asks for: float32, finite, each row of length 1 or all zeros.

    Args:
        rows: what the embedder gave: an array, a list of lists of numbers.
        count: how many rows there must be.
        width: how many numbers each must have; None: any number from 1.
        name: of the embedder, for the message.

    Raises:
        EmbedderError: another shape, no numbers, or numbers that are not finite.
    """
    import numpy as np

    try:
        with np.errstate(over="ignore"):  # what is too large is seen below
            array = np.array(rows, dtype=np.float32, ndmin=2)
    except (TypeError, ValueError, OverflowError) as error:
        raise EmbedderError(f"embedder '{name}' gave no array of numbers: {error}", embedder=name) from None
    if count == 0:
        return np.zeros((0, width or 0), np.float32)
    if array.ndim != 2 or array.shape[0] != count or array.shape[1] != (width or array.shape[1] or -1):
        raise EmbedderError(
            f"embedder '{name}' gave an array of shape {array.shape} for {count} texts; "
            f"expected {(count, width or 'its width')}",
            embedder=name,
            shape=list(array.shape),
        )
    if not np.isfinite(array).all():
        raise EmbedderError(f"embedder '{name}' gave numbers that are not finite", embedder=name)
    # Divided by the largest number first: the square of a large or tiny float32 is infinite or 0 as a float32.
    largest = np.abs(array).max(axis=1, keepdims=True)
    array /= np.where(largest > 0, largest, 1)
    length = np.sqrt(np.einsum("ij,ij->i", array, array))[:, None]
    array /= np.where(length > 0, length, 1)
    return array


def _emptied(rows: object) -> object:
    """Return *rows* with zeros for each row of nothing but NaN, which is the mean, 0/0, of a text without tokens."""
    import numpy as np

    try:
        with np.errstate(over="ignore"):
            array = np.array(rows, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        return rows  # whoever checks it says what is wrong
    if array.ndim == 2:
        array[np.isnan(array).all(axis=1)] = 0
    return array


class Checked:
    """An embedder of a user's, with a check around it: its output is made to fit, and its failures name it."""

    def __init__(self, inner: Embedder, name: str | None = None) -> None:
        """Wrap *inner*; *name* replaces its own."""
        self.inner = inner
        self.name = name or inner.name
        self.width = int(inner.width)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the wrapped embedder's vectors, scaled to length 1; blank texts get zeros and are not shown to it.

        A row of nothing but NaN is taken for that of a text without tokens: a single such text must not keep all others
        from having vectors.

        Raises:
            EmbedderError: the wrapped embedder failed, or gave something else than rows of finite numbers.
        """
        import numpy as np

        result = np.zeros((len(texts), self.width), np.float32)
        telling = [place for place, text in enumerate(texts) if text.strip()]
        if telling:
            try:
                rows = self.inner.encode([texts[place] for place in telling])
            except EmbedderError:
                raise
            except Exception as error:
                raise EmbedderError(
                    f"embedder '{self.name}' failed: {type(error).__name__}: {error}", embedder=self.name
                ) from error
            result[telling] = unit_rows(_emptied(rows), len(telling), self.width, self.name)
        return result
