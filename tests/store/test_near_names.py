"""Stored names that resemble a word, of which only some are in memory at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, close_matches
from catalog.store.near_names import near_names, pages, picked

NAMES = [f"{verb}_{noun}" for verb in ("create", "delete", "read", "draw") for noun in ("chart", "table", "file")]


def test_names_are_read_in_parts(catalog: Catalog) -> None:
    """The names of a kind come sorted, a few at a time, and those of another kind do not."""
    catalog.register_many({"kind": "tool", "name": name, "ref": "os.path:join"} for name in NAMES)
    catalog.register("prompt", "create_chart", "Draw.")
    parts = [*pages(catalog.workspace.store.reader, "tool", 5)]
    assert [len(part) for part in parts] == [5, 5, 2]
    assert [name for part in parts for name in part] == sorted(NAMES)


def test_a_missed_name_has_the_matches_of_all_names(catalog: Catalog) -> None:
    """What resembles a missed name is picked of the names of all tiers, whichever are stored."""
    catalog.register_many({"kind": "tool", "name": name, "ref": "os.path:join"} for name in NAMES[1:])
    catalog.register("tool", NAMES[0], len, runtime=True)
    reader = catalog.workspace.store.reader
    for word in ("creat_chart", "chart", "raed_file", "zzz"):
        assert catalog.workspace.snapshot().close("tool", word) == close_matches(word, NAMES)
        assert set(close_matches(word, NAMES[1:])) <= {*near_names(reader, "tool", word)}


@given(st.text(st.sampled_from("abcdefr_"), min_size=1, max_size=8), st.integers(1, 12))
def test_parts_of_any_size_have_the_matches(word: str, size: int) -> None:
    """However many names are compared at once, the closest of all are among those that are picked."""
    names = sorted(NAMES)
    parts = (names[start : start + size] for start in range(0, len(names), size))
    assert close_matches(word, picked(word, parts)) == close_matches(word, names)
