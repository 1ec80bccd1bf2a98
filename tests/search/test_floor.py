"""Where no entry has a word of a request: what has nothing to do with the catalog finds nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from embedding_server import serving
from factories import open_catalog
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, Settings
from catalog.embedders.everyday import PROMPTS
from catalog.embedders.hashed import HashEmbedder
from catalog.search.similarity_floor import SHARE, floor

TOOLS = {
    "create_scatter": "Scatter plot of two CSV columns.",
    "send_mail": "Send an e-mail to a person.",
    "weather_forecast": "Forecast for a city.",
}
NONSENSE = ["zzzz", "qwxyz", "nonexistent", "nothing-like-this", "lkjhgf", "blorp", "skdjfh"]


def filled(cat: Catalog, *names: str, runtime: bool = False) -> Catalog:
    """Register some of the tools."""
    for name in names:
        cat.register("tool", name, print if runtime else "nowhere:thing", runtime=runtime, description=TOOLS[name])
    return cat


@pytest.mark.parametrize("runtime", [False, True], ids=["stored", "runtime"])
@pytest.mark.parametrize("names", [("create_scatter",), tuple(TOOLS)], ids=["one", "three"])
def test_nonsense_finds_nothing(url: str, names: tuple[str, ...], runtime: bool) -> None:
    """Made-up words and no words of theirs: no entry, in the modes that go by words too; meaning alone ranks."""
    with open_catalog(url, settings=Settings()) as cat:
        filled(cat, *names, runtime=runtime)
        for mode in ("auto", "hybrid", "lexical"):
            assert {text: cat.search(text, mode=mode) for text in NONSENSE} == {text: [] for text in NONSENSE}
        assert [len(cat.search(text, mode="semantic")) for text in NONSENSE] == [len(names)] * len(NONSENSE)


def test_what_shares_no_word_is_found_by_its_meaning(url: str) -> None:
    """Requests that mean an entry reach it, in a catalog of one entry and of three."""
    asked = {
        "draw a picture from a table": "create_scatter",
        "will it rain tomorrow": "weather_forecast",
        "write to my boss": "send_mail",
    }
    with open_catalog("sqlite://", settings=Settings()) as one, open_catalog(url, settings=Settings()) as three:
        filled(one, "create_scatter")
        filled(three, *TOOLS)
        assert [hit.name for hit in one.search("draw a picture from a table")] == ["create_scatter"]
        assert {text: three.search(text)[0].name for text in asked} == asked


def test_a_word_in_common_is_reason_enough(url: str) -> None:
    """An entry with one word of the request is found, however far its meaning is."""
    with open_catalog(url, settings=Settings()) as cat:
        filled(cat, *TOOLS)
        assert [hit.name for hit in cat.search("zzzz columns qwxyz")] == ["create_scatter"]


def test_the_floor_follows_what_is_registered(url: str) -> None:
    """An entry that a request means lifts it above the floor; without that entry it finds nothing again."""
    with open_catalog(url, settings=Settings()) as cat:
        filled(cat, "create_scatter", "send_mail")
        assert cat.search("is it going to be sunny") == []
        filled(cat, "weather_forecast")
        assert [hit.name for hit in cat.search("is it going to be sunny", limit=1)] == ["weather_forecast"]
        cat.unregister("tool", "weather_forecast")
        assert cat.search("is it going to be sunny") == []


def test_a_server_is_not_asked_for_the_floor(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the request itself is sent; without a floor the nearest entry is shown."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with serving() as server, open_catalog(url, embedder=f"openai:m@{server.url}", settings=Settings()) as cat:
        filled(cat, "create_scatter")
        cat.embed_update()
        server.asked.clear()
        cat.search("zzzz")
        assert server.asked == [["zzzz"]]


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_floor_is_a_quantile_of_pairs(count: int, seed: int) -> None:
    """Four in five pairs of an everyday prompt and an entry are not above it."""
    embedder = HashEmbedder(16)
    rows = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = np.sort((embedder.encode(PROMPTS) @ rows.T).ravel())
    found = floor(embedder, rows)
    assert math.isclose(found, pairs[int(SHARE * (len(pairs) - 1))], abs_tol=1e-6)
