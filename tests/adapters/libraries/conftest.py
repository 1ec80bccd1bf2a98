"""Warnings of the frameworks are their own affair."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("cases")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the warnings of the frameworks pass in the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("default"))
