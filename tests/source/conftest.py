"""Little packages written for one test, found but never imported."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Write modules into a folder on ``sys.path``; fail if the test imports one of them."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    tops: set[str] = set()

    def write(**files: str) -> Path:
        """``write(pkg__mod="...")`` writes ``pkg/mod.py``; ``pkg____init__`` is its ``__init__``."""
        for name, text in files.items():
            path = folder / (_path(name) + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
            tops.add(_path(name).partition("/")[0])
        return folder

    yield write
    assert not tops & set(sys.modules), "a module was imported that should only have been read"


def _path(name: str) -> str:
    if name.endswith("____init__"):
        return name.removesuffix("____init__").replace("__", "/") + "/__init__"
    return name.replace("__", "/")
