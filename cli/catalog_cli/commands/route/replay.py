"""``catalog route replay``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.commands.route.shared import configured_router, router_options
from catalog_cli.gate import clean
from catalog_cli.options import Limit, command, json_option
from catalog_cli.output import clip, count, moment

if TYPE_CHECKING:
    from catalog import Replay, Replayed


@command(
    "replay",
    examples="""
        catalog route replay
        catalog route replay --limit 100 --no-golden
        # the same prompts to another router
        catalog route replay --strategy rules --kind tool --json
    """,
    embedder=True,
)
@click.option("--golden/--no-golden", default=True, show_default=True, help="Ask the golden cases, too.")
@click.option(
    "--limit",
    "-n",
    type=Limit(),
    default="all",
    show_default=True,
    metavar="N|all",
    help="Look at so many of the last logged decisions.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show what is the same, too.")
@router_options
@json_option("what was asked, with key, score and reason then and now,")
@pass_app
def replay(
    app: Application, golden: bool, limit: int | str, verbose: bool, router: dict[str, Any], as_json: bool
) -> None:
    """Ask again what was asked before, and show what changed.

    Logged decisions are asked again of a router like that which made them, or that the options describe;
    golden cases of the project's router. Of prompts that were logged as hashes only the number is known. The exit
    status is 1 if something is decided otherwise, or a golden case is wrong. In a pipe each line is source, prompt,
    key then, key now, score then, score now and reason, separated by tabs.
    """
    from catalog import replay as again

    most = limit if isinstance(limit, int) else None
    asked = configured_router(app, router, log="off")
    done = again(app.catalog, router=asked if router else None, golden_router=asked if golden else None, limit=most)
    shown = done.asked if verbose else done.changed
    if as_json:
        app.screen.json(done.to_dict())
    elif app.screen.is_terminal:
        if shown:
            app.screen.print(*(line for prompt in shown for line in _lines(app, prompt)))
    else:
        app.screen.table((), [_row(prompt) for prompt in shown])
    for remark in _remarks(done):
        app.screen.remark(remark)
    if done.changed:
        raise No(f"{len(done.changed)} of {count(len(done.asked), 'prompt', 'prompts')} changed or wrong")
    if done.asked:
        app.screen.remark(f"nothing changed: {count(len(done.asked), 'prompt', 'prompts')} asked again")
    elif not done.hashed and not done.skipped:
        app.screen.remark('nothing to replay; keep decisions with route_log = "text", or `catalog route golden add`')


def _lines(app: Application, replayed: Replayed) -> Iterator[str]:
    screen = app.screen
    mark = screen.style("=", fg="green") if replayed.is_same else screen.style("≠", fg="red")
    yield f"{mark} {screen.style(clip(clean(replayed.text), screen.width - 2), bold=True)}"
    then = "right is" if replayed.at is None else moment(datetime.fromisoformat(replayed.at))
    yield f"  {screen.style(f'{then:<17}', dim=True)}{clean(_named(replayed.then))}{_score(replayed.then_score)}"
    now = clean(replayed.now or "no entry") if replayed.error is None else screen.style("failed", fg="red")
    yield f"  {screen.style('now'.ljust(17), dim=True)}{now}{_score(replayed.now_score)}"
    if not replayed.is_same and replayed.now_reason:
        yield f"  {'':17}{screen.style(screen.wrapped(clean(replayed.now_reason), indent=19), dim=True)}"


def _row(replayed: Replayed) -> tuple[str, ...]:
    return (
        replayed.source,
        replayed.text,
        ", ".join(replayed.then),
        replayed.now or "",
        "" if replayed.then_score is None else f"{replayed.then_score:.6g}",
        "" if replayed.now_score is None else f"{replayed.now_score:.6g}",
        replayed.now_reason,
    )


def _remarks(done: Replay) -> Iterator[str]:
    if done.hashed:
        yield f"{count(done.hashed, 'decision was', 'decisions were')} logged with a hash of the prompt only"
    if done.repeated:
        yield f"{count(done.repeated, 'decision repeats', 'decisions repeat')} a prompt that was asked again already"
    for why, number in done.skipped.items():
        yield f"{count(number, 'decision', 'decisions')} could not be asked again: {why}"


def _named(keys: Sequence[str]) -> str:
    return " or ".join(keys) or "no entry"


def _score(score: float | None) -> str:
    return "" if score is None else f"  ({score:.3f})"
