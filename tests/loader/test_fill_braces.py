"""Prompts in the languages of prompt files: Handlebars, Mustache, Semantic Kernel, commands of coding agents."""

from __future__ import annotations

import contextlib

import pytest
from factories import open_catalog
from hypothesis import given
from hypothesis import strategies as st

from catalog import LoadError, call
from catalog.entry.braces import TemplateFault, parts_of
from catalog.entry.template import parameters_of_text
from catalog.loader.fill import fill

MENU = """{{#role "system"}}
You are {{ who.name }}.
{{/role}}
{{! what nobody sees }}
{{#if dishes}}
{{#each dishes}}
{{@index}} {{this}}{{#unless @last}},{{/unless}}
{{/each}}
{{else if hungry}}
Nothing, {{guest}}.
{{else}}
Bye.
{{/if}}
{{json order}}"""


def test_handlebars_are_filled_in() -> None:
    """Values, paths, conditions, repetition and Dotprompt's roles are written; lines of blocks alone leave no line."""
    values = {"who": {"name": "<Bo>"}, "dishes": ["soup", "pie"], "order": {"a": 1}}
    assert fill(MENU, values, "handlebars") == 'system:\nYou are <Bo>.\n0 soup,\n1 pie\n{"a": 1}'
    assert fill(MENU, {"who": {}, "hungry": 1, "guest": "Al", "order": 0}, "handlebars") == (
        "system:\nYou are .\nNothing, Al.\n0"
    )


def test_parameters_of_a_template_are_its_values() -> None:
    """A value that is printed in any case is required; one in a block, or that a block asks for, is not."""
    assert parameters_of_text(MENU, "handlebars") == {
        "type": "object",
        "properties": {
            "who": {},
            "dishes": {},
            "hungry": {},
            "guest": {"type": "string"},
            "order": {},
        },
        "required": ["who"],
    }
    assert parameters_of_text("{{#if", "handlebars") == parameters_of_text("{{#a}}", "handlebars") == {}


@pytest.mark.parametrize(
    ("form", "text", "values", "filled"),
    [
        ("mustache", "{{#xs}}{{n}};{{/xs}}{{^y}}no{{/y}} {{{z}}}", {"xs": [{"n": 1}, {"n": 2}], "z": "&"}, "1;2;no &"),
        ("semantic-kernel", "{{$a}} {{ 'b' }} {{ $a }} {x}", {"a": 1}, "1 b 1 {x}"),
        ("claude-command", "Fix $ARGUMENTS for $1, not $10", {"ARGUMENTS": "it", "1": "Bo"}, "Fix it for Bo, not $10"),
        ("copilot-prompt", "Make ${input:what:a thing} of ${file}", {"what": "tea"}, "Make tea of ${file}"),
        ("gemini-command", "Explain {{args}} {{x}}", {"args": "it"}, "Explain it {{x}}"),
        ("plain", "{a} {{b}} $c", {}, "{a} {{b}} $c"),
    ],
)  # fmt: skip
def test_every_language_is_filled_in(form: str, text: str, values: dict[str, object], filled: str) -> None:
    """Each language has its own placeholders; what is none of them stays as it is."""
    assert fill(text, values, form) == filled


@pytest.mark.parametrize(
    ("form", "text", "fault"),
    [
        ("handlebars", "{{name}} {{#if x}}{{y}}{{/if}}", "the prompt needs a value for name; give name=…"),
        ("handlebars", "{{> header}}", r"\{\{>header\}\} is another template"),
        ("handlebars", "{{#if (gt a 1)}}x{{/if}}", r"\{\{#if \(gt a 1\)\}\} asks for a helper"),
        ("handlebars", "{{media url=x}}", r"\{\{media url=x\}\} asks for a helper"),
        ("handlebars", "{{#if x}}", r"\{\{#if x\}\} is not closed"),
        ("mustache", "{{/x}}", r"\{\{/x\}\} closes nothing"),
        ("mustache", "{{#a}}" * 51, "more than 50 blocks are nested"),
        ("semantic-kernel", "{{Time.now}}", r"calls a function in \{\{Time.now\}\}, which only its framework can"),
    ],
)
def test_what_can_not_be_filled_in_is_named(form: str, text: str, fault: str) -> None:
    """A missing value, another template, and a helper of a framework are said; nothing is left out in silence."""
    with pytest.raises(LoadError, match=fault):
        fill(text, {}, form)


def test_attributes_of_objects_are_not_read() -> None:
    """A path in a template leads through keys and positions, never into an object."""
    assert fill("{{a.__class__}}{{b.0}}{{b.length}}", {"a": "x", "b": [1]}, "handlebars") == "11"


def test_defaults_are_those_of_the_parameters(url: str) -> None:
    """What an entry says of its parameters by default is used where nothing is given."""
    parameters = {"type": "object", "properties": {"who": {"default": "Bo"}, "what": {}}}
    with open_catalog(url) as cat:
        entry = cat.register(
            "prompt",
            "greet",
            "{{what}}, {{who}}",
            metadata={"template_format": "handlebars", "parameters": parameters},
        )
        assert call(cat["prompt:greet"], "Hi", entry=entry) == "Hi, Bo"
        assert call(cat["prompt:greet"], {"what": "Hi", "who": "Al"}, entry=entry) == "Hi, Al"


@given(st.lists(st.sampled_from(["{{", "}}", "{{#a}}", "{{/a}}", "{{else}}", "{{!", "--", "~", "x", "\n", " ", "{{{"])))
def test_any_text_is_read_or_refused(pieces: list[str]) -> None:
    """Whatever is written, reading a template ends with its parts or with a fault that is no other error."""
    with contextlib.suppress(TemplateFault):
        assert isinstance(parts_of("".join(pieces)), list)
