"""``catalog embed status``."""

from __future__ import annotations

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import vectors


@command(
    "status",
    examples="""
        catalog embed status
        catalog embed status --json
        catalog embed status --embedder openai:text-embedding-3-small
    """,
    embedder=True,
)
@json_option("an object: embedder to counts,")
@pass_app
def status(app: Application, as_json: bool) -> None:
    """Count fresh, stale and missing vectors of each embedder.

    Counts texts: each entry has a text, and each of its examples is another. Those of the configuration count as fresh,
    since their vectors are made in memory. A vector is stale if the text has changed since it was made.
    Stale or missing vectors of the embedder in use are no error: searches find those entries by their words.
    """
    from catalog import vector_search

    statuses = app.catalog.embed_status()
    if as_json:
        app.screen.json({name: counts.to_dict() for name, counts in statuses.items()})
    else:
        for name, counts in statuses.items():
            app.screen.print(vectors(name, counts.to_dict()))
    if way := vector_search(app.catalog):
        app.screen.remark(f"search by meaning: {way}")
    used = statuses.get(app.catalog.embedder or "")
    if used is not None and (used.stale or used.missing):
        app.screen.remark("not every text has a fresh vector; `catalog embed update` makes them")
