"""A model finds tools and calls them."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
from factories import damage, open_catalog

from catalog import Catalog, Settings
from catalog.adapters.finding import searching


def test_a_model_finds_and_calls(tools: Catalog) -> None:
    """A search gives names, descriptions and schemas; a call by such a name gives the result, awaited or not."""
    find, use = searching(tools)
    assert (find.name, use.name) == ("find_tools", "call_tool")
    (found,) = json.loads(find.call({"query": "add numbers", "limit": 1}).text)
    assert (found["name"], found["parameters"]["required"]) == ("add", ["a"])
    assert "abacus" not in sys.modules
    assert use.call({"name": "add", "arguments": {"a": 2, "b": 3}}).text == "5"
    assert use.call({"name": "add", "arguments": '{"a": 2}'}).text == "3"
    assert asyncio.run(use.acall({"name": "wait", "arguments": {"text": "a"}})).text == "waited: a"
    assert asyncio.run(find.acall({"query": "add numbers", "limit": 1})).text == json.dumps([found])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"name": "add"}, "tool 'add' was not called: a is missing"),
        (
            {"name": "nobody"},
            "call_tool was not called: there is no tool called 'nobody' here; use a name that a search gives",
        ),
        ({}, "call_tool was not called: name is missing"),
        ({"name": "add", "arguments": "no"}, None),
        ({"name": "add", "arguments": [1]}, None),
        ({"name": 3}, "call_tool was not called: name is 3, not string"),
    ],
)
def test_a_wrong_call_is_told(tools: Catalog, arguments: object, text: str | None) -> None:
    """A name or arguments that do not fit end in a text."""
    outcome = searching(tools)[1].call(arguments)
    assert outcome.failed
    assert outcome.text == text or text is None
    assert asyncio.run(searching(tools)[1].acall(arguments)).text == outcome.text


def test_a_damaged_row_hides_no_other_tool(tools: Catalog) -> None:
    """A search passes over a row that can't be read and that no history tells; the others are there to be called."""
    damage(tools.url, "UPDATE entry SET tags = '[1]' WHERE name = 'add'")
    damage(tools.url, "DELETE FROM revision WHERE name = 'add'")
    assert [hit.name for hit in tools.search("add numbers or wait for a text", kind="tool", limit=2)] == ["add", "wait"]
    find, use = searching(tools)
    found = json.loads(find.call({"query": "add numbers or wait for a text", "limit": 1}).text)
    assert [part["name"] for part in found] == ["wait"]
    assert use.call({"name": "wait", "arguments": {"text": "a"}}).text == "waited: a"


def test_only_what_passes_the_filters_can_be_called(tools: Catalog) -> None:
    """What the filters leave out is neither found nor called, nor is what needs a review or is gone."""
    tools.update("tool:add", tags=["math"])
    find, use = searching(tools, tags=["math"])
    assert [part["name"] for part in json.loads(find.call({"query": "add"}).text)] == ["add"]
    assert use.call({"name": "wait", "arguments": {"text": "a"}}).text == (
        "call_tool was not called: there is no tool called 'wait' here; use a name that a search gives"
    )
    tools.verify()
    find, _ = searching(tools)
    assert [find.call({"query": query}).text for query in ("change callers", "go away")] == [
        "No tool fits; try other words."
    ] * 2
    assert find.call({"query": "xyzzy"}).text == "No tool fits; try other words."


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(("learn", "uses"), [("auto", 1), ("explicit", 0), ("off", 0)])
def test_a_call_after_a_search_is_a_use(tools: Catalog, learn: str, uses: int, awaited: bool) -> None:
    """Where learning is on, the first tool that is called after a search counts for it, once, in whatever thread."""
    with open_catalog(tools.url, settings=Settings(embedder="none", learn=learn)) as cat:
        find, use = searching(cat)

        async def loop() -> None:
            await find.acall({"query": "add numbers"})
            for _ in range(2):
                await use.acall({"name": "add", "arguments": {"a": 1}})

        if awaited:
            asyncio.run(loop())
        else:
            find.call({"query": "add numbers"})
            for _ in range(2):
                use.call({"name": "add", "arguments": {"a": 1}})
        weights = [use.weight for use in cat.uses() if use.query.startswith("r:")]
        assert weights == [1.0] * uses
