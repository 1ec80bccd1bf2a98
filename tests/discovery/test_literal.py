"""The value of an expression is what Python would compute, or nothing."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.discovery.literal import read


def nothing(node: ast.expr) -> None:
    """Know no names."""


@pytest.mark.parametrize(
    "source",
    [
        "'a' 'b'",
        "'a' + 'b'",
        "f'a{1}b{\"c\"}'",
        "('a',)",
        "['a', -1, None, True, 2.5]",
        "{'a': {'b': [1]}}",
        "'  a '.strip()",
        "'a-b'.replace('-', '_').upper()",
    ],
)
def test_an_expression_has_the_value_python_gives_it(source: str) -> None:
    """What can be computed from literals is what Python computes, sequences as lists."""
    value = eval(source)
    expected = list(value) if isinstance(value, tuple) else value
    assert read(ast.parse(source, mode="eval").body, nothing) == ["=", expected]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("Field(default='a', description='b')", "a"),
        ("pydantic.Field('a')", "a"),
        ("dedent('''\n  a\n  b''')", "\na\nb"),
    ],
)
def test_known_calls_are_looked_through(source: str, value: str) -> None:
    """The default of a pydantic field and the text of a cleaning function count."""
    assert read(ast.parse(source, mode="eval").body, nothing) == ["=", value]


@pytest.mark.parametrize(
    "source",
    [
        "a",
        "f(1)",
        "f'{a}'",
        "f'{1:02}'",
        "'a' * 3",
        "b'a'",
        "'a' + 1",
        "{1: 2}",
        "{**a}",
        "[a]",
        "'a'.strip(1)",
        "Field(...)",
    ],
)
def test_what_cannot_be_told_has_no_value(source: str) -> None:
    """An expression that depends on more than literals has no value."""
    assert read(ast.parse(source, mode="eval").body, nothing) is None


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_every_literal_comes_back(value: object) -> None:
    """The value of a literal is that literal."""
    assert read(ast.parse(repr(value), mode="eval").body, nothing) == ["=", value]
