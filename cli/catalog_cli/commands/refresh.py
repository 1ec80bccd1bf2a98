"""``catalog refresh``."""

from __future__ import annotations

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.reports import show, verbose_option


@command(
    "refresh",
    examples="""
        catalog refresh
        catalog refresh --verbose
    """,
    embedder=True,
)
@verbose_option()
@json_option("the reports, as an array,")
@pass_app
def refresh(app: Application, verbose: bool, as_json: bool) -> None:
    """Look again at plugins and scanned sources.

    Reads installed plugins and those scanned sources that have changed. What is new is added, what is gone is
    marked, and what drifted is reported, never accepted.
    """
    app.look_here()
    with app.screen.progress("refreshing") as progress:
        reports = app.catalog.refresh(progress=progress)
    if as_json:
        app.screen.json([report.to_dict() for report in reports])
        return
    shown = [report for report in reports if verbose or report.skipped or not report.is_quiet]
    for report in shown:
        show(app.screen, report, verbose=verbose)
    if not shown:
        app.screen.remark("nothing new: all sources are as they were")
