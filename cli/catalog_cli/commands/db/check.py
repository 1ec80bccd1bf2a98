"""``catalog db check``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import count


@command(
    "check",
    examples="""
        catalog db check
        catalog db check --fix
    """,
)
@click.option("--fix", is_flag=True, help="Make the full-text index again from the entries.")
@json_option("the faults, as an array of texts,")
@pass_app
def check(app: Application, fix: bool, as_json: bool) -> None:
    """Check the database for damage.

    Looks at pages, keys, tags and the full-text index. --fix makes the index again, which heals faults of it and
    nothing else; for the others there are backups. The exit status is 1 if faults are left.
    """
    faults = app.catalog.check()
    if fix and faults:
        app.catalog.reindex()
        app.screen.remark(f"{count(len(faults), 'fault', 'faults')} before the index was made again")
        faults = app.catalog.check()
    if as_json:
        app.screen.json(faults)
    elif faults:
        app.screen.print("\n".join(faults))
    if faults:
        raise No(f"{count(len(faults), 'fault', 'faults')} in {app.schema().path}")
    if not as_json:
        app.screen.print(f"{app.schema().path} is sound")
