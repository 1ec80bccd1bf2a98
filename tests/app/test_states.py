"""``Catalog.states`` and ``gone``: what the last look at code said against entries."""

from __future__ import annotations

from pathlib import Path

from catalog import Catalog


def test_keys_limit_what_is_looked_at(tmp_path: Path) -> None:
    """Of given keys `states` gives the marks of those that have one; keys of nothing have none."""
    with Catalog(f"sqlite:///{tmp_path}/c.db", embedder="none") as cat:
        for name, mark in (("a", {"gone": "since"}), ("b", {"gone": "since"}), ("c", {}), ("d:e", {"broken": "it"})):
            cat.register("tool", name, "json:dumps", metadata=mark)
        assert cat.gone() == ["tool:a", "tool:b"]
        assert cat.states() == {"tool:a": "gone", "tool:b": "gone", "tool:d:e": "broken"}
        assert cat.states(["tool:d:e", "tool:c", "tool:a", "tool:x"]) == {"tool:a": "gone", "tool:d:e": "broken"}
        assert cat.states([]) == {}
