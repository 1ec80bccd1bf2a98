"""``catalog db current``."""

from __future__ import annotations

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option


@command(
    "current",
    examples="""
        catalog db current
        catalog db current --json
    """,
)
@json_option("URL, path and schema")
@pass_app
def current(app: Application, as_json: bool) -> None:
    """Show where the database is, and its version.

    Changes nothing: a database that is not there is not created. The exit status is 1 if it is not there, or not up
    to date.
    """
    from catalog import schema_advice

    schema = app.schema()
    if as_json:
        app.screen.json({"url": app.shown_url, "path": schema.path, "schema": schema.found, "newest": schema.newest})
    elif schema.found is not None:
        app.screen.print(f"{schema.path}: schema {schema.found}")
    advice = schema_advice(app.place, schema.found)
    if advice:
        raise No(advice)
