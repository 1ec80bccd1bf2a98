"""Products in blocks are the products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import products as module
from catalog.search.products import products


@given(st.integers(0, 12), st.integers(0, 300), st.integers(1, 40), st.booleans(), st.integers(0, 99))
def test_every_product_is_there_once(count: int, rows: int, width: int, turned: bool, seed: int) -> None:
    """Whatever the numbers of queries and rows, blocks give what one product gives, also into a place that is given."""
    chance = np.random.default_rng(seed)
    queries = chance.standard_normal((count, width), np.float32)
    many = (
        chance.standard_normal((width, rows), np.float32).T
        if turned
        else chance.standard_normal((rows, width), np.float32)
    )
    wide = np.full((count, rows + 2), 7, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ONE_THREAD", 256)
        patch.setattr(module, "MANY_ROWS", 200)
        alone = products(queries, many)
        given_ = products(queries, many, out=wide[:, 1:-1])
    np.testing.assert_allclose(alone, queries @ many.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(given_, alone)
    assert (wide[:, 0] == 7).all()
    assert (wide[:, -1] == 7).all()


def test_the_answer_for_one_query_does_not_depend_on_threads() -> None:
    """No block of one vector is large enough for a second thread."""
    rows = np.ones((10_000, 256), np.float32)
    blocks: list[int] = []

    def noted(many: np.ndarray, query: np.ndarray, out: np.ndarray) -> None:
        blocks.append(many.size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.np, "matmul", noted)
        products(rows[:1], rows)
    assert sum(blocks) == rows.size
    assert max(blocks) <= 1 << 18
