"""``catalog which``."""

from __future__ import annotations

from catalog import entry_marks
from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option, key_argument
from catalog_cli.output import Column

COLUMNS = (Column("TIER", bold=True), Column("STANDS FOR", 24), Column("SOURCE", 10), Column("WHY", colour="cyan"))


@command(
    "which",
    examples="""
        catalog which tool:create_scatter
        catalog which create_scatter --json
    """,
)
@key_argument()
@json_option("the entry of every tier, the winner first,")
@pass_app
def which(app: Application, key: str, as_json: bool) -> None:
    """Show which tier an entry comes from, and why.

    One line for each tier that has the key, the winner first: runtime over persistent over config. A
    command line has no runtime tier of its own.
    """
    standings = app.catalog.which(*app.find(key))
    if as_json:
        app.screen.json([standing.to_dict() for standing in standings])
        return
    rows = [
        (f"{s.tier}, {marks}" if (marks := str(entry_marks(s.entry.metadata))) else s.tier,
         s.entry.ref or "data of its own", s.entry.source, s.why)
        for s in standings
    ]  # fmt: skip
    app.screen.table(COLUMNS, rows)
