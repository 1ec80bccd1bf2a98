"""Index and request agree on every word, and no text takes long to split."""

from __future__ import annotations

import time

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import names, queries

from catalog.entry.words import MOST_LETTERS, document, facet, stem, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("createScatterPlot", ["creat", "scatter", "plot", "createscatterplot"]),
        ("create_scatter_plot", ["creat", "scatter", "plot", "createscatterplot"]),
        ("HTTPServer", ["http", "server", "httpserver"]),
        ("Drawing drawn plots", ["draw", "drawn", "plot"]),
        ("naïve Café", ["naiv", "cafe"]),
        ("数据可视化", ["数据", "据可", "可视", "视化"]),
        ("图", ["图"]),
        ("", []),
        ("🧪 -- \0 '\"", []),
    ],
)
def test_a_text_falls_into_its_words(text: str, found: list[str]) -> None:
    """Identifiers, English, accents and scripts without spaces are split as written here."""
    assert words(text) == found


def test_joined_names_are_words_too() -> None:
    """`gpt-4o-mini` is found whole where names and requests are split."""
    assert "gpt4omini" in words("openai/gpt-4o-mini", whole=True) or "openaigpt4omini" in words(
        "openai/gpt-4o-mini", whole=True
    )


@settings(max_examples=some(200))
@given(queries)
def test_words_hold_nothing_a_tokenizer_would_cut(text: str) -> None:
    """No word of any text has a space, a capital of ASCII, a control or punctuation character in it."""
    for word in words(text, whole=True):
        assert word
        assert not any(char.isspace() or (char.isascii() and not (char.islower() or char.isdigit())) for char in word)


@given(st.lists(names, min_size=2, max_size=2, unique=True))
def test_facets_of_different_tags_differ(pair: list[str]) -> None:
    """A tag's word stands for that tag alone, in its own case, and is one word to the tokenizer."""
    first, second = (facet("t", tag) for tag in pair)
    assert first != second
    assert first != facet("k", pair[0])
    assert all(char in "abcdefghijklmnopqrstuvwxyz0123456789" or ord(char) > 127 for char in first)


@pytest.mark.parametrize("text", ["a" * 10**6, "aB" * 10**5, "a.b " * 10**5, "a-" * 10**5, "я" * 10**5, "ꙮ" * 10**5])
def test_no_text_takes_long(text: str) -> None:
    """A million characters without a space, or nothing but joints, are split in a blink."""
    begun = time.perf_counter()
    found = words(text, whole=True)
    assert time.perf_counter() - begun < 1.5  # quadratic was five seconds and more
    assert max(map(len, found)) <= MOST_LETTERS


def test_a_document_has_a_text_for_each_field() -> None:
    """Name, description, parameters, tags and examples each give their own words."""
    schema = {"properties": {"maxRows": {"description": "Limit of rows"}}}
    assert document("plot_it", "Draws.", ["Data Viz"], ["show me"], schema) == (
        "plot it plotit",
        "draw",
        "max row maxrows limit of row",
        "data viz",
        "show me",
    )
    assert document("x", "", [], [], {}, "(count: int)")[2] == "count int"


def test_short_words_are_no_stems() -> None:
    """Two letters and digits stay as they are."""
    assert [stem(word) for word in ("as", "x1", "123", "plots")] == ["as", "x1", "123", "plot"]
