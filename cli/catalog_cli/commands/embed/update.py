"""``catalog embed update``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import confirmed
from catalog_cli.options import command, json_option
from catalog_cli.output import count

if TYPE_CHECKING:
    from catalog import Estimate

MOST_TEXTS, MOST_DOLLARS = 1_000, 0.10
"""What is sent to a server without a word where nobody can be asked."""


@command(
    "update",
    examples="""
        catalog embed update
        catalog embed update --embedder minilm
        # a server: what it costs is shown first
        catalog embed update --embedder openai:text-embedding-3-small --yes
    """,
    embedder=True,
)
@click.option("--yes", "-y", is_flag=True, help="Don't ask before texts are sent to a server.")
@json_option("the number of vectors made")
@pass_app
def update(app: Application, yes: bool, as_json: bool) -> None:
    """Embed what has no fresh vector.

    Only the difference is made, batch by batch: what is done stays done if this is interrupted. Vectors of several
    embedders may lie beside each other. Before texts go to a server their number and price are shown; on a
    terminal you are asked, and in a pipe more than 1,000 texts or 10 cents need --yes.
    """
    estimate = app.catalog.embed_estimate()
    if estimate is not None and estimate.texts:
        app.screen.remark(f"to be sent: {estimate}")
        if not yes:
            _agree(app, estimate)
    with app.screen.progress("embedding") as progress:

        def report(done: int, of: int, *_: Any) -> None:
            if progress is not None:
                progress(done, of, "")

        made = app.catalog.embed_update(progress=report)
    if as_json:
        app.screen.json({"made": made})
    else:
        app.screen.print(f"{count(made, 'vector', 'vectors')} made")


def _agree(app: Application, estimate: Estimate) -> None:
    """Ask, where somebody is there; else refuse what is large."""
    if app.screen.is_asked:
        if not confirmed("Send them?"):
            raise No("nothing was sent")
    elif estimate.texts > MOST_TEXTS or (estimate.dollars or 0) > MOST_DOLLARS:
        raise click.UsageError(f"this sends more than {MOST_TEXTS:,} texts or costs more than 10 cents; add --yes")
