"""``catalog embed update``."""

from __future__ import annotations

from typing import Any

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option


@command(
    "update",
    examples="""
        catalog embed update
        catalog embed update --embedder minilm
    """,
)
@click.option("--embedder", metavar="NAME", help="Another embedder than the configured one, as minilm or openai:MODEL.")
@json_option("the number of vectors made")
@pass_app
def update(app: Application, embedder: str | None, as_json: bool) -> None:
    """Embed what has no fresh vector.

    Only the difference is made, batch by batch: what is done stays done if this is interrupted. Vectors of several
    embedders may lie beside each other.
    """
    app.embedder = embedder
    with app.screen.progress("embedding") as progress:

        def told(done: int, of: int, *_: Any) -> None:
            if progress is not None:
                progress(done, of, "")

        made = app.catalog.embed_update(progress=told)
    if as_json:
        app.screen.json({"made": made})
    else:
        app.screen.print(f"{made} vectors made")
