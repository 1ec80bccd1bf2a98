"""``catalog db prune``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import count


@command(
    "prune",
    examples="""
        catalog db prune --keep 20
        catalog db prune --older-than 365 --vacuum
    """,
)
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="Of each entry the last N revisions stay.")
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Only what is older goes.")
@click.option("--vacuum", is_flag=True, help="Give the room back to the file system.")
@json_option("how many revisions went")
@pass_app
def prune(app: Application, keep: int | None, older_than: float | None, vacuum: bool, as_json: bool) -> None:
    """Delete old revisions from the history.

    The last revision of each entry always stays. Without --keep the configuration's keep_history counts.
    """
    done = app.catalog.prune(keep=keep, older_than=older_than, vacuum=vacuum)
    if as_json:
        app.screen.json({"deleted": done})
    else:
        app.screen.print(f"deleted {count(done, 'revision', 'revisions')}")
