"""Writes the reference, docs/reference/, and what a scan finds, docs/discovery.md, from the code.

python docs/generate.py            # writes the pages
python docs/generate.py --check    # ends with 1 and names each page that is not what the code says
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import MISSING, fields
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

import catalog
from catalog.discovery.documents.forms import FORMS
from catalog.discovery.frameworks import frameworks
from catalog.discovery.rules import Rule, load_rules
from catalog.settings import LEARNING, LOGGED, PROVIDER_KEYS, Settings
from catalog_cli.app import EXIT_CODES, cli

FOLDER = Path(__file__).parent / "reference"
INNER = frozenset({"file", "clock", "auto_refresh", "served", "set_aside", "written"})
"""Attributes of the settings that no configuration file has."""

TYPES = {
    "str | None": "text",
    "str": "text",
    "int | None": "number",
    "bool": "true or false",
    "tuple[str, ...]": "list of texts",
}
"""Annotations, and what they are in TOML; all others are tables."""

CHOICES = {"LEARNING": LEARNING, "LOGGED": LOGGED}
"""The tuples of choices that docstrings name."""

ENVIRONMENT = (
    ("CATALOG_URL", "the database; wins over `url`, and `--url` wins over it"),
    ("CATALOG_ACTOR", "who is at work, for the history; else the user's name"),
    ("OPENAI_API_KEY", "the key that the embedder `openai:MODEL` and routing by a model send"),
    ("OPENAI_BASE_URL", "where they send it, if nothing else names a server; else OpenAI's own"),
    ("CATALOG_AUTO_REFRESH", "`1` refreshes on every access and reloads changed modules, for notebooks"),
)


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {
        "commands.md": "\n".join(["# Commands", "", HEAD, "", *command_lines(), *error_lines()]),
        "../discovery.md": "\n".join(["# What a scan finds", "", HEAD, "", *discovery_lines()]),
        "settings.md": "\n".join(["# Settings", "", HEAD, "", *setting_lines(), *environment_lines()]),
    }


HEAD = "Made from the code by `python docs/generate.py`; a test compares both."


def command_lines() -> list[str]:
    """Return a table of the commands and the help of each."""
    above = click.Context(cli, info_name="catalog", max_content_width=100, terminal_width=100)
    found = commands(above)
    table = [f"| [{name}](#{anchor(name)}) | {context.command.get_short_help_str(100)} |" for name, context in found]
    helped = [line for name, context in found for line in (f"## {name}", "", "```text", context.get_help(), "```", "")]
    return [
        "| | |",
        "| --- | --- |",
        *table,
        "| [Exit statuses and errors](#exit-statuses-and-errors) | |",
        "",
        *helped,
    ]


def commands(above: click.Context) -> list[tuple[str, click.Context]]:
    """Return name and context of each command below *above*, groups before what is in them."""
    group = above.command
    assert isinstance(group, click.Group)
    found = []
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=above, max_content_width=100, terminal_width=100)
        found.append((context.command_path, context))
        if isinstance(command, click.Group):
            found += commands(context)
    return found


def anchor(heading: str) -> str:
    """Return the fragment by which pages link a *heading*."""
    return heading.lower().replace(" ", "-")


def error_lines() -> list[str]:
    """Return a table of every error, and the exit status of a command that ends with it."""
    errors = [getattr(catalog, name) for name in catalog.__all__ if name.endswith("Error")]
    rows = [
        f"| {error.code} | `{error.__name__}` | {EXIT_CODES.get(error.code, 3)} | {plain(error.__doc__)} |"
        for error in sorted(errors, key=lambda error: str(error.code))
    ]
    return [
        "## Exit statuses and errors",
        "",
        "0: done. 1: the answer is no. 2: wrong use. 3: the catalog could not be used. Every error has a `code`,",
        "a message that says what is wrong and what to do, and `facts` for programs; all derive from `CatalogError`.",
        "An embedder that is unknown and an option that a strategy can't have end with 2, too.",
        "",
        "| code | in Python | exit status | what it means |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]


def setting_lines() -> list[str]:
    """Return a table of the settings, as the docstring of the settings explains them."""
    named = {field.name: field for field in fields(Settings)}
    rows = [
        f"| `{name}` | {TYPES.get(str(named[name].type), 'table')} | {default(named[name])} | {text} |"
        for name, text in explained()
        if name not in INNER
    ]
    return [
        "They stand in `[tool.catalog]` of `pyproject.toml`, or at the top of `catalog.toml`. The nearest",
        "folder upwards that has either counts, and `catalog.toml` wins where it has both; `catalog info` says which",
        "it is. [Concepts](../concepts.md) has an example.",
        "",
        "| setting | in TOML | default | meaning |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]


FORMS_OF_RULES = {
    "decorators": ("decorator", "`module:name`", "of the function"),
    "methods": ("decorator of an object", "`module:function`", "of the function"),
    "bases": ("derives from", "`module:Class`", "of the class"),
    "constructors": ("is made by", "`module:variable`", "of the variable"),
}
"""The sections of the rules: what the form is called, the reference, and whose name counts where none is given."""

SCANNING = """\
`catalog scan` reads source; nothing of it is imported. A name counts by where it comes from, under whatever name:
imports, other names, partials and stars are followed. What no row lists is followed to its definition, in the project
or in an installed package. A decorator of one's own whose annotation or `return` leads to a known one marks as that one
does; a function that returns an agent, and a class that derives from one, make agents when they are called. Of a
framework that is neither installed nor scanned the rows decide. `catalog doctor` notes an installed framework that is
newer, by a minor version or more, than the release in the last column, in which the names were looked up.
[A project adds rules of its own](how-to/own-recognisers.md).

