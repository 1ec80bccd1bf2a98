"""What is embedded of an entry."""

from __future__ import annotations

import string

import pytest
from factories import tool
from hypothesis import given
from hypothesis import strategies as st

from catalog.entry import embedding_text
from catalog.entry.embedding_text import hashes, split_name, text_hash, texts_of

SCHEMA = {
    "type": "object",
    "properties": {
        "file_path": {"type": "string", "description": "The CSV file."},
        "dryRun": {"type": "boolean"},
        "width": {"type": "integer", "description": " "},
        "odd": True,
    },
}


def test_the_text_says_name_description_parameters_and_tags_and_examples_stand_alone() -> None:
    """Part 0 has a line for each thing there is to say; every example is a part, unchanged."""
    entry = tool(
        "create_scatterPlot",
        description="Draw a scatter plot.",
        tags=["plot", "data-io"],
        examples=["plot price against size", "  show_me dots "],
        metadata={"parameters": SCHEMA},
        signature="(other: int)",
    )
    assert texts_of(entry) == [
        "create scatter Plot\nDraw a scatter plot.\nfile path: The CSV file.\ndry Run, width, odd\ndata-io, plot",
        "plot price against size",
        "  show_me dots ",
    ]


def test_an_entry_that_says_nothing_but_its_name_has_one_line() -> None:
    """No empty lines stand for what an entry leaves out."""
    assert texts_of(tool("HTTPServer2")) == ["HTTP Server2"]


@pytest.mark.parametrize(
    ("signature", "line"),
    [
        ("(path: str, *, as_json: bool = False) -> dict[str, int]", "path, as json"),
        ("(self, mapping: dict[str, list[int, str]], *args, **kwargs)", "mapping, args, kwargs"),
        ("(a, b=1, /, c: Callable[[int], str] = None) -> None", "a, b, c"),
    ],
)
def test_without_a_schema_the_signature_gives_the_names_of_parameters(signature: str, line: str) -> None:
    """The names in a signature are embedded, its types and defaults are not."""
    assert texts_of(tool("x", signature=signature)) == [f"x\n{line}"]


def test_a_signature_without_parameters_gives_no_line() -> None:
    """`() -> int` adds nothing to the text."""
    assert texts_of(tool("x", signature="() -> int")) == ["x"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("create_scatter", "create scatter"),
        ("openai/gpt-4o.mini", "openai gpt 4o mini"),
        ("getHTTPResponse", "get HTTP Response"),
        ("__init__", "init"),
        ("___", ""),
        ("绘图 工具", "绘图 工具"),
    ],
)
def test_an_identifier_falls_into_its_words(name: str, words: str) -> None:
    """Underscores, dots, hyphens, slashes, colons and humps part words; digits and other scripts do not."""
    assert split_name(name) == words


@given(st.text(alphabet=string.printable + "éΩ绘🙂\ud800"))
def test_every_text_has_a_hash_and_a_letter_more_has_another(text: str) -> None:
    """Any text, half surrogates included, has a hash of 64 hex digits that no longer text shares."""
    assert len(text_hash(text)) == 64
    assert set(text_hash(text)) <= set(string.hexdigits.lower())
    assert text_hash(text) != text_hash(text + "x")


def test_the_hash_is_the_same_in_every_version_that_has_the_same_template() -> None:
    """A hash that is in somebody's database never changes while TEMPLATE_VERSION is 2."""
    assert embedding_text.TEMPLATE_VERSION == 2
    assert text_hash("Draw a scatter plot.") == "c74b60239371d0ecdb0874dde96933a9a2831ea3f8c4b0e21e65ee37393b5f0e"


def test_hashes_are_those_of_the_parts() -> None:
    """There is a hash for each part, in order."""
    entry = tool("draw", examples=["a", "b", "a"])
    assert hashes(entry) == [text_hash("draw"), text_hash("a"), text_hash("b"), text_hash("a")]


def test_what_is_not_said_does_not_count() -> None:
    """Fields that are not embedded change no hash, so no vector goes stale with them."""
    entry = tool("draw", description="Draw.", tags=["plot"])
    other = tool("draw", description="Draw.", tags=["plot"], ref="another.place:thing", priority=3, metadata={"a": 1})
    assert hashes(entry) == hashes(other)
