"""``catalog route fit``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.commands.route.shared import Wrong, cases_of, configured_router, facts, percent, router_options
from catalog_cli.options import command, json_option
from catalog_cli.output import count

if TYPE_CHECKING:
    from catalog import FitReport


@command(
    "fit",
    examples="""
        catalog route fit prompts.jsonl
        catalog route fit --golden --kind tool
        catalog route fit prompts.jsonl --coverage 0.9
    """,
    embedder=True,
)
@click.argument(
    "file", metavar="[FILE.jsonl]", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option("--golden", is_flag=True, help="Learn from the golden cases of the catalog.")
@click.option(
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    metavar="SHARE",
    help="Of prompts that fit an entry, the share that is to get an answer.",
)
@router_options
@json_option("what was learned, and how good it is,")
@pass_app
def fit(
    app: Application, file: str | None, golden: bool, coverage: float, router: dict[str, Any], as_json: bool
) -> None:
    """Let the router learn from labelled prompts.

    FILE.jsonl has one JSON object a line: text, and gold (or name) with the name or key of the right entry, a list of
    them (the first counts), or null where none fits. What is learned is stored with the catalog and counts as long
    as embedder, candidates and their examples stay as they are. The figures are of prompts that were held out.
    """
    from catalog import EntryNotFoundError

    asked = configured_router(app, router)
    cases = cases_of(app, asked, file, golden)
    app.screen.hint(f"learning from {count(len(cases), 'prompt', 'prompts')} …")
    try:
        report = asked.fit([(case.text, case.names) for case in cases], target_coverage=coverage)
    except EntryNotFoundError as error:
        raise Wrong(str(error)) from None
    if as_json:
        app.screen.json(report.to_dict())
        return
    head = f"fitted the router '{report.router}'" if report.stored else f"the router '{report.router}' stays unfitted"
    app.screen.print(head, *facts(app, _facts(report)))


def _facts(report: FitReport) -> Iterator[tuple[str, str]]:
    yield (
        "prompts",
        f"{report.prompts:,} ({report.out_of_scope:,} fit no entry), and {report.examples:,} examples",
    )
    yield "candidates", f"{report.candidates:,}"
    yield "embedder", report.embedder
    yield "accuracy", f"{percent(report.accuracy)} of held-out prompts that fit an entry"
    yield "answered", f"{percent(report.coverage)} of them; {percent(report.target_coverage)} was the target"
    if report.rejected is not None:
        yield "rejected", f"{percent(report.rejected)} of held-out prompts that fit none"
    if report.auroc is not None:
        yield "AUROC", percent(report.auroc)
    if report.threshold is not None:
        yield "threshold", f"{report.threshold:.4g}"
    yield "took", f"{report.seconds:.1f} s"
    for note in report.notes:
        yield "note", note
