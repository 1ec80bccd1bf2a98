"""``catalog route log``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option, limit_option
from catalog_cli.output import clip, count, moment

if TYPE_CHECKING:
    from catalog import LoggedDecision


@command(
    "log",
    examples="""
        catalog route log
        catalog route log --limit all --json
        catalog route log --forget
    """,
)
@limit_option(20, "decisions")
@click.option("--forget", is_flag=True, help="Take all kept decisions away instead.")
@json_option("the decisions, as an array,")
@pass_app
def log(app: Application, limit: int | str, forget: bool, as_json: bool) -> None:
    """Show the decisions that were kept.

    Nothing is kept unless the configuration says route_log = "hash", which keeps decisions and hashes of prompts, or
    "text", which keeps prompts and reasons as well; the last 10,000 stay. The newest comes first. In a pipe each line
    is time (UTC), router, strategy, key, score and prompt (or its hash), separated by tabs. The exit status is 1 if
    there is none.
    """
    from catalog import forget_decisions, logged_decisions

    if forget:
        gone = forget_decisions(app.catalog)
        if as_json:
            app.screen.json({"forgotten": gone})
        else:
            app.screen.print(f"forgot {count(gone, 'decision', 'decisions')}")
        return
    kept = logged_decisions(app.catalog, limit if isinstance(limit, int) else None)
    if as_json:
        app.screen.json([decision.to_dict() for decision in kept])
    elif app.screen.is_terminal:
        if kept:
            app.screen.print(*(line for decision in kept for line in _lines(app, decision)))
    else:
        app.screen.table((), [_row(decision) for decision in kept])
    if not kept:
        state = app.catalog.settings.route_log
        off = ': route_log = "hash" or "text" in the configuration keeps decisions' if state == "off" else ""
        raise No(f"no decision was kept{off}")


def _lines(app: Application, decision: LoggedDecision) -> Iterator[str]:
    screen = app.screen
    made = decision.decision
    prompt = clean(decision.prompt) if decision.prompt is not None else f"sha256 {decision.prompt_hash[:16]}…"
    when = screen.style(moment(datetime.fromisoformat(decision.at)), dim=True)
    key = screen.style(clean(made["key"] or "no entry"), fg="green" if made["key"] else "yellow", bold=True)
    score = "" if made["score"] is None else f" {made['score']:.3f}"
    by = screen.style(f"{clean(decision.router['name'])}: {clean(made['strategy'])}{score}", dim=True)
    yield f"{when}  {key}  {by}"
    yield f"{'':18}{clip(prompt, max(screen.width - 18, 20))}"


def _row(decision: LoggedDecision) -> tuple[str, ...]:
    made = decision.decision
    score = "" if made["score"] is None else f"{made['score']:.6g}"
    prompt = decision.prompt if decision.prompt is not None else decision.prompt_hash
    return decision.at, decision.router["name"], made["strategy"], made["key"] or "", score, prompt
