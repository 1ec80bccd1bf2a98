"""What is remembered of words between searches changes no answer."""

from __future__ import annotations

import pytest

from catalog import Catalog, Settings
from catalog.search import keyword

REQUESTS = [
    "draw a chart of sales",
    "mail",
    "sales sales report",
    "nothing has this",
    "report 7",
    "draw_chart_11",
]


def _filled(url: str) -> str:
    said = ["Draw a chart of the sales.", "Mail the sales report.", "A chart, a report and a chart.", "Draw."]
    with Catalog(url, settings=Settings()) as cat:
        cat.register_many(
            {"kind": "tool", "name": f"draw_chart_{i}", "ref": f"m:f{i}", "description": said[i % 4] * (1 + i % 3)}
            for i in range(90)
        )
    return url


def _found(cat: Catalog, text: str, mode: str) -> list[tuple[str, float]]:
    return [(hit.key, hit.score) for hit in cat.search(text, mode=mode, limit=5)]


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
@pytest.mark.parametrize("small", [keyword.SMALL, 0])
def test_remembered_words_give_the_scores_of_sqlite(
    url: str, monkeypatch: pytest.MonkeyPatch, mode: str, small: int
) -> None:
    """A request is answered with the same scores, to the last bit, by the first search of a state and by later ones."""
    monkeypatch.setattr(keyword, "SMALL", small)
    _filled(url)
    first = {}
    for text in REQUESTS:
        with Catalog(url, settings=Settings()) as cat:
            first[text] = _found(cat, text, mode)
    with Catalog(url, settings=Settings()) as cat:
        later = [{text: _found(cat, text, mode) for text in REQUESTS} for _ in range(2)][1]
    assert later == first


def test_remembered_words_go_with_the_state_they_are_of(url: str) -> None:
    """An entry that is registered, and one that goes, changes what the next search finds by words asked before."""
    with Catalog(_filled(url), settings=Settings()) as cat:
        before = [_found(cat, "zebra chart", "lexical") for _ in range(3)]
        cat.register("tool", "zebra", "m:zebra", description="A chart of a zebra.")
        during = _found(cat, "zebra chart", "lexical")
        cat.unregister("tool", "zebra")
        after = _found(cat, "zebra chart", "lexical")
    assert before == [before[0]] * 3
    assert during[0][0] == "tool:zebra"
    assert after == before[0]


def test_only_so_much_is_remembered(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests without end don't fill the memory: words are forgotten, and asked for again."""
    monkeypatch.setattr("catalog.search.corpus.KEPT_ROWS", 500)
    with Catalog(_filled(url), settings=Settings()) as cat:
        wanted = _found(cat, "draw a chart", "lexical")
        for i in range(50):
            cat.search(f"draw chart word{i} sales report mail", mode="lexical", limit=5)
        corpus = cat.workspace.snapshot().corpus()
        assert len(corpus.remembered) < 12
        assert _found(cat, "draw a chart", "lexical") == wanted


def test_a_kind_that_all_entries_have_is_no_filter(url: str) -> None:
    """Where all entries are tools, a search for tools goes by remembered words, and finds the same; an agent in any
    tier makes it a filter again."""
    with Catalog(_filled(url), settings=Settings()) as cat:
        answers = [
            [(hit.key, hit.score) for hit in cat.search("draw a chart", kind="tool", mode="lexical", limit=5)]
            for _ in range(3)
        ]
        assert cat.workspace.snapshot().corpus().remembered
        assert answers == [_found(cat, "draw a chart", "lexical")] * 3
        cat.register("agent", "chart", object(), runtime=True)
        assert {hit.kind for hit in cat.search("draw a chart", kind="tool", mode="lexical")} == {"tool"}
