"""Entries of all sorts, and whatever a client sends: sentences, never a crash, and no flood."""

from __future__ import annotations

import atexit
import json
from functools import cache
from typing import Any

from factories import LendUrl, damage, open_catalog, some, temporary_catalog
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import session, text_of

from catalog import Catalog, CatalogError
from catalog.adapters.arguments import UnfitError
from catalog.mcp.server import CatalogServer
from catalog.mcp.tools import DEFINITIONS, Tools

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=8), parts, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["query", "kind", "tags", "limit", "key", "prompt", "arguments", "other"])


@cache
def _opened() -> Catalog:
    """Return one catalog for all examples of this process."""
    cat = open_catalog("sqlite://")
    atexit.register(cat.close)
    cat.register("tool", "parse", "json:loads", description="Parse a text.", tags=["a"])
    return cat


@settings(max_examples=some(60))
@given(name=st.sampled_from(sorted(DEFINITIONS)), given=st.dictionaries(NAMES, JSON, max_size=4))
def test_whatever_is_sent_is_answered_or_refused_in_words(name: str, given: dict[str, Any]) -> None:
    """Arguments of any form give an answer that JSON can hold, or an error of the catalog."""
    tools = Tools(_opened(), call=False)
    try:
        arguments = tools.arguments(name, given)
        answer = str(tools.called(arguments["key"])) if name == "call_tool" else tools.answer(name, arguments)
        said = json.dumps(answer, allow_nan=False)
    except (CatalogError, UnfitError) as error:
        said = str(error)
    assert said


def test_hostile_texts_neither_act_nor_flood(catalog: Catalog) -> None:
    """Control characters are marked, a description of a megabyte is short in lists, a page stays below 4 kB."""
    catalog.register("tool", "x" * 200, "m:a", description="Steer\x1b[2J \u202eit.\n" + "word " * 200_000)
    for number in range(30):
        catalog.register("tool", f"{number:03} " + "é" * 190, "m:b", description="<b>Bold</b> " * 50)

    async def ask(client: Any) -> Any:
        found = await client.call_tool("search_tools", {"query": "steer"})
        listed = await client.list_resources()
        return found, listed

    found, listed = session(CatalogServer(catalog), ask)
    (hit,) = found.structured_content["hits"]
    assert hit["description"].startswith("Steer\ufffd[2J \ufffdit. word word")
    assert len(hit["description"]) == 300
    assert len(text_of(found)) < 1_000
    assert len(listed.model_dump_json(by_alias=True, exclude_none=True).encode()) < 4_096
    assert listed.next_cursor is not None


def test_a_damaged_row_leaves_the_others(catalog: Catalog) -> None:
    """A row that can't be read is left out of lists and named where it is asked for; the rest is served."""
    catalog.register("tool", "good", "m:good", description="Good.")
    catalog.register("tool", "bad", "m:bad", description="Bad.")
    catalog.register("prompt", "fine", "Fine.")
    damage(catalog.url, "UPDATE entry SET metadata = '{', tags = '[' WHERE name = 'bad'")

    async def ask(client: Any) -> Any:
        listed = [resource.name for resource in (await client.list_resources()).resources]
        described = await client.call_tool("describe_tool", {"key": "tool:bad"})
        found = await client.call_tool("search_tools", {"query": "good"})
        return listed, described, [hit["key"] for hit in found.structured_content["hits"]]

    listed, described, keys = session(CatalogServer(catalog), ask)
    assert "good" in listed
    assert "fine" in listed
    assert keys == ["tool:good"]
    assert described.is_error or described.structured_content["key"] == "tool:bad"


def test_a_catalog_that_is_closed_is_a_tool_error(lend_url: LendUrl) -> None:
    """When the catalog goes away under the server, calls say so and the session goes on."""
    with temporary_catalog(lend_url) as cat:
        server = CatalogServer(cat)

        async def ask(client: Any) -> list[Any]:
            cat.close()
            results = [await client.call_tool("search_tools", {"query": "a"}) for _ in range(2)]
            return [*results, await client.list_tools()]

        first, second, listed = session(server, ask)
        assert (first.is_error, second.is_error, len(listed.tools)) == (True, True, 3)
        assert "closed" in text_of(first)
