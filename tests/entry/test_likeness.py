"""Words that resemble a word: the same as ``difflib`` gives, whatever their number, and found part by part."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from catalog import close_matches
from catalog.likeness import closest

SIGNS = st.sampled_from("abé_")
NAMES = st.lists(st.text(SIGNS, min_size=1, max_size=12), max_size=60, unique=True)
LONG = st.lists(st.text(SIGNS, min_size=100, max_size=200), max_size=6, unique=True)


@given(word=st.text(SIGNS, min_size=1, max_size=12), names=NAMES, most=st.integers(1, 4))
def test_the_closest_are_those_of_difflib(word: str, names: list[str], most: int) -> None:
    """The same words come, in the same order, as where each is compared, ties included."""
    assert closest(word, names, most=most, cutoff=0.6) == difflib.get_close_matches(word, names, n=most, cutoff=0.6)


@given(word=st.text(SIGNS, min_size=100, max_size=210), names=LONG)
def test_a_word_may_be_longer_than_the_bits_of_a_number(word: str, names: list[str]) -> None:
    """A word of several times 64 characters has the closest words that difflib gives it."""
    assert closest(word, names, most=3, cutoff=0.6) == difflib.get_close_matches(word, names, n=3, cutoff=0.6)


@given(word=st.text(st.sampled_from("aAbB"), min_size=1, max_size=6), names=NAMES, cut=st.integers(0, 60))
def test_the_matches_of_all_are_among_those_of_parts(word: str, names: list[str], cut: int) -> None:
    """What is picked of the picks of two parts is what is picked of the whole, names that hold the word included.

    Of names that differ in nothing but case another may come.
    """
    names = sorted({*names[1::2], *(name.upper() for name in names[::2])})
    picked = [*close_matches(word, names[:cut]), *close_matches(word, names[cut:])]
    assert close_matches(word, picked) == close_matches(word, names)


def test_many_names_have_the_matches_of_few() -> None:
    """Names of which most are nothing like the word change nothing, though they are compared another way."""
    few = ["create_scatter", "Create_scatter", "create_scatter_plot", "crate_skater", "scatter"]
    many = [f"{number:x}{number:x}" for number in range(100_000, 107_000)]
    assert close_matches("create_scater", many) == []
    assert close_matches("create_scater", [*many, *few]) == close_matches("create_scater", few)
    assert close_matches("scat", [*many, *few]) == close_matches("scat", few)
    assert close_matches("create\0scater", [*many, *few]) == close_matches("create\0scater", few)
