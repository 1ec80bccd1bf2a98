"""``catalog use export``."""

from __future__ import annotations

import sys

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command
from catalog_cli.streams import writing


@command(
    "export",
    examples="""
        catalog use export uses.jsonl
        catalog use export | grep '"name": "create_scatter"'
    """,
)
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True), default="-")
@pass_app
def export(app: Application, file: str) -> None:
    """Write what was recorded as JSON Lines.

    One JSON object a line, to FILE or to standard output: query (a hash; r: begins that of a request, w: of a word,
    p: of two), kind, name, weight (right less wrong, as faded at that moment), at (seconds since 1970) and text (null
    unless texts are kept). The key of the hashes stays in the database.
    """
    if file == "-":
        app.catalog.export_uses(sys.stdout)
        return
    with writing(file):
        written = app.catalog.export_uses(file)
    app.screen.remark(f"exported {written} {'hash' if written == 1 else 'hashes'} to {file}")
