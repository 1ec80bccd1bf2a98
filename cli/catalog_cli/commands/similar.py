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
@click.option(
    "--floor",
    type=click.FloatRange(-1, 1),
    metavar="SCORE",
    help="Only entries with at least this score, -1 for all; else a score that an everyday request hardly has.",
)
@json_option("the entries, with their cosine as score,")
@pass_app
def similar(app: Application, key: str, limit: int | str, floor: float | None, as_json: bool) -> None:
    """List the entries nearest in meaning to an entry.

    The nearest comes first, with its score: the cosine of the two vectors. Something is always nearest, so what is no
    nearer than chance is left out, and a remark names it. The exit status is 1 if nothing is near, as when the entry
    has no fresh vector. In a pipe each line is key, description, tags, tier and score, separated by tabs.
    """
    kind, name = app.find(key)
    most = limit if isinstance(limit, int) else 1_000_000
    hits = app.catalog.similar(kind, name, limit=most, floor=floor)
    below = [] if len(hits) == most else app.catalog.similar(kind, name, limit=len(hits) + 1, floor=-1)[len(hits) :]
    marks = app.catalog.marks([hit.key for hit in hits])
    if as_json:
        app.screen.json_lines(data_of(hits, marks))
    else:
        show(app.screen, hits, scores=True, marks=marks)
    best = f"the nearest, {below[0].key}, has a score of {below[0].score:.2f}" if below else ""
    if not hits and below:
        raise No(f"nothing is near to '{kind}:{name}': {best}, which is below the floor; --floor -1 shows all")
    if not hits:
        raise No(f"nothing is near to '{kind}:{name}'; `catalog embed update` makes the vectors that are missing")
    if below:
        app.screen.remark(f"Of the others {best}, which is below the floor; --floor -1 shows all.")
