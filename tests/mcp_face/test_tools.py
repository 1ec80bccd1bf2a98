"""The tools that a client sees: what they answer, and what becomes of errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from sessions import MODES, session, text_of

from catalog import Catalog, Settings
from catalog.mcp.server import CatalogServer

CODE = '''
"""Sums."""


def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


def boom() -> None:
    """Fail."""
    raise RuntimeError("no luck with sk-abcdefghijklmnopqrstuvwxyz0123456789abcd")


def odd(what: str) -> object:
    """Give what JSON can't hold."""
    return {"nan": float("nan"), "half": "a\\ud800b", "large": "x" * 1_000_001, "print": print}[what]
'''


@pytest.fixture
def sums(catalog: Catalog, module_folder: Path) -> Catalog:
    """A catalog with tools of a module that nobody has imported."""
    (module_folder / "sums.py").write_text(CODE, encoding="utf-8")
    for name in ("add", "boom", "odd"):
        catalog.register("tool", name, f"sums:{name}", tags=["sum"] if name == "add" else [])
    catalog.register("tool", "broken", "sums:gone", description="Its code is gone.")
    catalog.register("model", "openai/gpt-4o", {"id": "gpt-4o"}, description="A model.")
    return catalog


def call(cat: Catalog, *steps: tuple[str, dict[str, Any]], mode: str = "auto", allowed: bool = True) -> list[Any]:
    """Return the results of calls of one session."""

    async def run(client: Any) -> list[Any]:
        return [await client.call_tool(name, arguments) for name, arguments in steps]

    return session(CatalogServer(cat, call=allowed), run, mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_client_searches_describes_and_calls(sums: Catalog, mode: str) -> None:
    """A search gives keys, a description parameters, a call the value; the module is imported by the call."""
    found, described = call(
        sums, ("search_tools", {"query": "add two numbers"}), ("describe_tool", {"key": "tool:add"}), mode=mode
    )
    (hit,) = found.structured_content["hits"]
    about = {"key": "tool:add", "kind": "tool", "name": "add", "description": "Add two numbers.", "tags": ["sum"]}
    assert hit == {**about, "score": hit["score"]}
    assert json.loads(text_of(found)) == found.structured_content
    told = described.structured_content
    assert told["parameters"]["properties"] == {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}}
    assert (told["uri"], told["state"], told["ref"]) == ("catalog://tool/add", "approved", "sums:add")
    assert "sums" not in sys.modules
    (result,) = call(sums, ("call_tool", {"key": "tool:add", "arguments": {"a": 40, "b": 2}}), mode=mode)
    assert (text_of(result), result.structured_content, result.is_error) == ("42", {"result": 42}, False)


def test_filters_go_to_the_search(sums: Catalog) -> None:
    """Kinds, tags and the limit are those of the catalog's own search."""
    steps = [
        ("search_tools", {"query": "", "kind": "model"}),
        ("search_tools", {"query": "", "kind": ["tool", "model"], "tags": ["sum"]}),
        ("search_tools", {"query": "", "limit": 2.0}),
    ]
    keys = [[hit["key"] for hit in result.structured_content["hits"]] for result in call(sums, *steps)]
    assert keys == [["model:openai/gpt-4o"], ["tool:add"], ["model:openai/gpt-4o", "tool:add"]]


def test_calling_is_off_unless_the_configuration_says_otherwise(sums: Catalog) -> None:
    """Without `[tool.catalog.mcp] call = true` the tool is not listed, and a call says what would let it."""

    async def run(client: Any) -> Any:
        listed = [tool.name for tool in (await client.list_tools()).tools]
        return listed, await client.call_tool("call_tool", {"key": "tool:add", "arguments": {"a": 1}})

    listed, refused = session(CatalogServer(sums), run)
    assert listed == ["search_tools", "describe_tool", "route"]
    assert refused.is_error
    assert "`call = true` under [tool.catalog.mcp]" in text_of(refused)
    assert "sums" not in sys.modules


WRONG = [
    ("search_tools", {}, "query is missing"),
    ("search_tools", {"query": 5}, "query is 5, not string"),
    ("search_tools", {"query": "a", "limit": 0}, "give a number from 1 to 50"),
    ("search_tools", {"query": "a", "kind": "toll"}, "did you mean 'tool'"),
    ("search_tools", {"query": "a", "colour": "red"}, "colour is unknown"),
    ("describe_tool", {"key": "tool:ad"}, "no entry 'tool:ad'; did you mean 'tool:add'"),
    ("describe_tool", {"key": ""}, "no entry 'tool:'"),
    ("route", {"prompt": ""}, ""),
    ("route", {"prompt": "a", "kind": "cuncil"}, "did you mean 'council'"),
    ("call_tool", {"key": "tool:add", "arguments": {"a": "x"}}, 'a is "x", not integer'),
    ("call_tool", {"key": "tool:add", "arguments": {"b": 1}}, "a is missing"),
    ("call_tool", {"key": "tool:broken"}, "sums:gone"),
    ("call_tool", {"key": "tool:boom"}, "RuntimeError: no luck"),
    ("call_tool", {"key": "model:openai/gpt-4o"}, "model:openai/gpt-4o"),
    ("delete_everything", {}, "there is no tool called 'delete_everything'"),
]


def test_whatever_goes_wrong_is_a_tool_error(sums: Catalog) -> None:
    """Each wrong call ends as an error in words without traceback or secret, and the session goes on."""
    right = ("call_tool", {"key": "add", "arguments": {"a": 1}})
    results = call(sums, *((name, arguments) for name, arguments, _ in WRONG), right)
    for (name, arguments, text), result in zip(WRONG, results[:-1], strict=True):
        shown = text_of(result)
        assert result.is_error or not text, (name, arguments, shown)
        assert text in shown
        assert "Traceback" not in shown
        assert "abcdefghijklmnop" not in shown
    assert text_of(results[-1]) == "2"


def test_results_that_json_lacks_are_handed_on_as_text(sums: Catalog) -> None:
    """Not-a-number, half a surrogate pair and objects cross the wire as text that says what they were."""
    results = call(sums, *(("call_tool", {"key": "odd", "arguments": {"what": w}}) for w in ("nan", "half", "print")))
    assert [result.structured_content for result in results] == [
        {"result": "NaN"},
        {"result": "a?b"},
        {"result": '"<built-in function print>"'},
    ]
    assert [result.is_error for result in results] == [False] * 3


def test_a_long_result_is_cut(sums: Catalog) -> None:
    """Of a million characters a client gets the first hundred thousand, and how many there were; as data no more."""
    (result,) = call(sums, ("call_tool", {"key": "odd", "arguments": {"what": "large"}}))
    assert text_of(result).endswith("x… (the first 100,000 of 1,000,001 characters)")
    assert result.structured_content == {"result": text_of(result)}


def test_tools_cost_four_definitions_however_many_there_are(catalog: Catalog) -> None:
    """The tools that a client lists take less than 4 kB, and are four at most, however many entries there are."""
    rows = [
        {"kind": "tool", "name": f"tool_{n:05}", "ref": f"many:tool_{n}", "description": "Do it. " * 20}
        for n in range(2_000)
    ]
    catalog.register_many(rows)

    async def run(client: Any) -> list[Any]:
        return [await client.list_tools(), await client.list_resources(), await client.list_prompts()]

    for mode in MODES:
        listed = session(CatalogServer(catalog, call=True), run, mode)
        sizes = [len(answer.model_dump_json(by_alias=True, exclude_none=True).encode()) for answer in listed]
        assert [size < 4_096 for size in sizes] == [True] * 3
        tools = {tool.name: tool for tool in listed[0].tools}
        assert list(tools) == ["search_tools", "describe_tool", "call_tool", "route"]
        assert {name: tool.annotations.read_only_hint for name, tool in tools.items()} == {
            "search_tools": True,
            "describe_tool": True,
            "call_tool": False,
            "route": True,
        }
        assert all(tool.output_schema["type"] == "object" for tool in tools.values())


def test_a_route_says_what_and_why(catalog: Catalog) -> None:
    """The entry that a rule picks comes with the reason; where none fits the key is null, and that is no error."""
    catalog.register("council", "seo", {"members": []}, match="(?i)seo", description="Audits pages.")
    picked, none = call(catalog, ("route", {"prompt": "audit my SEO"}), ("route", {"prompt": "bake a cake"}))
    assert (picked.structured_content["key"], picked.structured_content["strategy"]) == ("council:seo", "rules")
    assert picked.structured_content["description"] == "Audits pages."
    assert (none.is_error, none.structured_content["key"]) == (False, None)
    assert none.structured_content["reason"]


def test_what_needs_a_review_is_not_offered(sums: Catalog) -> None:
    """Drafts, and what is not there any more, are in no search; a description says what is the matter."""
    sums.register("tool", "draft", "sums:add", description="Add drafts.", metadata={"draft": {"by": "a model"}})
    found, described, called = call(
        sums,
        ("search_tools", {"query": "add drafts"}),
        ("describe_tool", {"key": "tool:draft"}),
        ("call_tool", {"key": "tool:draft", "arguments": {"a": 1}}),
    )
    assert [hit["key"] for hit in found.structured_content["hits"]] == ["tool:add"]
    assert described.structured_content["state"] == "draft"
    assert (called.is_error, "draft" in text_of(called)) == (True, True)


def test_what_is_called_after_a_search_is_learned(url: str, module_folder: Path) -> None:
    """With `learn = "auto"` the first tool that a session calls after its search is recorded as use of it."""
    (module_folder / "sums.py").write_text(CODE, encoding="utf-8")
    with Catalog(url, settings=Settings(embedder="none", learn="auto")) as cat:
        cat.register("tool", "add", "sums:add")
        search = ("search_tools", {"query": "add two numbers"})
        call(cat, search)
        assert list(cat.uses()) == []
        call(cat, search, ("call_tool", {"key": "add", "arguments": {"a": 1}}), search)
        assert {(use.kind, use.name) for use in cat.uses()} == {("tool", "add")}
