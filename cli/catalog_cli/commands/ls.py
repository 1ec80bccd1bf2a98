"""``catalog ls``."""

from __future__ import annotations

import click

from catalog_cli import completion
from catalog_cli.application import Application, No, pass_app
from catalog_cli.listing import show
from catalog_cli.options import command, json_option


@command(
    "ls",
    examples="""
        catalog ls
        catalog ls tool
        # the names of all models, for a script
        catalog ls model | cut -f1
    """,
)
@click.argument("kind", required=False, shell_complete=completion.kinds)
@json_option("the entries, as an array,")
@pass_app
def ls(app: Application, kind: str | None, as_json: bool) -> None:
    """List entries, of one kind or all.

    Lists every tier, sorted by key, importing nothing. In a pipe each line is key, description, tags and tier,
    separated by tabs. The exit status is 1 if there is nothing to list.
    """
    hits = app.catalog.search(kind=kind, limit=None)
    if as_json:
        app.screen.json([hit.to_dict(ranked=False) for hit in hits])
    else:
        show(app.screen, hits)
    if not hits:
        what = f"no entry of kind '{kind}'" if kind else "the catalog is empty"
        raise No(f"{what}; fill it with `catalog scan PACKAGE` or `catalog register`")
