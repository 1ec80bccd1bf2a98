"""``catalog refresh``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.reports import show, verbose_option


@command(
    "refresh",
    examples="""
        catalog refresh
        catalog refresh --verbose
        # after a function was renamed
        catalog refresh --accept-renames
    """,
    embedder=True,
)
@click.option("--accept-renames", is_flag=True, help="Give entries whose code was renamed its new name.")
@verbose_option()
@json_option("the reports, as an array,")
@pass_app
def refresh(app: Application, accept_renames: bool, verbose: bool, as_json: bool) -> None:
    """Look again at plugins and scanned sources.

    Reads installed plugins and those scanned sources that have changed. What is new is added, what is gone is
    marked, and what drifted is reported, never accepted. Where the body of an entry that is gone has another name now,
    --accept-renames takes that over: history, golden cases, uses and references follow.
    """
    app.look_here()
    with app.screen.progress("refreshing") as progress:
        reports = app.catalog.refresh(accept_renames=accept_renames, progress=progress)
    if as_json:
        app.screen.json([report.to_dict() for report in reports])
        return
    shown = [report for report in reports if verbose or report.skipped or not report.is_quiet]
    for report in shown:
        show(app.screen, report, verbose=verbose)
    if any(not rename["accepted"] for report in reports for rename in report.renamed):
        app.screen.remark("`catalog refresh --accept-renames` carries history, golden cases and uses over")
    if not shown:
        app.screen.remark("nothing new: all sources are as they were")
