"""``catalog db``: the commands that look after the database itself."""

from __future__ import annotations

import click

from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import url_option

COMMANDS = {
    "upgrade": Entrance("catalog_cli.commands.db.upgrade:upgrade", "Create the database or bring it up to date"),
    "current": Entrance("catalog_cli.commands.db.current:current", "Show where the database is, and its version"),
    "check": Entrance("catalog_cli.commands.db.check:check", "Check the database for damage"),
    "backup": Entrance("catalog_cli.commands.db.backup:backup", "Copy the database to a new file"),
    "copy": Entrance("catalog_cli.commands.db.copy:copy", "Copy a catalog to another database, and compare the two"),
    "prune": Entrance("catalog_cli.commands.db.prune:prune", "Delete old revisions from the history"),
}


@click.command(
    "db",
    cls=LazyGroup,
    entrances=COMMANDS,
    params=[url_option()],
    examples="""
        catalog db current
        catalog db backup before-the-move.db
    """,
)
def db() -> None:
    """Look after the database itself.

    A SQLite catalog is created and upgraded when a command first opens it, so none of these is needed every day.
    """
