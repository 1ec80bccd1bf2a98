"""What is made for OpenAI and Anthropic is what the types of their SDKs take, and calls that come back are answered."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from factories import LendUrl, some, temporary_catalog
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from strategies import texts

from catalog import Catalog
from catalog.adapters import anthropic, openai
from catalog.adapters.toolbox import tokens

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | texts,
    lambda part: st.lists(part, max_size=2) | st.dictionaries(texts, part, max_size=2),
    max_leaves=5,
)
SCHEMA = st.fixed_dictionaries(
    {"properties": st.dictionaries(texts, JSON, max_size=3)},
    optional={"required": st.lists(texts, max_size=2), "type": JSON, "anyOf": JSON, "$defs": JSON, "required ": JSON},
)
ENTRY = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["tool", "tool", "tool", "agent", "prompt"]),
        "name": st.from_regex(r"[a-zé]([a-z _.é-]{0,80}[a-zé])?", fullmatch=True),
        "ref": st.just("nowhere.to_be_found:thing"),
        "description": texts.map(lambda text: f"find {text}"),
        "metadata": st.one_of(st.just({}), SCHEMA.map(lambda schema: {"parameters": schema})),
    }
)


class Types:
    """The types in a module of an SDK, imported when the first test asks for one: collecting takes a second less."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._module), name)


anthropic_types = Types("anthropic.types")
anthropic_results = Types("anthropic.types.tool_result_block_param")
openai_chat = Types("openai.types.chat")
openai_types = Types("openai.types.responses")


@cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """Return what validates data of a type of an SDK; making it takes much longer than validating."""
    return TypeAdapter(kind)


def valid(kind: Any, data: dict[str, Any]) -> None:
    """Check *data* against a type of an SDK, with no field more than it has."""
    assert json.loads(json.dumps(data)) == data
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        assert kind.model_validate(data).model_extra in ({}, None)
    else:
        adapter_of(kind).validate_python(data)
        known = {name for base in getattr(kind, "__orig_bases__", ()) for name in getattr(base, "__annotations__", {})}
        names = known | set(getattr(kind, "__annotations__", {}))
        assert not names or set(data) <= names


@hypothesis_settings(max_examples=some(40))
@given(st.lists(ENTRY, unique_by=lambda fields: (fields["kind"], fields["name"]), max_size=6), st.integers(0, 400))
def test_what_is_made_is_what_the_sdks_take(lend_url: LendUrl, entries: list[dict[str, Any]], budget: int) -> None:
    """Of any catalog: definitions, references and search results are valid for the SDKs, unlike, and within budget."""
    with temporary_catalog(lend_url) as cat:
        cat.register_many(entries)
        keys = [entry.key for entry in cat.entries()]
        for made in (anthropic.tools(cat, keys), anthropic.deferred(cat, keys)):
            assert len({definition["name"] for definition in made}) == len(keys)
            for definition in made:
                valid(anthropic_types.ToolParam, definition)
        found = anthropic.tool_search(cat, "find", kind=None, limit=4, max_tokens=budget)
        assert [block["type"] for block in found] in (["text"], ["tool_reference"] * len(found))
        for block in found:
            adapter_of(anthropic_results.Content).validate_python(block)
        behind = anthropic.deferred(cat, found)
        if found[0]["type"] == "tool_reference":
            assert [definition["name"] for definition in behind] == [block["tool_name"] for block in found]
        else:
            assert behind == []
        for definition in openai.tools(cat, keys):
            valid(openai_types.FunctionTool, definition)
            valid(openai_types.FunctionToolParam, definition)
        for definition in openai.tools(cat, keys, api="chat"):
            valid(openai_chat.ChatCompletionFunctionToolParam, definition)
        call = {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "find"}}
        item = openai.tool_search(cat, call, kind=None, limit=4, max_tokens=budget)
        valid(openai_types.ResponseToolSearchOutputItemParam, item)
        adapter_of(openai_types.ResponseInputItemParam).validate_python(item)
        assert sum(map(tokens, item["tools"])) <= budget
        assert len(item["tools"]) <= 4


