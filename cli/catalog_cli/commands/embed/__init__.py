"""``catalog embed``: the vectors that search by meaning uses."""

from __future__ import annotations

import click

from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import embedder_option, url_option

COMMANDS = {
    "status": Entrance("catalog_cli.commands.embed.status:status", "Count fresh, stale and missing vectors"),
    "update": Entrance("catalog_cli.commands.embed.update:update", "Embed what has no fresh vector"),
}


@click.command(
    "embed",
    cls=LazyGroup,
    entrances=COMMANDS,
    params=[embedder_option(), url_option()],
    examples="""
        catalog embed status
        catalog embed update
    """,
)
def embed() -> None:
    """Look after the vectors of search by meaning.

    With the default embedder they are made as entries are stored. A vector whose text has changed is never used: its
    entry is matched by its words until the vector is made again.
    """
