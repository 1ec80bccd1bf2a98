"""``Catalog.gone``: which entries' code was missing when it was last looked for."""

from __future__ import annotations

from pathlib import Path

from catalog import Catalog


def test_keys_limit_what_is_looked_at(tmp_path: Path) -> None:
    """Of given keys `gone` names those whose code is missing, sorted; a text that is no key is passed over."""
    with Catalog(f"sqlite:///{tmp_path}/c.db", embedder="none") as cat:
        for name, missing in (("a", {"gone": "since"}), ("b", {"gone": "since"}), ("c", {}), ("d:e", {"gone": True})):
            cat.register("tool", name, "json:dumps", metadata=missing)
        assert cat.gone() == ["tool:a", "tool:b", "tool:d:e"]
        assert cat.gone(["tool:d:e", "tool:c", "tool:a", "tool:x", "nonsense", "", "tool:\ud800"]) == [
            "tool:a",
            "tool:d:e",
        ]
        assert cat.gone([]) == []