The column of names says which argument or attribute has the name and the description; where none is given, the name is
that of the function, class or variable, and the description the docstring, or the text behind an assignment; `->` is
the text that a function returns. What no path leads to, as it is made inside of a function, is kept without a
reference, and says why.

Plain functions and methods that are given to an agent, or registered on a server, are tools without a mark of their
own: `Agent(tools=[look])`, `llm.bind_tools([look])`, `server.tool(name="x")(look)`, `server.add_tool(look)`,
`FunctionTool(look)`. A method is taken as one of a new object of its class. A tool may be data for a model, too: a
dictionary in the form of Anthropic, OpenAI, Bedrock or MCP, wherever it is written. The entry leads to the function
of the tool's name in the same file, else to the variable that holds it, else nowhere. Of names that several have,
the least deep keeps the plain one, the others have folders, modules and functions in front; a later scan renames
nothing."""

WRITTEN = {
    "anthropic": "a dictionary with `name` and `input_schema`",
    "openai": "a dictionary with `name` and `parameters`: a function by its `type`, or described and with `properties`",
    "bedrock": "a dictionary with `toolSpec`",
    "mcp": "a dictionary with `name` and `inputSchema`",
}
"""The forms of tools that are written as data."""
WRITTEN_FIELDS = "`name`; `description` | `module:function` or `module:variable`"

MOST_NAMES = 6
"""How many of the names of a rule a cell shows; `recognised.toml` has all."""


def discovery_lines() -> list[str]:
    """Return what is found as which kind: one table, of the rules for Python and of the forms of documents."""
    checked: dict[str, list[str]] = {}
    for framework in frameworks():
        checked.setdefault(framework.name, []).append(f"{framework.distribution} {framework.checked}")
    order = ["catalog", *checked]
    rules = sorted(
        load_rules(), key=lambda rule: order.index(rule.framework) if rule.framework in order else len(order)
    )
    rows = [row_of_rule(rule, checked.get(rule.framework, [])) for rule in rules]
    rows += [f"| {whose} | `tool` | data | {form} | {WRITTEN_FIELDS} |  |" for whose, form in WRITTEN.items()]
    rows += [
        f"| {form.name} | {code(form.kinds)} | document | {code(form.files)} "
        f"{'below ' + code(form.folders) if form.folders else ''}| as the form has it | data | {form.checked} |"
        for form in FORMS
    ]
    return [
        *SCANNING.splitlines(),
        "",
        "| whose | kind | form | what | name and description | reference | checked |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]


def row_of_rule(rule: Rule, checked: list[str]) -> str:
    """Return the row of a *rule* for Python."""
    form, reference, whose = FORMS_OF_RULES[rule.section]
    if rule.section == "methods":
        what = f"{code('.' + name for name in rule.names)} of {code(rule.owners)}"
    else:
        more = ", …" if len(rule.names) > MOST_NAMES else ""
        what = f"{code(rule.names[:MOST_NAMES])}{more} of {code(rule.modules)}"
    fields = dict(rule.fields)
    name = f"`{fields['name'][0]}`" if isinstance(next(iter(fields.get("name", ())), None), str) else whose
    texts = [place for field in ("description", "template") for place in fields.get(field, ())]
    said = code(str(place) for place in texts if isinstance(place, str) and place != "said") or "docstring"
    kind = "the decorator's name" if rule.kind == "*" else f"`{rule.kind}`"
    asked = " (with `--schemas`)" if rule.when else ""
    return (
        f"| {rule.framework} | {kind} | {form} | {what}{asked} | {name}; {said} | {reference} | {', '.join(checked)} |"
    )


def code(words: Iterable[str]) -> str:
    """Return *words* as code, with commas."""
    return ", ".join(f"`{word}`" for word in words)


def explained() -> list[tuple[str, str]]:
    """Return name and meaning of each attribute of the settings."""
    text = cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    named = re.findall(r"^    (\w+): (.*?)(?=^    \w+:|\Z)", text, re.DOTALL | re.MULTILINE)
    return [(name, plain(meaning)) for name, meaning in named]


def plain(docstring: str | None) -> str:
    """Return a *docstring* in one line of Markdown, the choices it names written out."""
    text = " ".join((docstring or "").split()).replace("|", r"\|")
    text = re.sub(
        r":data:`(\w+)`", lambda found: ", ".join(f"`{choice}`" for choice in CHOICES.get(found[1], (found[1],))), text
    )
    return re.sub(r":\w+:`~?(?:catalog\.)?([^`]+)`", r"`\1`", text).replace("``", "`")


def default(field: Any) -> str:
    """Return the default of a setting as TOML has it; nothing where it is empty."""
    value = field.default if field.default is not MISSING else field.default_factory()
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if not value:
        return ""
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{', '.join(value.values() if isinstance(value, dict) else value)}`"


def environment_lines() -> list[str]:
    """Return the variables of the environment that are read."""
    return [
        "## Environment",
        "",
        "| variable | meaning |",
        "| --- | --- |",
        *(f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT),
        "",
        "A model provider counts as configured where one of its variables is set, or where `providers` names it:",
        "",
        "| provider | variables |",
        "| --- | --- |",
        *(f"| {provider} | {', '.join(f'`{name}`' for name in names)} |" for provider, names in PROVIDER_KEYS.items()),
        "",
    ]


def main() -> int:
    """Write the pages, or compare them."""
    changed = []
    for name, text in pages().items():
        page = FOLDER / name
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            changed.append(name)
            if "--check" not in sys.argv:
                page.parent.mkdir(exist_ok=True)
                page.write_text(text, encoding="utf-8")
    print("\n".join(changed), end="\n" if changed else "")
    return int("--check" in sys.argv and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
