"""``catalog use``: what searches learn from."""

from __future__ import annotations

import click

from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import url_option

COMMANDS = {
    "record": Entrance("catalog_cli.commands.use.record:record", "Record that an entry was right for a request"),
    "export": Entrance("catalog_cli.commands.use.export:export", "Write what was recorded as JSON Lines"),
    "reset": Entrance("catalog_cli.commands.use.reset:reset", "Forget what was recorded"),
}


@click.command(
    "use",
    cls=LazyGroup,
    entrances=COMMANDS,
    params=[url_option()],
    examples="""
        catalog use record "plot my csv" create_scatter
        catalog search "plot the csv, please" --json
        catalog use reset create_scatter
    """,
)
def use() -> None:
    """Let searches learn which entries were right.

    What was right for a request ranks higher for it, and a little for similar requests: within a bound, fading with a
    half-life of 30 days, and never past an entry that is called what was asked for. Nothing is recorded unless you do
    it here or in Python, or the configuration says learn = "auto"; with learn = "off" nothing counts. Only hashes of
    requests are kept, unless it says learn_text = true.
    """
