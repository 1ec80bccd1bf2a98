"""``catalog use record``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option, key_argument


@command(
    "record",
    examples="""
        catalog use record "plot my csv" create_scatter
        catalog use record "plot my csv" tool:delete_csv --wrong
    """,
)
@click.argument("text")
@key_argument()
@click.option("--wrong", is_flag=True, help="It was not what the request wanted: rank it lower.")
@json_option("what was recorded")
@pass_app
def record(app: Application, text: str, key: str, wrong: bool, as_json: bool) -> None:
    """Record that an entry was right for a request.

    TEXT is the request as it was searched for. Searches see it at once, those of other processes too.
    """
    kind, name = app.find(key)
    app.catalog.record_use(text, (kind, name), success=not wrong)
    if as_json:
        app.screen.json({"key": f"{kind}:{name}", "success": not wrong})
    else:
        app.screen.print(f"recorded {kind}:{name} as {'wrong' if wrong else 'right'} for this request")
