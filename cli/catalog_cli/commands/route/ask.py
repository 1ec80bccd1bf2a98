"""``catalog route ask``, and ``catalog route TEXT``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from catalog import close_matches, did_you_mean
from catalog_cli import completion
from catalog_cli.application import Application, No, pass_app
from catalog_cli.commands.route.shared import Wrong, bar, configured_router, facts, money, no_candidate, router_options
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option
from catalog_cli.output import Column
from catalog_cli.streams import standard_input

if TYPE_CHECKING:
    from catalog import Candidate, Decision

FEW = 3
"""How many candidates are shown where none was picked."""

CANDIDATES = (
    Column("CANDIDATE", 16, bold=True),
    Column("SCORE", right=True),
    Column("", colour="cyan"),
    Column("DESCRIPTION", 20),
)
STEPS = (Column("STEP", bold=True), Column("OUTCOME"), Column("MS", right=True), Column("COST", 8), Column("WHY", 24))
FILTERED = (Column("LEFT OUT", 16, bold=True), Column("WHY", 24))


@command(
    "ask",
    examples="""
        catalog route ask "audit my SEO"
        catalog route "audit my SEO" --on-no-match council:general
        catalog route "plot my data" --kind tool --explain
        echo "plot my data" | catalog route - --kind tool --json
    """,
    embedder=True,
)
@click.argument("text", nargs=-1, required=True, metavar="TEXT")
@click.option("--explain", is_flag=True, help="Show the candidates with their scores, the steps, and who was left out.")
@click.option(
    "--top",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    metavar="N",
    help="With --explain: at most so many candidates.",
)
@click.option(
    "--on-no-match",
    metavar="KEY",
    shell_complete=completion.keys,
    help="The entry that takes what fits nothing else.",
)
@router_options
@json_option("the decision, with its candidates,")
@pass_app
def ask(
    app: Application,
    text: tuple[str, ...],
    explain: bool,
    top: int,
    on_no_match: str | None,
    router: dict[str, Any],
    as_json: bool,
) -> None:
    """Pick the entry for a prompt; the word itself may be left out.

    In a pipe the answer is one line of key, score, strategy and reason, separated by tabs; with --explain a line for
    each candidate, step and entry that was left out follows. The exit status is 1 if no entry was picked.
    """
    from catalog_cli.commands.route import COMMANDS, PROMPT

    if text[0] in COMMANDS and click.get_current_context().meta.get(PROMPT):
        raise click.UsageError(f"'{text[0]}' is a command: put it before its options, or -- before a prompt")
    if text[1:]:
        hint = did_you_mean(close_matches(text[0], COMMANDS, most=1))
        raise click.UsageError(f"put a prompt of several words in quotes{hint}")
    prompt = standard_input().read() if text[0] == "-" else text[0]
    if not prompt.strip():
        raise Wrong("the prompt is empty")
    if on_no_match and on_no_match not in ("error", "abstain"):
        on_no_match = ":".join(app.find(on_no_match))
    asked = configured_router(app, router, **({"on_no_match": on_no_match} if on_no_match else {}))
    decision = asked.resolve(prompt)
    lacking = no_candidate(asked) if decision.entry is None else None
    if as_json:
        app.screen.json(decision.to_dict(candidates=max(top, 20)))
    elif app.screen.is_terminal and not lacking:
        app.screen.print(*_lines(app, decision, explain, top))
    elif not app.screen.is_terminal:
        app.screen.table((), _rows(decision, explain, top))
    if decision.entry is None:
        at_terminal = app.screen.is_terminal and not as_json
        raise No(lacking or ("no candidate fits" if at_terminal else f"no candidate fits: {decision.reason}"))


def _lines(app: Application, decision: Decision, explain: bool, top: int) -> Iterator[str]:
    screen = app.screen
    if decision.entry is None:
        yield screen.style("no entry", bold=True, fg="yellow")
    else:
        yield screen.style(clean(decision.entry.key), bold=True, fg="green")
        if decision.entry.description:
            yield screen.wrapped(clean(decision.entry.description), indent=0)
    yield ""
    yield from facts(app, _facts(decision))
    considered = [candidate for candidate in decision.candidates if candidate.filtered is None]
    scored = [candidate for candidate in considered if candidate.score is not None]
    if explain or (decision.entry is None and scored):
        shown = considered[:top] if explain else scored[:FEW]
        if shown:
            yield ""
            yield from screen.fitted(CANDIDATES, list(_candidates(shown, decision.threshold)), indent=2)
        if explain and len(considered) > len(shown):
            yield screen.style(f"  … and {len(considered) - len(shown):,} more; --top shows more of them", dim=True)
    if explain and decision.steps:
        yield ""
        yield from screen.fitted(STEPS, _steps(decision), indent=2, wrap=True)
    left_out = [
        (clean(candidate.key), clean(candidate.filtered))
        for candidate in decision.candidates
        if candidate.filtered is not None
    ]
    if explain and left_out:
        yield ""
        yield from screen.fitted(FILTERED, left_out[:top], indent=2, wrap=True)
        if len(left_out) > top:
            yield screen.style(f"  … and {len(left_out) - top:,} more", dim=True)


def _facts(decision: Decision) -> Iterator[tuple[str, str]]:
    yield "why", decision.reason
    remembered = ", remembered" if decision.cached else ""
    yield "by", f"{decision.strategy}, in {decision.latency_ms:.1f} ms{remembered}"
    if decision.score is not None:
        against = "" if decision.threshold is None else f" against a threshold of {decision.threshold:.3f}"
        yield "score", f"{decision.score:.3f}{against}"
    if decision.confidence is not None:
        yield "confidence", f"{int(100 * decision.confidence)} %"
    spent = money(decision.cost.to_dict())
    if spent:
        yield "cost", spent


def _candidates(shown: list[Candidate], threshold: float | None) -> Iterator[tuple[str, str, str, str]]:
    known = [candidate.score for candidate in shown if candidate.score is not None]
    low, high = min([0.0, *known]), max([0.0, *known, threshold or 0.0])
    for candidate in shown:
        share = 0.0 if candidate.score is None or high == low else (candidate.score - low) / (high - low)
        score = "" if candidate.score is None else f"{candidate.score:.3f}"
        yield clean(candidate.key), score, bar(share), clean(candidate.reason or candidate.entry.description)


def _steps(decision: Decision) -> list[tuple[str, str, str, str, str]]:
    return [
        (step.strategy, step.outcome, f"{step.latency_ms:.1f}", money(step.cost.to_dict()), clean(step.reason))
        for step in decision.steps
    ]


def _rows(decision: Decision, explain: bool, top: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    if decision.key is not None:
        rows.append((decision.key, _number(decision.score), decision.strategy, decision.reason))
    if explain:
        considered = [candidate for candidate in decision.candidates if candidate.filtered is None]
        rows += [
            ("candidate", candidate.key, _number(candidate.score), candidate.reason) for candidate in considered[:top]
        ]
        rows += [
            ("step", step.strategy, step.outcome, f"{step.latency_ms:.3f}", step.reason) for step in decision.steps
        ]
        rows += [
            ("left out", candidate.key, candidate.filtered)
            for candidate in decision.candidates
            if candidate.filtered is not None
        ]
    return rows


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
