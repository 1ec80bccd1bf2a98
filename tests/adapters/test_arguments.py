"""Arguments against a schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.adapters.arguments import as_object, faults, from_signature

POINT = {
    "type": "object",
    "properties": {
        "x": {"type": "integer"},
        "label": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "color": {"enum": ["red", "blue"]},
        "at": {"$ref": "#/$defs/Place"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["x"],
    "$defs": {"Place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"x": 1, "label": None, "color": "red", "at": {"city": "Rom", "zip": 1}, "tags": ["a"]}, []),
        ({"x": 2.0}, []),
        ({"x": 2.5, "label": 3}, ["x is 2.5, not integer", "label is 3, not string"]),
        ({"x": 1, "color": "pink"}, ['color is "pink", not one of ["red", "blue"]']),
        ({"x": 1, "at": {}}, ["at.city is missing"]),
        ({"x": 1, "tags": ["a", 1]}, ["tags[1] is 1, not string"]),
        ({"y": 1}, ["x is missing", "y is unknown; known: x, label, color, at, tags"]),
    ],
)
def test_faults_name_the_place(arguments: dict[str, Any], wrong: list[str]) -> None:
    """What is missing, unknown or of a wrong type is named with its path; data within may hold more than is said."""
    assert faults(arguments, POINT) == wrong


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3),
)


@given(JSON, st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_no_schema_breaks_the_check(schema: Any, arguments: dict[str, Any]) -> None:
    """Whatever somebody has stored as a schema, a check ends, and providers get an object."""
    schema = schema if isinstance(schema, dict) else {"properties": {"a": schema}, "$ref": "#", "anyOf": [schema]}
    made = as_object(schema)
    assert isinstance(made["properties"], dict)
    assert made["type"] == "object"
    assert isinstance(faults(arguments, schema), list)
    assert isinstance(faults(arguments, {"properties": {"a": {"$ref": "#/properties/a"}}}), list)


def test_a_signature_gives_a_schema() -> None:
    """Names, plain types and what has a default are read from the text of a signature."""
    assert from_signature("(self, x: int, y='a', *, k: str) -> int") == {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "y": {}, "k": {"type": "string"}},
        "required": ["x", "k"],
    }
    assert from_signature("(**kw)") == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": True,
    }
    assert [from_signature(text) for text in (None, "", "(", "()\nimport os")] == [None] * 4


def test_a_schema_that_refers_to_itself_is_one_of_an_object() -> None:
    """What stands behind the reference of the whole schema stands in its place, and can still be referred to."""
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "x": {"type": "integer"}}}
    schema = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
    assert as_object(schema) == {**node, "$defs": {"Node": node}}
    assert faults({"next": {"x": "a"}}, as_object(schema)) == ['next.x is "a", not integer']
