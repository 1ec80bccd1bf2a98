"""``catalog scan``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.reports import has_any, show, verbose_option, why_nothing


@command(
    "scan",
    examples="""
        catalog scan langchain_community
        catalog scan ./tools mypkg --public
        catalog scan mypkg --json
    """,
    embedder=True,
)
@click.argument("targets", nargs=-1, required=True, metavar="PACKAGE|PATH...")
@click.option("--public", is_flag=True, help="Also every public function.")
@click.option("--schemas", is_flag=True, help="Also pydantic models, as schemas.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files and folders that fit, as in .gitignore (which is honoured, too); repeatable.",
)
@click.option("--tests", is_flag=True, help="Also the tests of a project, which are left out otherwise.")
@verbose_option()
@json_option("the report (of several targets: an array of reports)")
@pass_app
def scan(
    app: Application,
    targets: tuple[str, ...],
    public: bool,
    schemas: bool,
    exclude: tuple[str, ...],
    tests: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Fill the catalog from packages and folders.

    Finds tools, agents, prompts and models of the usual frameworks in the source of installed packages, files and
    folders; not a line of it is run. Of a project, tests, vendored and generated code, and what .gitignore names are
    left out, and counted; what is named itself is looked at. A second scan looks at changed files only, and reports
    code that drifted without accepting it. The exit status is 1 if nothing at all is found; the last line says why.
    """
    app.look_here()
    reports = []
    for target in targets:
        with app.screen.progress(f"scanning {target}") as progress:
            report = app.catalog.scan(
                target, public=public, schemas=schemas, exclude=exclude, tests=tests, progress=progress
            )
        reports.append(report)
        if not as_json:
            show(app.screen, reports[-1], verbose=verbose)
    if as_json:
        app.screen.json([report.to_dict() for report in reports] if len(reports) > 1 else reports[0].to_dict())
    if not any(map(has_any, reports)):
        more = "" if public or not any(report.seen for report in reports) else "; --public takes every public function"
        why = "; ".join(
            f"nothing found in {target}: {why_nothing(report)}" for target, report in zip(targets, reports, strict=True)
        )
        raise No(f"{why}{more}")
    app.screen.hint("Look around with `catalog ls`, find something with `catalog search TEXT`.")
