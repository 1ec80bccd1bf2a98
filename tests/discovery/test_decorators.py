"""What our own decorators say is read from the source."""

from __future__ import annotations

from pathlib import Path

from helpers import purposes, refs

from catalog.discovery.scan import scan


def test_every_way_of_marking_is_found(packages: Path) -> None:
    """Bare and called decorators, aliases, methods, nested functions and marked values are found under their names."""
    assert refs(scan(packages / "plain")) == {
        "agent:helper": "plain.tools:Helper",
        "model:openai/gpt-4o": "plain.tools:gpt",
        "model:openai/mini": "plain.tools:small",
        "prompt:plot/intro": "plain.tools:intro",
        "tool:ask": "plain.tools:Helper.ask",
        "tool:create_scatter": "plain.tools:scatter",
        "tool:made": None,
        "tool:shout": "plain.tools:shout",
        "tool:whisper": "plain.tools:whisper",
    }


def test_descriptions_come_from_the_decorator_else_the_docstring(packages: Path) -> None:
    """A description given to the decorator wins over the docstring; a value has that of the text below it."""
    assert purposes(scan(packages / "plain")) == {
        "agent:helper": "Answers questions.",
        "model:openai/gpt-4o": "",
        "model:openai/mini": "A cheap model.",
        "prompt:plot/intro": "Greet.",
        "tool:ask": "Ask the helper.",
        "tool:create_scatter": "Draw a scatter plot from two columns.",
        "tool:made": "Made when asked.",
        "tool:shout": "Say *text* loudly.",
        "tool:whisper": "",
    }


def test_all_fields_of_the_decorator_are_read(packages: Path) -> None:
    """Tags, examples, priority, match, providers and metadata of a decorator are those of the finding."""
    found = next(one for one in scan(packages / "plain").findings if one.name == "create_scatter")
    assert (found.tags, found.examples, found.priority, found.match, found.providers, found.metadata) == (
        ("chart", "plot"),
        ("plot price against size",),
        3,
        "scatter|dots",
        ("openai",),
        {"cost": 0.5, "owners": ["ann"]},
    )


def test_parameters_become_a_signature_and_a_schema(packages: Path) -> None:
    """A function's parameters are there as text for people and as JSON Schema, docstring texts included."""
    found = next(one for one in scan(packages / "plain").findings if one.name == "shout")
    assert (found.signature, found.parameters) == (
        "(text: str, times: int = 1) -> str",
        {
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "what to say."},
                "times": {"type": "integer", "default": 1, "description": "how often."},
            },
            "required": ["text"],
        },
    )


def test_a_nested_function_says_where_it_is_made(packages: Path) -> None:
    """What is defined in a function has no reference, but names the function and says why."""
    found = next(one for one in scan(packages / "plain").findings if one.name == "made")
    assert (found.ref, found.nested_in, found.reason) == (
        None,
        "plain.tools:make",
        "defined inside make()",
    )


def test_findings_name_file_line_and_root(packages: Path) -> None:
    """A finding from a path says which file and line it is at, and which folder to put on the path."""
    found = next(one for one in scan(packages / "plain").findings if one.name == "shout")
    assert (found.path, found.line, found.root) == (str(packages / "plain" / "tools.py"), 9, str(packages))


def test_first_of_two_keeps_the_name(packages: Path) -> None:
    """Of several with one name the first by place keeps it; the others get their module in front."""
    assert refs(scan(packages / "duplicate")) == {
        "prompt:search": "duplicate.second:ask",
        "tool:first/search": "duplicate.first:search_too",
        "tool:second/search": "duplicate.second:search",
        "tool:search": "duplicate.first:search",
        "tool:twice": "duplicate.second:twice",
    }


def test_clashes_are_reported(packages: Path) -> None:
    """Every disputed name is reported with who kept it and what the other is called."""
    clashes = [(one.kept, one.other, one.renamed) for one in scan(packages / "duplicate").clashes]
    assert clashes == [
        ("duplicate.first:search", "duplicate.first:search_too", "first/search"),
        ("duplicate.first:search", "duplicate.second:search", "second/search"),
    ]


def test_a_replaced_definition_is_not_found(packages: Path) -> None:
    """Of two definitions of one name only the one the name leads to is described."""
    found = next(one for one in scan(packages / "duplicate").findings if one.name == "twice")
    assert (found.signature, found.description) == ("(a, b)", "What the name leads to.")


def test_an_impossible_name_gives_way(make) -> None:
    """A literal that can't be an entry's name is cleaned, or replaced by the object's own, and kept in the metadata."""
    folder = make(
        {
            "names.py": """
                from catalog import tool

                @tool(name="two\\nlines")
                def first(): ...

                @tool(name="")
                def second(): ...
            """
        }
    )
    assert [(one.name, one.metadata) for one in scan(folder / "names.py").findings] == [
        ("two lines", {"written_name": "two\nlines"}),
        ("second", {"written_name": ""}),
    ]
