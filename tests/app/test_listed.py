"""``Catalog.listed`` and ``Catalog.entries``: what is there, as it is read, over all tiers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import Catalog, InvalidFilterError, UnknownKindError
from catalog.settings import load_settings


@pytest.fixture
def cat(url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Three stored entries, one that a configuration has, one of this process that hides a stored one."""
    file = tmp_path / "catalog.toml"
    file.write_text('[entries.tool]\nbend = "math:floor"\ncut = "math:ceil"\n')
    settings = load_settings(file=file, env={})
    with Catalog(url, embedder="none", settings=settings) as cat:
        for kind, name in (("tool", "cut"), ("tool", "alter"), ("agent", "zoom")):
            cat.register(kind, name, "json:dumps", tags=["x"] if name != "alter" else [])
            time.sleep(0.002)
        cat.register("tool", "alter", len, runtime=True, tags=["x"])
        yield cat


def test_the_order_is_that_of_all_tiers_together(cat: Catalog) -> None:
    """By key and by name the tiers are merged; by time what is stored comes first, the newest at the top."""
    by_key = ["agent:zoom", "tool:alter", "tool:bend", "tool:cut"]
    assert [(hit.key, hit.tier) for hit in cat.listed()] == [
        ("agent:zoom", "persistent"), ("tool:alter", "runtime"), ("tool:bend", "config"), ("tool:cut", "persistent"),
    ]  # fmt: skip
    assert [hit.key for hit in cat.search(limit=None)] == by_key
    assert [entry.key for entry in cat.entries()] == by_key
    assert [hit.name for hit in cat.listed(order="name")] == ["alter", "bend", "cut", "zoom"]
    assert [hit.name for hit in cat.listed(order="updated")] == ["zoom", "cut", "alter", "bend"]


def test_filters_are_those_of_a_search(cat: Catalog) -> None:
    """Kinds, tags and sources narrow what is listed; wrong ones are refused before anything is read."""
    assert [hit.key for hit in cat.listed("tool", tags=["x"])] == ["tool:alter", "tool:cut"]
    assert [hit.key for hit in cat.listed(sources=["manual"])] == ["agent:zoom", "tool:cut"]
    with pytest.raises(InvalidFilterError, match="choose one of key, name, updated"):
        cat.listed(order="size")
    with pytest.raises(UnknownKindError):
        cat.listed("tol")


def test_entries_by_place_are_all_entries_once(cat: Catalog) -> None:
    """What reads source code asks by folder and module; what is written meanwhile harms nothing."""
    from catalog.verbs.lookup import entries_by_place

    for name, ref in (("m2", "b:x"), ("m1", "a:y"), ("m0", "a:x")):
        cat.register("tool", name, ref)
    found = []
    for entry in entries_by_place(cat.workspace, None):
        found.append(entry.key)
        if entry.key == "tool:m0":
            cat.register("tool", "late", "c:x")
    assert found == [
        "tool:alter", "tool:bend", "tool:m0", "tool:m1", "tool:m2", "agent:zoom", "tool:cut",
    ]  # fmt: skip


def test_more_than_a_page_is_listed_whole(url: str) -> None:
    """Pages end nowhere in particular: every entry is there once, whatever lists it."""
    with Catalog(url, embedder="none") as cat:
        names = [f"t{number:04}" for number in range(1_203)]
        cat.register_many([{"kind": "tool", "name": name, "ref": f"nowhere:{name}"} for name in names])
        assert [hit.name for hit in cat.listed()] == names
        assert [hit.name for hit in cat.listed(order="name")] == names
        assert [drift.name for drift in cat.verify().unchecked] == names
        faults = cat.diagnose()
        assert [(fault.key, fault.trouble) for fault in faults] == [(f"tool:{name}", "elsewhere") for name in names]
