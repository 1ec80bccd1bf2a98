"""``catalog rename``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.commands.update import changed
from catalog_cli.options import command, json_option, key_argument


@command(
    "rename",
    examples="""
        catalog rename tool:create_scatter scatter
    """,
    reason=True,
    embedder=True,
)
@key_argument()
@click.argument("name", metavar="NAME")
@json_option("the entry as it is stored")
@pass_app
def rename(app: Application, key: str, name: str, as_json: bool) -> None:
    """Give an entry another name.

    Its history, golden cases and uses follow, and so do the references of other entries.
    """
    kind, old = app.find(key)
    changed(app, f"{kind}:{old}", app.catalog.rename(kind, old, name), as_json)
