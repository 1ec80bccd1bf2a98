"""``catalog export``."""

from __future__ import annotations

import sys

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command
from catalog_cli.streams import writing


@command(
    "export",
    examples="""
        catalog export catalog.jsonl
        catalog export | grep '"kind":"model"' > models.jsonl
        catalog export --vectors catalog.jsonl
        # from one catalog to another
        catalog export | catalog --url sqlite:///team.db import -
    """,
    as_of=True,
)
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True), default="-")
@click.option("--vectors", is_flag=True, help="Write the fresh vectors of each entry too, by embedder.")
@pass_app
def export(app: Application, file: str, vectors: bool) -> None:
    """Write all entries as JSON Lines.

    One JSON object a line with the fields of an entry, sorted by key, to FILE or to standard output. These are the
    stored entries; those of the configuration file are in a file already.
    """
    if file == "-":
        app.catalog.export_jsonl(sys.stdout, vectors=vectors)
        return
    with writing(file):
        written = app.catalog.export_jsonl(file, vectors=vectors)
    app.screen.remark(f"exported {written} {'entry' if written == 1 else 'entries'} to {file}")
