"""``catalog db upgrade``."""

from __future__ import annotations

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command


@command(
    "upgrade",
    examples="""
        catalog db upgrade
        catalog --url sqlite:///team.db db upgrade
        catalog --url postgresql://owner@db.example.org/team db upgrade
    """,
)
@pass_app
def upgrade(app: Application) -> None:
    """Create the database or bring it up to date.

    Safe to run any number of times, and while other processes use the catalog: all of it happens in one transaction.
    A file is upgraded by whatever opens it; a catalog on a PostgreSQL server only by this.
    """
    from catalog import upgrade_database

    before = app.schema()
    upgrade_database(app.place)
    after = app.schema()
    if before.found == after.found:
        app.screen.print(f"{after.path} is up to date (schema {after.found})")
    elif before.found is None:
        app.screen.print(f"created {after.path} (schema {after.found})")
    else:
        app.screen.print(f"upgraded {after.path} from schema {before.found} to {after.found}")
