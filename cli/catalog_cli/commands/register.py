"""``catalog register``."""

from __future__ import annotations

from typing import Any

import click

from catalog_cli import completion
from catalog_cli.application import Application, pass_app
from catalog_cli.councils import is_council
from catalog_cli.gate import clean
from catalog_cli.inputs import fields_of, value_of
from catalog_cli.options import command, field_options, json_option


@command(
    "register",
    examples="""
        catalog register tool create_scatter mypkg.plots:create_scatter --tag plot
        catalog register schema verdict @verdict.json -d "What a judge says."
        catalog register prompt greet "Hello {name}"
        catalog register model openai/gpt-4o mypkg.models:gpt4o --meta context=128000
    """,
    reason=True,
    embedder=True,
)
@click.argument("kind", shell_complete=completion.kinds)
@click.argument("name")
@click.argument("value", metavar="REF|@spec.json|TEXT")
@field_options
@json_option("the entry as it is stored")
@pass_app
def register(app: Application, /, kind: str, name: str, value: str, as_json: bool, **given: Any) -> None:
    """Add or replace one entry.

    REF is package.module:name, which is not imported: its signature and checksums are read from its source.
    One that leads nowhere from here needs --force.
    @spec.json registers the data in that file instead, @- those on standard input. A prompt may be a text with
    placeholders, `catalog run` fills it in: TEXT, or the content of @greet.txt. What had the key is replaced, and stays
    in its history.
    """
    app.look_here()
    stands_for = value_of(kind, value, force=given["force"])
    known = app.catalog.history(kind, name, limit=1)
    entry = app.catalog.register(kind, name, stands_for, **fields_of(given))
    if as_json:
        app.screen.json({"key": entry.key, **entry.model_dump(mode="json")})
    elif known and known[0].revision == entry.revision:
        app.screen.print(f"{entry.key} was like this already (revision {entry.revision})")
    else:
        app.screen.print(f"registered {entry.key} (revision {entry.revision})")
    if entry.ref and entry.checksum is None:
        app.screen.remark(
            f"Note: the source of {entry.ref} was not found from here, so changes of it can't be noticed; "
            "register it again where it can be imported"
        )
    if value == entry.spec and not any(sign in value for sign in " \n{"):
        app.screen.remark(f"Note: {entry.key} is the text '{value}'; a reference is written package.module:name")
    if is_council(entry):
        _note_issues(app, entry.key)


def _note_issues(app: Application, key: str) -> None:
    """Say what is wrong with a council; it is stored all the same, as what it names may come later."""
    from catalog import validate_council

    issues = validate_council(key, app.catalog)
    if issues:
        first = f"{issues[0]['path']}: {issues[0]['message']}" if issues[0]["path"] else issues[0]["message"]
        more = f"; {len(issues) - 1} more: `catalog explain {key}`" if len(issues) > 1 else ""
        app.screen.remark(clean(f"Note: {key} can't be run yet: {first}{more}"))
