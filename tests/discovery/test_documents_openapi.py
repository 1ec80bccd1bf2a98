"""OpenAPI 3: each operation is a tool."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from document_samples import CARD, OPENAPI, as_json, found, skipped

SHOW = {
    "type": "object",
    "properties": {
        "petId": {"type": "integer", "exclusiveMinimum": 1},
        "fields": {"type": "array", "items": {"type": "string"}, "description": "What to show"},
        "X-Trace": {"type": "string"},
    },
    "required": ["petId"],
}
PUT = {
    "type": "object",
    "properties": {
        "petId": {"type": "integer", "exclusiveMinimum": 1},
        "body": {"$ref": "#/$defs/Pet"},
    },
    "required": ["petId", "body"],
    "$defs": {
        "Pet": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "examples": ["Rex"]},
                "mother": {"$ref": "#/$defs/Pet"},
                "tag": {"type": ["string", "null"]},
            },
        }
    },
}


@pytest.mark.parametrize("name", ["openapi.yaml", "pets.yml", "docs/api/any.json"])
def test_each_operation_is_a_tool(make: Any, name: str) -> None:
    """Name, description, where each argument goes and the JSON Schema of all of them come from the document."""
    text = json.dumps(yaml.safe_load(OPENAPI), indent=1) if name.endswith("json") else OPENAPI
    tools = found(make({name: text.encode()}))
    assert sorted(tools) == ["tool:PUT /pets/{petId}", "tool:showPet"]
    show, put = tools["tool:showPet"], tools["tool:PUT /pets/{petId}"]
    assert (show.description, show.tags) == ("Show a pet\n\nWith all its litter.", ("pets",))
    assert show.spec == {
        "method": "GET",
        "path": "/pets/{petId}",
        "server": "https://eu.pets.example/v1",
        "in": {"petId": "path", "fields": "query", "X-Trace": "header"},
    }
    assert show.parameters == SHOW
    assert put.spec == {
        "method": "PUT",
        "path": "/pets/{petId}",
        "server": "https://eu.pets.example/v1",
        "in": {"petId": "path", "body": "body"},
        "body": "application/json",
    }
    assert put.parameters == PUT
    assert show.metadata == {"api": "Pet shop", "file": name}
    line = text.split("\n")[show.line - 1]
    assert line.strip().strip('":{ ') == "get"


def operation(**fields: Any) -> dict[str, Any]:
    """Return a document with one operation."""
    return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"get": fields}}}


def tool(make: Any, data: Any) -> Any:
    """Return the only tool of a document."""
    return next(iter(found(make({"a.json": as_json(data)})).values()))


def test_two_arguments_of_one_name_are_told_apart(make: Any) -> None:
    """A query and a header of one name are two properties, and the spec says what each is called."""
    parameters = [{"name": "id", "in": place, "schema": {"type": "string"}} for place in ("query", "header")]
    parameters.append({"name": "body", "in": "query", "schema": {}})
    made = tool(make, operation(operationId="a", parameters=parameters, requestBody={"content": {}}))
    assert made.spec["in"] == {"id": "query", "header_id": "header", "body": "query", "request_body": "body"}
    assert made.spec["names"] == {"header_id": "id"}
    assert list(made.parameters["properties"]) == ["id", "header_id", "body", "request_body"]


def test_what_a_path_needs_is_an_argument(make: Any) -> None:
    """A variable of a path that nobody declared is an argument all the same."""
    data = operation()
    data["paths"] = {"/a/{id}/b/{id2}": {"get": {"parameters": [{"name": "id2", "in": "path", "schema": {}}]}}}
    assert tool(make, data).parameters == {
        "type": "object",
        "properties": {"id2": {}, "id": {"type": "string"}},
        "required": ["id2", "id"],
    }


def test_circles_and_chains_of_references_end(make: Any) -> None:
    """Parameters that refer to themselves are left out, schemas that do are kept as circles."""
    data = operation(
        operationId="a",
        parameters=[{"$ref": "#/components/parameters/A"}, {"$ref": "#/nowhere"}],
        requestBody={"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
    )
    data["components"] = {
        "parameters": {"A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"}},
        "schemas": {
            "A": {"properties": {"b": {"$ref": "#/components/schemas/B"}, "far": {"$ref": "other.yaml#/C"}}},
            "B": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/Lost"}]},
        },
    }
    lost = "see #/components/schemas/Lost, which the document does not hold"
    assert tool(make, data).parameters == {
        "type": "object",
        "properties": {"body": {"$ref": "#/$defs/A"}},
        "$defs": {
            "A": {
                "properties": {
                    "b": {"$ref": "#/$defs/B"},
                    "far": {"description": "see other.yaml#/C, in another document"},
                }
            },
            "B": {"anyOf": [{"$ref": "#/$defs/A"}, {"description": lost}]},
        },
    }


def test_a_schema_that_needs_too_much_is_cut(make: Any) -> None:
    """Of a hundred large schemas behind one argument the nearest are kept, and the others are named."""
    data = operation(
        operationId="a",
        requestBody={"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}},
    )
    data["components"] = {
        "schemas": {
            f"S{n}": {"description": "x" * 2_000, "properties": {"next": {"$ref": f"#/components/schemas/S{n + 1}"}}}
            for n in range(100)
        }
    }
    parameters = tool(make, data).parameters
    assert len(json.dumps(parameters)) < 70_000
    assert parameters["$defs"]["S29"] == {"description": "#/components/schemas/S29; left out, as all would be too much"}


def test_two_operations_of_one_name_get_two(make: Any) -> None:
    """An operationId that is given twice names the first; the other is called by method and path."""
    data = operation(operationId="a")
    data["paths"]["/b"] = {"post": {"operationId": "a"}, "get": {}, "x-note": "n", "description": "d"}
    assert sorted(found(make({"a.json": as_json(data)}))) == ["tool:GET /b", "tool:POST /b", "tool:a"]


def test_swagger_and_other_versions_are_named(make: Any) -> None:
    """What looks like an API description and is not OpenAPI 3 is a line of the report."""
    folder = make(
        {
            "old.json": b'{"swagger": "2.0", "paths": {}}',
            "new.yaml": b"openapi: 4.0.0\npaths: {}\n",
            "broken.yaml": b"openapi: 3.0.0\npaths: [\n",
            "odd.yaml": b"openapi: 3.0.0\npaths: []\nother: 1\n",
            "bad.yaml": b"openapi: 3.0.0\npaths: 5\n",
        }
    )
    assert found(folder) == {}
    assert skipped(folder) == {
        "old.json": "OpenAPI: it is Swagger 2.0, and only OpenAPI 3 is read; convert it",
        "new.yaml": "OpenAPI: it is of OpenAPI 4.0.0, and only OpenAPI 3 is read",
        "broken.yaml": "OpenAPI: it is not YAML: did not find expected node content (line 3)",
        "bad.yaml": "OpenAPI: its paths are no object",
    }


def test_other_json_and_yaml_is_passed_over(make: Any) -> None:
    """Files that speak of OpenAPI without being one hold nothing, broken ones included."""
    folder = make(
        {
            "package.json": b'{"dependencies": {"openapi-generator": "^2.0", "openapi": "^3.0"}}',
            "tsconfig.json": b'{"a": 1, /* openapi */ }',
            "config.yaml": b"openapi_url: /openapi.json\nx: {{ openapi }}\n",
            "stack.yaml": b"Api:\n  Body:\n    openapi: 3.0.1\nOut: !GetAtt Api.Id\n",  # a template that holds one
        }
    )
    assert (found(folder), skipped(folder)) == ({}, {})


def test_secrets_in_examples_and_defaults_are_not_kept(make: Any) -> None:
    """A default of a password, a key in an example and credentials in an address are no part of a tool."""
    data = operation(
        operationId="a",
        parameters=[
            {"name": "password", "in": "query", "schema": {"type": "string", "default": "hunter2"}},
            {"name": "k", "in": "query", "schema": {"type": "string", "examples": ["sk-abcdefghijklmnop1234"]}},
        ],
    )
    data["servers"] = [{"url": "https://me:hunter2@x.example/v1?api_key=hunter2"}]
    text = json.dumps(tool(make, data).to_dict())
    assert "hunter2" not in text
    assert "sk-abc" not in text


def test_an_agent_card_is_an_agent(make: Any) -> None:
    """A card gives an agent with the tags and examples of its skills."""
    for name in (".well-known/agent-card.json", "agent.json", "cards/recipes.json"):
        agent = found(make({name: as_json(CARD)}))["agent:Recipe Agent"]
        assert agent.description == ("Helps with recipes.\n\nFind a recipe: Finds recipes by what is in the fridge.")
        assert (agent.tags, agent.examples) == (("cooking", "search"), ("what can I cook with leeks?",))
        assert agent.spec == CARD
        assert agent.signature == "https://agents.example/recipes: find"


def test_a_card_of_version_1_is_an_agent(make: Any) -> None:
    """Version 1 lists interfaces in place of one address; signatures and credentials are left out."""
    card = {word: part for word, part in CARD.items() if word not in ("url", "protocolVersion")}
    interface = {"url": "https://me:pw@agents.example/a2a", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
    card |= {"supportedInterfaces": [interface], "signatures": [{"protected": "x", "signature": "y"}]}
    agent = found(make({"agent-card.json": as_json(card)}))["agent:Recipe Agent"]
    assert agent.spec == {
        **{word: part for word, part in card.items() if word != "signatures"},
        "supportedInterfaces": [{**interface, "url": "https://agents.example/a2a"}],
    }


def test_other_agent_json_holds_nothing(make: Any) -> None:
    """An ``agent.json`` of something else is passed over without a word."""
    folder = make({"agent.json": b'{"name": "x", "skills": 5}', "a/agent.json": b"[]"})
    assert (found(folder), skipped(folder)) == ({}, {})
