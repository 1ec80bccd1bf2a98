"""``catalog db backup``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command


@command(
    "backup",
    examples="""
        catalog db backup before-the-move.db
        catalog --url sqlite:///before-the-move.db ls
    """,
)
@click.argument("file", type=click.Path(dir_okay=False))
@pass_app
def backup(app: Application, file: str) -> None:
    """Copy the database to a new file.

    The copy is whole and of one moment, also while others write. It is the file as it is: it is not upgraded. A file
    that is there already is never written over.
    """
    from catalog import backup_database

    backup_database(app.schema().path, file)
    app.screen.print(f"backed up to {file}")
