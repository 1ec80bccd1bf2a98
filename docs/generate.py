"""Writes docs/reference.md: every command as its --help has it, and every setting as the code documents it.

python docs/generate.py            # writes the page
python docs/generate.py --check    # ends with 1 if the page is not what the code says
"""

from __future__ import annotations

import re
import sys
from inspect import cleandoc
from pathlib import Path

import click

from catalog.settings import Settings
from catalog_cli.app import cli

PAGE = Path(__file__).parent / "reference.md"
INNER = frozenset({"file", "clock"})
"""Attributes of the settings that no configuration file has."""


def page() -> str:
    """Return the text of the page."""
    context = click.Context(cli, info_name="catalog", max_content_width=100, terminal_width=100)
    return "\n".join(
        [
            "# Reference",
            "",
            "Made from the code by `python docs/generate.py`; a test compares both.",
            "",
            "## Settings",
            "",
            "In `[tool.catalog]` of `pyproject.toml`, or at the top of `catalog.toml`; the nearest file counts.",
            "",
            *(f"- `{name}`: {text}" for name, text in settings()),
            "",
            "Environment: `CATALOG_URL` (the database), `CATALOG_ACTOR` (who is at work, for the history),",
            "`CATALOG_AUTO_REFRESH` (as `auto_refresh`).",
            "",
            "## Commands",
            "",
            *(line for name, command in commands(context) for line in (f"### {name}", "", *block(command))),
        ]
    )


def settings() -> list[tuple[str, str]]:
    """Return name and meaning of each setting, as the docstring of the settings has them."""
    text = cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    named = re.findall(r"^    (\w+): (.*?)(?=^    \w+:|\Z)", text, re.DOTALL | re.MULTILINE)
    plain = [(name, re.sub(r":\w+:`~?(?:catalog\.)?([^`]+)`", r"`\1`", " ".join(said.split()))) for name, said in named]
    return [(name, said.replace("``", "`")) for name, said in plain if name not in INNER]


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


def block(context: click.Context) -> list[str]:
    """Return the help of a command as a block of text."""
    return ["```text", context.get_help(), "```", ""]


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
