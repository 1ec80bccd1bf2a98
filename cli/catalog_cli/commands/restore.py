"""``catalog restore``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option, key_argument


@command(
    "restore",
    examples="""
        catalog restore tool:create_scatter
        catalog restore tool:create_scatter --revision 3
    """,
    reason=True,
    embedder=True,
)
@key_argument()
@click.option("--revision", "-r", type=click.IntRange(min=1), help="As `catalog log KEY` counts them.")
@json_option("the entry as it is now")
@pass_app
def restore(app: Application, key: str, revision: int | None, as_json: bool) -> None:
    """Bring back an entry as it once was.

    Without --revision it is the revision before the last change, or the last of an entry that was taken away.
    Going back is a change too: it gets a new revision, and can be undone the same way.
    """
    kind, name = app.find_past(key)
    entry = app.catalog.restore(kind, name, revision)
    if as_json:
        app.screen.json({"key": entry.key, **entry.model_dump(mode="json")})
    else:
        as_it_was = f"as it was at revision {revision}" if revision else "as it was before"
        app.screen.print(f"restored {entry.key} {as_it_was}; this is revision {entry.revision}")
