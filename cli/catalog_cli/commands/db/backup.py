"""``catalog db backup``."""

from __future__ import annotations

import os

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option


@command(
    "backup",
    examples="""
        catalog db backup before-the-move.db
        catalog --url sqlite:///before-the-move.db ls
        # for cron: a file with a date; the last seven stay
        catalog db backup /srv/backups --keep 7
    """,
)
@click.argument("file", type=click.Path())
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="FILE is a folder: write a file with a date into it, and of those written so keep the last N.",
)
@json_option("the file written; with --keep also its rows by table, and what was deleted and spared")
@pass_app
def backup(app: Application, file: str, keep: int | None, as_json: bool) -> None:
    """Copy the database to a new file.

    The copy is whole and of one moment, also while others write. It is the file as it is: it is not upgraded. A file
    that is there already is never written over. With --keep the copy is opened and counted, and what is damaged is no
    backup; only then are the oldest deleted, and never a file that this command did not write, or that was changed.
    """
    if keep is not None:
        _rotate(app, file, keep, as_json)
        return
    if os.path.isdir(file):
        raise click.UsageError(f"{file} is a folder; name a file in it, or keep several there with --keep 7")
    from catalog import backup_database

    backup_database(app.place, file)
    if as_json:
        app.screen.json({"file": file})
    else:
        app.screen.print(f"backed up to {file}")


def _rotate(app: Application, folder: str, keep: int, as_json: bool) -> None:
    from catalog import backup_into

    done = backup_into(app.place, folder, keep=keep)
    for spared in done.spared:
        app.screen.remark(f"Warning: {spared} was changed since it was written, and is not deleted")
    if as_json:
        app.screen.json(done.to_dict())
        return
    app.screen.print(f"backed up to {done.file} ({done.rows.get('entry', 0):,} entries)")
    for deleted in done.deleted:
        app.screen.print(f"deleted {deleted}")
