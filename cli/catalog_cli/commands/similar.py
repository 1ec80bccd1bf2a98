"""``catalog similar``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.listing import data_of, show
from catalog_cli.options import command, json_option, limit_option


@command(
    "similar",
    examples="""
        catalog similar tool:create_scatter
        catalog similar create_scatter --limit 3 --json
        catalog similar create_scatter --embedder minilm
    """,
    embedder=True,
)
@click.argument("key", metavar="KEY|NAME")
@limit_option(10, "entries")
@json_option("the entries, with their cosine as score,")
@pass_app
def similar(app: Application, key: str, limit: int | str, as_json: bool) -> None:
    """List the entries nearest in meaning to one.

    The nearest comes first. The exit status is 1 if there is none, as when the entry has no fresh vector.
    """
    kind, name = app.find(key)
    most = limit if isinstance(limit, int) else 1_000_000
    hits = app.catalog.similar(kind, name, limit=most)
    states = app.catalog.states([hit.key for hit in hits])
    if as_json:
        app.screen.json(data_of(hits, states))
    else:
        show(app.screen, hits, states=states)
    if not hits:
        raise No(f"nothing is near to '{kind}:{name}'; `catalog embed update` makes the vectors that are missing")