@hypothesis_settings(max_examples=15)
@given(
    st.lists(ENTRY, unique_by=lambda fields: (fields["kind"], fields["name"]), min_size=1, max_size=6),
    st.lists(st.one_of(st.just("find"), texts), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_a_conversation_only_adds(
    lend_url: LendUrl, entries: list[dict[str, Any]], queries: list[str], limit: int
) -> None:
    """Whatever a model searches for, definitions come behind those that were there, each once; answers are valid."""
    with temporary_catalog(lend_url) as cat:
        cat.register_many(entries)
        box = anthropic.search_tool(cat, kind=None, limit=limit)
        responses = openai.search_tool(cat, kind=None, limit=limit)
        for place, query in enumerate(queries):
            before = json.dumps(box)
            block = {"type": "tool_use", "id": f"t{place}", "name": "tool_search", "input": {"query": query}}
            answer = box.result(block)
            valid(anthropic_types.ToolResultBlockParam, answer)
            assert json.dumps(box[: len(json.loads(before))]) == before
            names = [definition["name"] for definition in box]
            assert len(set(names)) == len(names)
            found = [part["tool_name"] for part in answer["content"] if part["type"] == "tool_reference"]
            assert set(found) <= set(names[1:])
            assert len(found) <= limit
            call = {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": query}}
            (item,) = responses.outputs([call])
            valid(openai_types.ResponseToolSearchOutputItemParam, item)
            assert [definition["name"] for definition in item["tools"]] == found
            for name in found:  # nothing can be imported, and both say so to the model
                use = {"type": "tool_use", "id": "u", "name": name, "input": {}}
                valid(anthropic_types.ToolResultBlockParam, box.result(use))
                spoken = {"type": "function_call", "call_id": "c", "name": name, "arguments": "{}"}
                adapter_of(openai_types.ResponseInputItemParam).validate_python(responses.output(spoken))
        assert len(responses) == 1


def test_the_search_of_anthropic(tools: Catalog) -> None:
    """The model sees one definition; what it finds comes behind it, deferred, and can be called from then on."""
    box = anthropic.search_tool(tools, limit=1)
    valid(anthropic_types.ToolParam, box[0])
    search = anthropic_types.ToolUseBlock(id="t1", name="tool_search", input={"query": "add numbers"}, type="tool_use")
    assert box.result(search) == asyncio.run(box.aresult(search))
    result = box.result(search)
    valid(anthropic_types.ToolResultBlockParam, result)
    assert result["content"] == [{"type": "tool_reference", "tool_name": "add"}]
    assert [(made["name"], made.get("defer_loading")) for made in box] == [("tool_search", None), ("add", True)]
    assert "abacus" not in sys.modules
    call = {"type": "tool_use", "id": "t2", "name": "add", "input": {"a": 2, "b": 3}}
    answer = {"type": "tool_result", "tool_use_id": "t2", "content": "5"}
    assert box.result(call) == asyncio.run(box.aresult(call)) == answer
    wrong = box.result({**call, "input": {}})
    assert wrong == {**answer, "content": "tool 'add' was not called: a is missing", "is_error": True}
    assert box.result({**call, "name": "nobody"})["content"] == (
        "the tool was not called: there is no tool called 'nobody' here; use a name that a search gives"
    )
    nothing = box.result({"type": "tool_use", "id": "t3", "name": "tool_search", "input": {"query": "xyzzy"}})
    assert nothing["content"] == [{"type": "text", "text": "No tool fits; try other words."}]
    assert box.result({"id": "t4", "name": "tool_search", "input": {}})["is_error"] is True
    assert len(box) == 2


def test_the_search_of_openai(tools: Catalog) -> None:
    """The item brings the definitions; calls of them are answered, and what the servers searched is left alone."""
    box = openai.search_tool(tools, limit=1)
    valid(openai_types.ToolSearchToolParam, box[0])
    search = openai_types.ResponseToolSearchCall(
        id="i1", call_id="c1", execution="client", status="completed", type="tool_search_call",
        arguments={"query": "add numbers"},
    )  # fmt: skip
    (item,) = box.outputs([search, search.model_copy(update={"execution": "server"})])
    assert item == asyncio.run(box.aoutput(search))
    assert [made["name"] for made in item["tools"]] == ["add"]
    assert (len(box), "abacus" in sys.modules) == (1, False)
    call = openai_types.ResponseFunctionToolCall(
        call_id="c2", name="add", arguments='{"a": 2, "b": 3}', type="function_call"
    )
    answer = {"type": "function_call_output", "call_id": "c2", "output": "5"}
    assert box.output(call) == asyncio.run(box.aoutput(call)) == answer
    wrong = box.output({**call.model_dump(), "arguments": "{}"})
    assert wrong["output"] == "tool 'add' was not called: a is missing"
    assert box.output({**search.model_dump(), "arguments": {}})["tools"] == []


def test_the_search_of_a_chat(tools: Catalog) -> None:
    """Chat Completions get two functions, with which a model finds and calls."""
    box = openai.search_tool(tools, api="chat")
    assert [made["function"]["name"] for made in box] == ["find_tools", "call_tool"]
    arguments = json.dumps({"name": "add", "arguments": {"a": 1}})
    call = {"type": "function", "id": "c1", "function": {"name": "call_tool", "arguments": arguments}}
    assert box.output(call) == {"role": "tool", "tool_call_id": "c1", "content": "2"}


def test_a_budget_keeps_the_order(tools: Catalog) -> None:
    """As many definitions as the budget allows are taken in their order; what is too large is passed over."""
    box = anthropic.tools(tools, ["wait", "add", "fail"])
    assert [made["name"] for made in box] == ["wait", "add", "fail"]
    costs = list(map(tokens, box))
    small = anthropic.tools(tools, ["wait", "add", "fail"], max_tokens=costs[0] + costs[2])
    assert [made["name"] for made in small] == ["wait", "fail"]
    assert small.call("add", {"a": 1}).text == "the tool was not called: there is no tool called 'add'"
    assert tokens({"a": "é"}) == 3


def test_another_process_goes_on_with_a_conversation(tools: Catalog) -> None:
    """What a search of another process has found can be called, and its definitions can be made again."""
    block = {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 2}}
    box = anthropic.search_tool(tools)
    box += anthropic.deferred(tools, [{"type": "tool_reference", "tool_name": "add"}])
    assert box.result(block)["content"] == asyncio.run(box.aresult(block))["content"] == "3"
    item = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 2}'}
    assert openai.search_tool(tools).output(item)["output"] == "3"
    assert openai.search_tool(tools, tags=["none"]).output(item)["output"].startswith("the tool was not called")


@pytest.mark.parametrize("adapter", [anthropic, openai])
def test_one_entry_is_one_definition(tools: Catalog, adapter: Any) -> None:
    """`tool` gives the definition, and an object registers as the adapter says."""
    assert adapter.tool(tools, "add") == adapter.tools(tools, "add")[0]
    assert adapter.tool(tools, "add")["description"] == "Add two whole numbers."
    made = adapter.entry(json.dumps, name="to_json", tags=["json"])
    assert (made.key, made.ref, made.tags) == ("tool:to_json", "json:dumps", ("json",))
