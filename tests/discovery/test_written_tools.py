"""Tools that programs write as data for a model, in the forms of the providers."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.discovery.scan import scan

SCHEMA = '{"type": "object", "properties": {"city": {"type": "string"}}}'
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
DESCRIBED = '"name": "get_weather", "description": "Get the weather."'


@pytest.mark.parametrize(
    ("framework", "written"),
    [
        ("anthropic", f'{{{DESCRIBED}, "input_schema": {SCHEMA}}}'),
        ("openai", f'{{"type": "function", "function": {{{DESCRIBED}, "parameters": {SCHEMA}}}}}'),
        ("openai", f'{{"type": "function", {DESCRIBED}, "parameters": {SCHEMA}, "strict": True}}'),
        ("openai", f'{{{DESCRIBED}, "parameters": {SCHEMA}}}'),
        ("bedrock", f'{{"toolSpec": {{{DESCRIBED}, "inputSchema": {{"json": {SCHEMA}}}}}}}'),
        ("mcp", f'{{{DESCRIBED}, "inputSchema": {SCHEMA}}}'),
        (
            "openai",
            'dict(name="get_weather", description="Get the weather.", '
            'parameters=dict(type="object", properties=dict(city=dict(type="string"))))',
        ),
    ],
)
def test_the_form_of_each_provider_is_a_tool(make: Any, framework: str, written: str) -> None:
    """A definition that a variable holds is a tool with its name, description and schema, and the variable's path."""
    found = scan(make({"app.py": f"WEATHER = {written}\n"}) / "app.py").findings
    assert [(each.key, each.ref, each.description, each.framework, each.form, each.parameters) for each in found] == [
        ("tool:get_weather", "app:WEATHER", "Get the weather.", framework, "value", PARAMETERS)
    ]


def test_a_function_of_the_name_is_the_tool(make: Any) -> None:
    """Where the file has a function of the tool's name, the entry leads to it, and says what the definition says."""
    text = f'tools = [{{{DESCRIBED}, "input_schema": {SCHEMA}}}]\ndef get_weather(city): ...\n'
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.line, each.description, each.parameters) for each in found] == [
        ("tool:get_weather", "app:get_weather", 2, "Get the weather.", PARAMETERS)
    ]


def test_what_no_path_leads_to_says_where_it_is_written(make: Any) -> None:
    """Definitions in lists, in functions and in passing have no reference, and a reason that names the place."""
    definition = '{{"name": "{}", "description": "A.", "input_schema": {{"properties": {{}}}}}}'
    text = (
        f"tools = [{definition.format('a')}]\n"
        f"def main():\n    specs = [{definition.format('b')}]\n"
        f"send({definition.format('c')})\n"
    )
    behind = "; no function of this name is in the file"
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.nested_in, each.reason) for each in found] == [
        ("tool:a", None, None, f"written as data in tools{behind}"),
        ("tool:b", None, "app:main", f"written as data inside main(){behind}"),
        ("tool:c", None, None, f"written as data in passing{behind}"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}',
        'call = {"type": "function_call", "name": "f", "arguments": "{}", "parameters": {"properties": {}}}',
        'row = {"name": "f", "description": "A row.", "parameters": {"size": 3}}',
        'schema = {"properties": {"name": {}, "description": {}, "parameters": {"properties": {}}}}',
        'def f(name):\n    return {"name": name, "description": "A.", "input_schema": {"properties": {}}}',
        'web = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}',
        'job = {"name": "resize", "parameters": {"type": "object", "properties": {}}}',
    ],
)
def test_what_only_looks_like_a_definition_is_none(make: Any, text: str) -> None:
    """Calls that a model answers with, tables, schemas and definitions of a computed name make no tool."""
    assert [each.key for each in scan(make({"app.py": text + "\n"}) / "app.py").findings] == []


def test_a_name_that_is_described_twice_is_one_tool(make: Any) -> None:
    """Of several definitions of one name in a file, as in the steps of a tutorial, the first is the tool."""
    text = "".join(
        f'v{number} = {{"name": "look", "description": "Step {number}.", "input_schema": {{"type": "object"}}}}\n'
        for number in (1, 2)
    )
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.description) for each in found] == [("tool:look", "app:v1", "Step 1.")]


def test_a_decorated_function_keeps_what_its_decorator_says(make: Any) -> None:
    """A function that a decorator makes a tool is one entry, by the decorator, whoever describes it as data too."""
    text = (
        "from langchain_core.tools import tool\n"
        f'SPEC = {{{DESCRIBED}, "input_schema": {SCHEMA}}}\n'
        "@tool\ndef get_weather(city: str) -> str:\n    'Look out of the window.'\n"
    )
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.framework, each.description) for each in found] == [
        ("tool:get_weather", "app:get_weather", "langchain", "Look out of the window.")
    ]


def test_a_definition_of_a_tool_that_is_made_otherwise_is_no_second_one(make: Any) -> None:
    """A dictionary that is given to a framework's decorator describes what that makes: one entry."""
    text = (
        "from livekit.agents import function_tool\n"
        f"SPEC = {{{DESCRIBED}, 'parameters': {SCHEMA}}}\n"
        "@function_tool(raw_schema=SPEC)\nasync def other(raw): ...\n"
    )
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.framework) for each in found] == [("tool:get_weather", "app:other", "livekit")]


def test_texts_and_schemas_are_followed_as_elsewhere(make: Any) -> None:
    """A name and a description may be constants of the file; a schema that is computed is none."""
    text = (
        'NAME, TEXT = "look", "x"\nTEXT = "Look up " + "a city."\n'
        'LOOK = {"name": NAME_OF, "description": TEXT, "input_schema": Model.model_json_schema()}\n'
        'NAME_OF = "look"\n'
    )
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.description, each.parameters) for each in found] == [("tool:look", "Look up a city.", None)]


def test_a_class_of_pydantic_that_describes_its_fields_is_no_tool(make: Any) -> None:
    """A dictionary of examples in a model's configuration, with the keys of a definition and no text, makes none."""
    text = 'class M:\n    model_config = {"json_schema_extra": {"name": 3, "input_schema": {"properties": {}}}}\n'
    assert [each.key for each in scan(make({"app.py": text}) / "app.py").findings] == []


def test_a_scan_again_knows_what_was_written(make: Any) -> None:
    """What a first scan remembers of the file gives the second the same findings, with no file opened."""
    folder = make({"app.py": f'WEATHER = {{{DESCRIBED}, "input_schema": {SCHEMA}}}\n'})
    first = scan(folder)
    again = scan(folder, known=first.files)
    assert again.findings == first.findings
    assert [each.key for each in again.findings] == ["tool:get_weather"]
