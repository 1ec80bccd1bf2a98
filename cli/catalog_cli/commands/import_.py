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
@click.option("--replace", is_flag=True, help="Write over entries that did not come from a file; they are listed.")
@click.option("--restore", is_flag=True, help="Keep origin, root and state as the file has them: only for your own.")
@json_option("the number of entries written")
@pass_app
def import_(app: Application, file: str, replace: bool, restore: bool, as_json: bool) -> None:
    """Add the entries of a JSON Lines file.

    One JSON object a line with the fields of an entry, as `catalog export` writes them; - reads standard input. All
    of them or none: a line that is wrong is named and nothing is stored. An entry replaces an imported entry that had
    its key; --replace lets it replace any. What is imported has the source 'import', no folder of its own for its code,
    and needs review where it was not approved; --restore takes back your own export as it was.
    A line may bring vectors of its own, as `catalog export --vectors` writes them, if the catalog knows their embedder.
    """
    written = app.catalog.import_jsonl(
        standard_input(as_lines=True) if file == "-" else file, replace=replace, restore=restore
    )
    if as_json:
        app.screen.json({"written": written})
    else:
        app.screen.print(
            f"imported {written} {'entry that was' if written == 1 else 'entries that were'} new or different"
        )
