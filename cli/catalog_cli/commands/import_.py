"""``catalog import``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.streams import standard_input


@command(
    "import",
    examples="""
        catalog import catalog.jsonl
        cat models.jsonl tools.jsonl | catalog import -
    """,
    embedder=True,
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True))
@json_option("the number of entries written")
@pass_app
def import_(app: Application, file: str, as_json: bool) -> None:
    """Add the entries of a JSON Lines file.

    One JSON object a line with the fields of an entry, as `catalog export` writes them; - reads standard input. All
    of them or none: a line that is wrong is named and nothing is stored. An entry replaces the entry that had its key.
    A line may bring vectors of its own, as `catalog export --vectors` writes them, if the catalog knows their embedder.
    """
    written = app.catalog.import_jsonl(standard_input(as_lines=True) if file == "-" else file)
    if as_json:
        app.screen.json({"written": written})
    else:
        app.screen.print(
            f"imported {written} {'entry that was' if written == 1 else 'entries that were'} new or different"
        )
