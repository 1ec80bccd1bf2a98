"""``catalog update``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.inputs import fields_of, value_of
from catalog_cli.options import command, field_options, json_option, key_argument

if TYPE_CHECKING:
    from catalog import Entry


@command(
    "update",
    examples="""
        catalog update tool:create_scatter -d "Draw a scatter plot from two columns."
        catalog update create_scatter --example "plot price against size" --priority 3
        catalog update tool:create_scatter --value mypkg.charts:create_scatter
    """,
    reason=True,
    embedder=True,
)
@key_argument()
@click.option("--value", metavar="REF|@spec.json", help="What it stands for from now on.")
@field_options
@json_option("the entry as it is stored")
@pass_app
def update(app: Application, /, key: str, value: str | None, as_json: bool, **given: Any) -> None:
    """Change some fields of an entry.

    All others stay as they are. Tags, examples and providers are those given from now on (`catalog tag` adds and
    removes tags); the facts of --meta come beside those it has. The change is a revision, and `catalog restore` takes
    it back.
    """
    app.look_here()
    kind, name = app.find(key)
    fields = fields_of(given)
    if "metadata" in fields:
        fields["metadata"] = {**app.catalog.entry(kind, name).metadata, **fields["metadata"]}
    if value is not None:
        fields["value"] = value_of(kind, value, force=given["force"])
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
