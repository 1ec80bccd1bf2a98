"""``catalog deprecate``."""

from __future__ import annotations

import click

from catalog_cli import completion
from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option, key_argument


@command(
    "deprecate",
    examples="""
        catalog deprecate tool:old_chart --instead tool:chart
        catalog deprecate tool:old_chart --reason "it draws to the screen only"
        catalog ls --state deprecated
        catalog approve tool:old_chart
    """,
)
@key_argument()
@click.option("--instead", metavar="KEY", shell_complete=completion.keys, help="The entry that replaces it.")
@click.option("--reason", metavar="TEXT", default="", help="Why, in words.")
@json_option("the entry as it is now")
@pass_app
def deprecate(app: Application, key: str, instead: str | None, reason: str, as_json: bool) -> None:
    """Mark an entry that has had its day.

    Searches rank it last, routers leave it out, and every listing says what replaces it. It can still be taken, with a
    warning. `catalog approve` takes the mark away.
    """
    kind, name = app.find(key)
    other = None if instead is None else ":".join(app.find(instead))
    entry = app.catalog.deprecate(kind, name, instead=other, reason=reason)
    if as_json:
        app.screen.json({"key": entry.key, **entry.model_dump(mode="json"), "state": entry.state})
    else:
        told = f"; {other} replaces it" if other else ""
        app.screen.print(f"deprecated {entry.key}{told}; this is revision {entry.revision}")
