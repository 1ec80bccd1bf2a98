"""``catalog tag``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.commands.update import changed
from catalog_cli.options import command, json_option, key_argument


@command(
    "tag",
    examples="""
        catalog tag tool:create_scatter +plot +csv -draft
        catalog tag create_scatter plot
    """,
    reason=True,
    embedder=True,
    unknown_options=True,
)
@key_argument()
@click.argument("tags", metavar="[+TAG|-TAG]...", nargs=-1, required=True, type=click.UNPROCESSED)
@json_option("the entry as it is stored")
@pass_app
def tag(app: Application, key: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Add and remove tags of an entry.

    +TAG (or TAG) adds, -TAG removes.
    """
    kind, name = app.find(key)
    add = [word.removeprefix("+") for word in tags if not word.startswith("-")]
    remove = [word[1:] for word in tags if word.startswith("-")]
    changed(app, f"{kind}:{name}", app.catalog.update(kind, name, add_tags=add, remove_tags=remove), as_json)
