"""``catalog use reset``."""

from __future__ import annotations

import click

from catalog_cli import completion
from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option


@command(
    "reset",
    examples="""
        catalog use reset tool:create_scatter
        catalog use reset --all
    """,
)
@click.argument("key", required=False, shell_complete=completion.keys)
@click.option("--all", "everything", is_flag=True, help="Of all entries; the key of the hashes goes too.")
@json_option("the number of hashes forgotten")
@pass_app
def reset(app: Application, key: str | None, everything: bool, as_json: bool) -> None:
    """Forget what was recorded.

    Of an entry, even if it is gone since, or of --all. There is no way back; an export before helps to look, not to
    restore.
    """
    if (key is None) is not everything:
        raise click.UsageError("give either the KEY of an entry or --all")
    forgotten = app.catalog.reset_uses(app.find_past(key) if key else None)
    if as_json:
        app.screen.json({"forgotten": forgotten})
    else:
        app.screen.print(f"forgot {forgotten} {'hash' if forgotten == 1 else 'hashes'}")
