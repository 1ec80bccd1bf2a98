"""What every framework must show, as data."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FIND: tuple[str, dict[str, Any]] = ("find_tools", {"query": "add numbers", "limit": 1})
CALL: tuple[str, dict[str, Any]] = ("call_tool", {"name": "add", "arguments": {"a": 2, "b": 40}})
STEPS = [FIND, CALL]
"""What a scripted model calls, one after the other, before it answers."""

VALUE = "42"
"""What the last call gives."""

FAILURES: list[tuple[str, dict[str, Any], str]] = [
    ("add", {"a": "two"}, 'a is "two", not integer'),
    ("fail", {"text": "me"}, "ValueError: the key … is wrong for me"),
    ("drifting", {"x": 1}, "its code is not what was recorded"),
    ("gone", {"x": 1}, "its code is gone"),
]
"""Tool, arguments, and what the model must read."""


def imported() -> bool:
    """Tell whether the module of the tools is imported."""
    return "abacus" in sys.modules


def live(folder: Path, code: str) -> ModuleType:
    """Write a module of live objects, import it, and return it."""
    (folder / "live_objects.py").write_text(code, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module("live_objects")
