"""Prompts that are text: placeholders, braces that are none, and what is missing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import LoadError, MissingExtraError, call
from catalog.loader.fill import fill

NESTED = 'Answer as {"a": {"b": [{"c": {}}]}}, {name}.'


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {name}", "Hello Bo"),
        ('As {"a": 1}: {name}', 'As {"a": 1}: Bo'),
        (NESTED, 'Answer as {"a": {"b": [{"c": {}}]}}, Bo.'),
        ('{{"a": {{"b": "{name}"}}}}', '{"a": {"b": "Bo"}}'),
        ('{"a": {"b": "{name}"}}', '{"a": {"b": "Bo"}}'),
        ("{{name}} {{{name}}}", "{name} {Bo}"),
        ("{a: 1} { b } {} {0} { {name} }", "{a: 1} { b } {} {0} { Bo }"),
        ("if (x) { return {name}; }}", "if (x) { return Bo; }}"),
        ("{name!r:>6}|{n:.2f}|{n:03.0f}", "  'Bo'|2.00|002"),
        ("{user[city]} {user.city} {rows[0]}", "Rome Rome 1"),
        ("{name.__class__} {name.__class__.__mro__[1]}", "{name.__class__} {name.__class__.__mro__[1]}"),
        ("Übung für {name}, {größe}", "Übung für Bo, 3"),
    ],
)
def test_only_placeholders_are_filled_in(text: str, filled: str) -> None:
    """A brace that opens no placeholder stays as it is, doubled braces become single ones, as ``str.format`` has it."""
    values = {"name": "Bo", "n": "2", "user": {"city": "Rome"}, "rows": [1], "größe": 3}
    assert fill(text, values) == filled


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab :,[]\"'", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab ", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON, st.sampled_from([None, 2]))
def test_json_survives(first: object, second: object, indent: int | None) -> None:
    """Whatever JSON stands before and behind a placeholder is in the text that comes out, unchanged."""
    before, behind = json.dumps(first, indent=indent), json.dumps(second, indent=indent)
    assert fill(f"{before} {{name}} {behind}", {"name": "Bo"}) == f"{before} Bo {behind}"


@given(_JSON)
def test_escaped_json_is_what_str_format_makes_of_it(data: object) -> None:
    """A text that is written for ``str.format`` comes out as from ``str.format``."""
    text = json.dumps(data).replace("{", "{{").replace("}", "}}") + " {name}"
    assert fill(text, {"name": "Bo"}) == text.format(name="Bo")


def test_missing_values_are_named() -> None:
    """An error names every variable without a value, in order, and the name that was probably meant."""
    with pytest.raises(LoadError) as caught:
        fill('{"a": 1} {name} {city} {name}', {"nme": 1})
    assert str(caught.value) == "the prompt needs a value for name, city; you gave 'nme'; give name=… city=…"
    assert caught.value.facts["missing"] == ["name", "city"]


def test_one_text_fills_the_only_variable() -> None:
    """A text is the value of the only variable; with several it is refused by their names."""
    assert fill("{a} and {a}", "Bo") == "Bo and Bo"
    assert fill("as it is", "Bo") == "as it is"
    with pytest.raises(LoadError, match="has 2 variables, so one text does not fill it in: give a, b by name"):
        fill("{a} {b}", "Bo")


def test_a_value_that_can_not_be_written_so_is_named() -> None:
    """A value that does not fit the format of its placeholder is shown with it."""
    with pytest.raises(LoadError, match=r"the prompt can't write 'x' as \{n:\.2f\}"):
        fill("{n:.2f}", {"n": "x"})


def test_data_with_a_text_is_filled_in() -> None:
    """`call` fills in texts, and data that holds one under ``template`` or ``text``."""
    assert call("Hello {name}", {"name": "Bo"}) == "Hello Bo"
    assert call({"text": "Hello {name}"}, "Bo") == "Hello Bo"
    assert call({"template": "Hello {name}", "template_format": "f-string"}, "Bo") == "Hello Bo"


def test_an_unknown_format_is_named() -> None:
    """A template of another language is refused, and those that are known are named."""
    with pytest.raises(LoadError, match="has template_format 'liquid', and only these can be filled in: f-st"):
        call({"template": "{{name}}", "template_format": "liquid"}, "Bo")


def test_jinja_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Jinja a Jinja template says what to install; it is not filled in as anything else."""
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match="Jinja is not installed; `pip install jinja2`"):
        fill("Hello {{ name }}", "Bo", "jinja2")


def test_jinja_fills_in_its_sandbox() -> None:
    """A Jinja template is rendered by Jinja, names what is missing, and gets at nothing private."""
    text = '{"a": 1} {% for x in xs %}{{ x }},{% endfor %}{{ name | upper }}'
    assert fill(text, {"xs": [1, 2], "name": "Bo"}, "jinja2") == '{"a": 1} 1,2,BO'
    assert fill("{{ x | default('none') }}", {}, "jinja2") == "none"
    with pytest.raises(LoadError, match="the prompt needs a value for name, xs; give name=… xs=…"):
        fill(text, {}, "jinja2")
    with pytest.raises(LoadError, match="can't be filled in by Jinja: SecurityError"):
        fill("{{ name.__class__.__mro__ }}", "Bo", "jinja2")
    with pytest.raises(LoadError, match="can't be filled in by Jinja: TemplateSyntaxError"):
        fill("{{ name", "Bo", "jinja2")
