"""``catalog route lint``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.commands.route.shared import Wrong, configured_router, no_candidate, router_options
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option
from catalog_cli.output import count

if TYPE_CHECKING:
    from catalog import LintFinding

FEW = 5
"""How many findings of each sort are shown unless all are asked for."""

TITLES = {
    "near_duplicate": "near-duplicates",
    "shared_example": "examples that several entries have",
    "steals": "pairs that take each other's golden cases",
    "unreached": "entries that no golden case reaches",
    "dead_rule": "rules that never decide",
    "broken_rule": "rules that can't be used",
    "predicate": "functions as rules that are not trusted",
    "undescribed": "entries that say nothing about themselves",
    "draft": "drafts that wait for approval",
    "review": "entries that need review",
    "deprecated": "deprecated entries that golden cases ask for",
    "lost_golden": "golden cases of entries that are gone",
}
"""What is looked for, in the order of :data:`catalog.routing.evaluation.lint.CODES`."""

_COLOURS = {"proved": "red", "observed": "yellow", "likely": "cyan"}


@command(
    "lint",
    examples="""
        catalog route lint --kind tool
        catalog route lint --only dead_rule --only steals
        catalog route lint --kind all --json
    """,
    embedder=True,
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(tuple(TITLES)),
    metavar="CODE",
    help=f"Look for this only; several times: for each of them. One of {', '.join(TITLES)}.",
)
@click.option("--verbose", "-v", is_flag=True, help=f"Show all of it, not {FEW} of each sort.")
@router_options
@json_option("findings and notes")
@pass_app
def lint(app: Application, only: tuple[str, ...], verbose: bool, router: dict[str, Any], as_json: bool) -> None:
    """Find entries and rules that make routing go wrong.

    Each finding says what it rests on: proved holds for every prompt, observed was seen on golden cases and examples,
    likely is a similarity. No model is asked and no predicate called. The exit status is 1 if anything is found. In a
    pipe each line is code, evidence, keys and message, separated by tabs.
    """
    from catalog import lint as look

    asked = configured_router(app, router, log="off")
    lacking = no_candidate(asked)
    if lacking and not asked.pool().filtered:
        raise Wrong(lacking)
    done = look(asked, only)
    if as_json:
        app.screen.json(done.to_dict())
    elif app.screen.is_terminal:
        if done.findings:
            app.screen.print(*_lines(app, done.findings, None if verbose else FEW))
    else:
        app.screen.table(
            (),
            [(finding.code, finding.evidence, ", ".join(finding.keys), finding.message) for finding in done.findings],
        )
    for note in done.notes:
        app.screen.remark(f"note: {note}")
    looked = (
        f"{count(done.candidates, 'candidate', 'candidates')} and {count(done.golden, 'golden case', 'golden cases')}"
    )
    if done.findings:
        raise No(f"{count(len(done.findings), 'finding', 'findings')} in {looked}")
    app.screen.remark(f"nothing found in {looked}")


def _lines(app: Application, findings: Sequence[LintFinding], most: int | None) -> Iterator[str]:
    screen = app.screen
    first = True
    for code, same in groupby(findings, key=lambda finding: finding.code):
        if not first:
            yield ""
        first = False
        listed = list(same)
        yield screen.style(f"{len(listed)} {code}", bold=True) + screen.style(f"  {TITLES[code]}", dim=True)
        for finding in listed[:most]:
            mark = screen.style(f"{finding.evidence:<9}", fg=_COLOURS[finding.evidence])
            yield f"  {mark} {screen.style(clean(' · '.join(finding.keys)), bold=True)}"
            yield f"  {'':9} {screen.wrapped(clean(finding.message), indent=12)}"
        if most is not None and len(listed) > most:
            yield screen.style(f"  {'':9} … and {len(listed) - most:,} more (--verbose)", dim=True)
