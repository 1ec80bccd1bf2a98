"""A module of tools that says when it is imported, in a catalog."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog

TOOLS = '''
import asyncio


def add(a: int, b: int = 1) -> int:
    """Add two whole numbers.

    Args:
        a: the first one
        b: the second one
    """
    return a + b


async def wait(text: str) -> str:
    """Wait for a text and give it back."""
    await asyncio.sleep(0)
    return f"waited: {text}"


def fail(text: str) -> str:
    """Fail whatever the text is."""
    raise ValueError(f"the key sk-abcdefghijklmnop1234 is wrong for {text}")


def drifting(x: int) -> int:
    """Change under the feet of its callers."""
    return x
'''


@pytest.fixture
def tools(url: str, module_folder: Path) -> Iterator[Catalog]:
    """A catalog with ``add wait fail drifting gone`` in a module ``abacus`` that nothing has imported."""
    file = module_folder / "abacus.py"
    file.write_text(TOOLS + "\n\ndef gone(x: int) -> int:\n    '''Go away.'''\n    return x\n", encoding="utf-8")
    with open_catalog(url) as cat:
        for name in ("add", "wait", "fail", "drifting", "gone"):
            cat.register("tool", name, f"abacus:{name}")
        file.write_text(TOOLS.replace("drifting(x: int)", "drifting(x: int, y: int)"), encoding="utf-8")
        assert "abacus" not in sys.modules
        yield cat
