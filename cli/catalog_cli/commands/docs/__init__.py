"""``catalog docs``: a documentation site made of the entries."""

from __future__ import annotations

import click

from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import url_option

COMMANDS = {
    "build": Entrance("catalog_cli.commands.docs.build:build", "Write a site with a page for every entry"),
}


@click.command(
    "docs",
    cls=LazyGroup,
    entrances=COMMANDS,
    params=[url_option()],
    examples="""
        catalog docs build site
        catalog docs build docs/catalog --format markdown
    """,
)
def docs() -> None:
    """Make documentation of the entries.

    Nothing is imported.
    """
