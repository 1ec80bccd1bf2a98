"""``catalog update``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.inputs import json_of, pairs_of, text_of
from catalog_cli.options import command, json_option, key_argument, tag_option

if TYPE_CHECKING:
    from catalog import Entry


@command(
    "update",
    examples="""
        catalog update tool:create_scatter -d "Draw a scatter plot from two columns."
        catalog update create_scatter --example "plot price against size" --priority 3
        catalog update tool:create_scatter --value mypkg.charts:create_scatter
    """,
    embedder=True,
)
@key_argument()
@click.option("--value", metavar="REF|@spec.json", help="What it stands for from now on.")
@click.option("--description", "-d", help="What it is for.")
@tag_option("--tag", "tags", "The tags it has from now on; may be repeated. `catalog tag` adds and removes some.")
@click.option("--example", "examples", multiple=True, metavar="TEXT", help="The requests it should be found by.")
@click.option("--priority", type=int, help="The higher is tried first when routing by rules.")
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="The model providers it needs.")
@click.option("--match", metavar="REGEX", help="Requests it is meant for, when routing by rules; '' for none.")
@click.option("--meta", multiple=True, metavar="KEY=JSON", help="One more fact, beside those it has.")
@json_option("the entry as it is stored")
@pass_app
def update(
    app: Application, /, key: str, value: str | None, meta: tuple[str, ...], as_json: bool, **given: Any
) -> None:
    """Change some fields of an entry.

    All others stay as they are. The change is a revision, and `catalog restore` takes it back.
    """
    app.look_here()
    kind, name = app.find(key)
    fields: dict[str, Any] = {field: part for field, part in given.items() if part not in (None, ())}
    if fields.get("match") == "":
        fields["match"] = None
    if meta:
        fields["metadata"] = {**app.catalog.entry(kind, name).metadata, **pairs_of(meta, "--meta")}
    if value is not None:
        fields["value"] = json_of(text_of(value), value) if value.startswith("@") else value
    if not fields:
        raise click.UsageError("there is nothing to change; say what, as in --description TEXT")
    changed(app, f"{kind}:{name}", app.catalog.update(kind, name, **fields), as_json)


def changed(app: Application, key: str, entry: Entry, as_json: bool) -> None:
    """Print the *entry* that was changed, or that had the *key* before."""
    if as_json:
        app.screen.json({"key": entry.key, **entry.model_dump(mode="json")})
    elif entry.key != key:
        app.screen.print(f"renamed {key} to {entry.key} (revision {entry.revision})")
    else:
        app.screen.print(f"updated {entry.key} (revision {entry.revision})")
