"""Marked objects of this process, and automatic refreshing."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog, load_settings


def test_marked_objects_of_loaded_modules_are_registered(catalog: Catalog, module_folder: Path) -> None:
    """A refresh stores the objects that a decorator marked in a module that somebody has imported."""
    (module_folder / "marked_here.py").write_text(
        'from catalog import agent, tool\n\n@tool(tags=["x"])\ndef ready() -> int:\n    """Be ready."""\n'
        "    return 1\n\n"
        "class Bot:\n    name = 'helper'\n\nbot = agent(Bot())\n"
    )
    module = importlib.import_module("marked_here")
    catalog.refresh()
    entry = catalog.entry("tool", "ready")
    assert (entry.ref, entry.tags, entry.description, entry.source) == (
        "marked_here:ready",
        ("x",),
        "Be ready.",
        "live",
    )
    assert catalog["tool", "ready"] is module.ready
    assert catalog["agent", "bot"] is module.bot


def test_auto_refresh_sees_edits_and_reloads(url: str, module_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With CATALOG_AUTO_REFRESH=1 the next access finds a new function and runs the new body of an old one."""
    file = module_folder / "notebook_tools.py"
    first = 'from catalog import tool\n@tool\ndef answer() -> int:\n    """Answer."""\n    return 1\n'
    file.write_text(first)
    monkeypatch.setenv("CATALOG_AUTO_REFRESH", "1")
    with Catalog(url, settings=load_settings(module_folder)) as cat:
        cat.scan("notebook_tools")
        assert cat["tool", "answer"]() == 1
        file.write_text(
            first.replace("return 1", "return 2") + '@tool\ndef more() -> int:\n    """More."""\n    return 3\n'
        )
        scanned = [entry.name for entry in cat.entries("tool") if entry.source == "scan:notebook_tools"]
        assert scanned == ["answer", "more"]  # other tests of this process may have marked objects too
        assert cat["tool", "answer"]() == 2


def test_without_auto_refresh_nothing_is_read_again(url: str, module_folder: Path) -> None:
    """Unless asked to, a lookup does not look at sources."""
    file = module_folder / "quiet_tools.py"
    file.write_text('from catalog import tool\n@tool\ndef one() -> int:\n    """One."""\n    return 1\n')
    with open_catalog(url) as cat:
        cat.scan("quiet_tools")
        file.write_text(file.read_text() + '@tool\ndef two() -> int:\n    """Two."""\n    return 2\n')
        assert cat.tools.list() == ["one"]
