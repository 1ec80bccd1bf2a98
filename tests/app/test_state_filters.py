"""Filters by state and by framework: in listings, searches and counts, before anything was counted and after."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from factories import blank_catalog, open_catalog, tool

from catalog import (
    ENTRY_STATES,
    REVIEW_STATES,
    Catalog,
    Entry,
    HashEmbedder,
    InvalidFilterError,
    Settings,
    entry_marks,
    facets,
)
from catalog.search import semantic
from catalog.workspace import tally

STATES = (*REVIEW_STATES, *ENTRY_STATES)
MARKS: tuple[Mapping[str, Any], ...] = (
    {},
    {"framework": "mcp"},
    {"framework": "langchain", "draft": "a model wrote it"},
    {"draft": ""},
    {"draft": True, "framework": "it's"},
    {"note": 'says "gone" and "framework"'},
    {"not loadable": "it is made in a function"},
    {"framework": ["no text"]},
)


def _fill(cat: Catalog, chance: random.Random, number: int) -> None:
    cat.register_many(
        tool(
            f"t{i}",
            description=f"Draw chart {i}.",
            tags=chance.sample(["a", "b", "c"], 2),
            metadata=chance.choice(MARKS),
        )
        for i in chance.sample(range(40), number)
    )
    for name in chance.sample(cat.list("tool"), 3):
        if cat.entry("tool", name).tier == "persistent":
            cat.deprecate("tool", name)
    cat.register("tool", f"t{chance.randrange(40)}", len, runtime=True, tags=["a"])
    cat.unregister("tool", chance.choice(cat.list("tool")))


def _passes(entry: Entry, states: tuple[str, ...], frameworks: tuple[str, ...]) -> bool:
    marks = entry_marks(entry.metadata)
    return (not states or marks.state in states or marks.code in states) and (
        not frameworks or entry.metadata.get("framework") in frameworks
    )


@pytest.mark.parametrize("counted_before", [False, True], ids=["cold", "counted"])
@pytest.mark.parametrize("seed", range(4))
def test_filters_by_state_and_framework_find_what_the_entries_say(url: str, seed: int, counted_before: bool) -> None:
    """Listings, searches and counts agree with the marks of the entries themselves, after every change."""
    chance = random.Random(seed)
    asked = [((state,), ()) for state in STATES]
    asked += [((), ("mcp",)), ((), ("it's", "langchain")), (("draft", "deprecated"), ("langchain",))]
    with open_catalog(url) as cat:
        for number in (12, 25, 5):
            _fill(cat, chance, number)
            if counted_before:
                facets(cat)
            every = list(cat.entries())
            for states, frameworks in asked:
                right = [entry for entry in every if _passes(entry, states, frameworks)]
                keys = [entry.key for entry in right]
                given: dict[str, Any] = {"states": states, "frameworks": frameworks}
                assert [hit.key for hit in cat.listed(**given)] == keys
                assert [hit.key for hit in cat.search(limit=None, **given)] == keys
                words = {hit.key for hit in cat.search("draw chart", limit=None, mode="lexical", **given)}
                assert words == {entry.key for entry in right if entry.tier == "persistent"}
                counted = facets(cat, **given)
                assert counted.total == len(right)
                assert counted.counts["tag"] == dict(Counter(tag for entry in right for tag in sorted(entry.tags)))


def test_a_count_reads_only_what_has_changed(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first count a change of two entries among many has two rows read, and the count is that of now."""
    catalog.register_many(tool(f"t{i}", tags=["old"]) for i in range(50))
    facets(catalog)
    read: list[str] = []
    monkeypatch.setattr(tally, "marks_of_row", lambda metadata: read.append("row") or ("approved", None))
    catalog.register_many([tool("t7", tags=["new"]), tool("more", tags=["new"])])
    catalog.unregister("tool:t8")
    assert facets(catalog).counts["tag"] == {"old": 48, "new": 2}
    assert (facets(catalog).total, read) == (50, ["row", "row"])


@pytest.mark.parametrize(
    "given",
    [
        {"states": ["approved"]},
        {"states": ["deprecated"]},
        {"states": ["draft", "gone"]},
        {"kind": "tool"},
        {"kind": ("model", "tool"), "states": ["approved"]},
        {"frameworks": ["mcp", "langchain"]},
        {"kind": "prompt"},
    ],
    ids=str,
)
def test_what_was_counted_narrows_a_search_by_meaning(
    url: str, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    """With filters a search by meaning finds what it found before anything was counted, and reads no ids again."""
    with open_catalog(url, embedder=HashEmbedder(64), settings=Settings()) as cat:
        cat.register_many(tool(f"t{i}", description=f"Draw chart {i}.", metadata=MARKS[i % 4]) for i in range(60))
        cat.embed_update()
        for name in ("t0", "t20"):
            cat.deprecate("tool", name)
        cat.register("tool", "t4", len, runtime=True, description="Draw chart 4.")

        def found() -> list[tuple[str, float]]:
            return [
                (hit.key, round(hit.score, 6))
                for hit in cat.search("draw chart 9", limit=None, mode="semantic", **given)
            ]

        before = found()
        cat.update("tool:t8", description="Draw chart 9, too.")
        cat.embed_update()
        changed = found()
        assert (before != changed) == bool(before)  # scores are by the mean of all entries
        facets(cat)
        cat.update("tool:t8", description="Draw chart 8.")
        cat.embed_update()
        monkeypatch.setattr(semantic, "matching_ids", lambda *_: pytest.fail("every id was read again"))
        assert found() == before
        cat.update("tool:t8", description="Draw chart 9, too.")
        cat.embed_update()
        assert found() == changed


def test_counts_follow_another_process_and_a_restored_backup(url: str, tmp_path: Any) -> None:
    """What another one writes is counted at once; a database that was put back is counted anew."""
    with open_catalog(url) as cat, open_catalog(url) as other:
        cat.register_many([tool("a", tags=["x"]), tool("b", tags=["x"])])
        assert facets(cat).counts["tag"] == {"x": 2}
        other.update("tool:b", tags=["y"])
        assert facets(cat).counts["tag"] == {"x": 1, "y": 1}


def test_a_state_that_does_not_exist_is_refused(catalog: Catalog) -> None:
    """The message names the states that there are."""
    with pytest.raises(InvalidFilterError, match="'gon'; choose of approved, draft, needs review, deprecated, gone"):
        catalog.search(states=["gon"])
    with pytest.raises(InvalidFilterError, match="give a list of texts"):
        catalog.search(frameworks="mcp")


def test_a_database_put_back_is_counted_anew(tmp_path: Any) -> None:
    """A backup counts the same generations again: the counts are those of the file that is there now."""
    path = tmp_path / "team.db"
    with open_catalog(blank_catalog(path)) as cat:
        cat.register_many([tool("a", tags=["x"])])
        cat.backup(tmp_path / "kept.db")
        cat.register_many([tool("b", tags=["x"])])
        assert facets(cat).total == 2
        with open_catalog(f"sqlite:///{tmp_path / 'kept.db'}") as kept:
            kept.register_many([tool("c", tags=["z"])])
        (tmp_path / "kept.db").replace(path)
        assert facets(cat).counts["tag"] == {"x": 1, "z": 1}
