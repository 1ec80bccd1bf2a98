"""``catalog route eval``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.commands.route.shared import (
    Wrong,
    bar,
    cases_of,
    configured_router,
    facts,
    money,
    percent,
    router_options,
)
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option
from catalog_cli.output import Column, Screen, cells, clip
from catalog_cli.streams import writing

if TYPE_CHECKING:
    from catalog import Evaluation, GateVerdicts, StepFigures

FEW = 10
"""How many rows of a table are shown unless all are asked for."""

_FILE = click.Path(dir_okay=False)
_NONE = "(none)"
FIGURES = {
    "accuracy": "best candidate right, of prompts that fit an entry",
    "right": "answered rightly, of prompts that fit an entry",
    "precision": "right, of all answers",
    "coverage": "answered, of prompts that fit an entry",
    "rejected": "not answered, of prompts that fit none",
    "auroc": "prompts that fit an entry rank above those that don't",
}
ENTRIES = (
    Column("ENTRY", 16, bold=True),
    Column("PROMPTS", right=True),
    Column("PICKED", right=True),
    Column("RIGHT", right=True),
    Column("PRECISION", right=True),
    Column("RECALL", right=True),
    Column("", colour="cyan"),
)
CONFUSED = (
    Column("EXPECTED", 12, bold=True),
    Column("PICKED", 12),
    Column("PROMPTS", right=True),
    Column("EXAMPLE", 16),
)
STEPS = (
    Column("STEP", bold=True),
    Column("ASKED", right=True),
    Column("DECIDED", right=True),
    Column("RIGHT", right=True),
    Column("PASSED ON", right=True),
    Column("FAILED", colour="red", right=True),
    Column("MS EACH", right=True),
    Column("COST", 8),
)
RISK = (Column("ANSWERED", right=True), Column("WRONG", right=True), Column("", colour="red"))
RELIABILITY = (
    Column("CONFIDENCE", right=True),
    Column("ANSWERS", right=True),
    Column("SAID", right=True),
    Column("RIGHT", right=True),
    Column("", colour="cyan"),
)


@command(
    "eval",
    examples="""
        catalog route eval prompts.jsonl
        catalog route eval --golden --kind tool --json
        # keep the figures, and fail from then on when a figure falls
        catalog route eval prompts.jsonl --save baseline.json
        catalog route eval prompts.jsonl --gate baseline.json --picture eval.svg
    """,
    embedder=True,
)
@click.argument(
    "file", metavar="[FILE.jsonl]", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option("--golden", is_flag=True, help="Ask the golden cases of the catalog.")
@click.option(
    "--gate", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="End with 1 if a figure fell."
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 100),
    default=0.5,
    show_default=True,
    metavar="POINTS",
    help="How many percentage points a figure may fall.",
)
@click.option("--save", type=_FILE, metavar="FILE", help="Write the figures for --gate; no prompt is in it.")
@click.option("--picture", type=_FILE, metavar="FILE.svg", help="Draw confusion, risk and confidence.")
@click.option("--verbose", "-v", is_flag=True, help=f"Show all entries and confusions, not the worst {FEW}.")
@router_options
@json_option("all figures, with what was said of each prompt,")
@pass_app
def evaluate(
    app: Application,
    file: str | None,
    golden: bool,
    gate: str | None,
    tolerance: float,
    save: str | None,
    picture: str | None,
    verbose: bool,
    router: dict[str, Any],
    as_json: bool,
) -> None:
    """Measure the router on labelled prompts.

    FILE.jsonl has one JSON object a line: text, and gold (or name) with the name or key of the right entry, a list of
    them (any is right), or null where none fits. The gate holds accuracy, right, precision, rejected and auroc against
    those of FILE; a figure that can't be measured any more counts as fallen, and then nothing is saved. The picture is
    SVG. In a pipe each line is figure and value; step, asked, decided, right and failed; entry, prompts, picked and
    right; or confusion, expected, picked and prompts.
    """
    from catalog import EntryNotFoundError, RoutingError, gate_verdicts, read_baseline

    asked = configured_router(app, router)
    cases = cases_of(app, asked, file, golden)
    try:
        before = read_baseline(_read(gate), gate) if gate else None
    except RoutingError as error:
        raise Wrong(str(error)) from None
    from catalog import evaluate

    with app.screen.progress("asking") as progress:
        try:
            evaluation = evaluate(asked, [(case.text, case.names) for case in cases], progress=progress)
        except EntryNotFoundError as error:
            raise Wrong(str(error)) from None
    verdict = None if before is None else gate_verdicts(evaluation, before, tolerance=tolerance / 100)
    if as_json:
        data = evaluation.to_dict(prompts=True)
        app.screen.json(data if verdict is None else data | {"gate": verdict.to_dict()})
    elif app.screen.is_terminal:
        app.screen.print(*_lines(app, evaluation, None if verbose else FEW))
    else:
        app.screen.table((), _rows(evaluation))
    if as_json or not app.screen.is_terminal:
        for note in evaluation.notes:
            app.screen.remark(f"note: {note}")
    if picture:
        from catalog import evaluation_svg

        _write(picture, evaluation_svg(evaluation))
        app.screen.remark(f"drew {picture}")
    if save and (verdict is None or not verdict.falls):
        from catalog import baseline

        _write(save, baseline(evaluation))
        app.screen.remark(f"saved the figures to {save}")
    if verdict is not None:
        _gated(app, verdict)


def _gated(app: Application, verdict: GateVerdicts) -> None:
    for note in verdict.notes:
        app.screen.remark(f"note: {note}")
    worst = [f"{clean(key)} ({percent(before)} → {percent(now)})" for key, before, now in verdict.entries[:3]]
    which = f"; the recall that fell most: {', '.join(worst)}" if worst else ""
    if not verdict.falls:
        app.screen.remark(f"the gate is open: no figure fell{which}")
        return
    raise No(f"the gate is closed: {'; '.join(map(str, verdict.falls))}{which}")


def _lines(app: Application, evaluation: Evaluation, most: int | None) -> Iterator[str]:
    screen = app.screen
    scope = f"{evaluation.in_scope:,} of {evaluation.prompts:,} prompts fit an entry"
    yield (
        screen.style(clean(evaluation.router), bold=True)
        + f"  {evaluation.strategy} · {evaluation.candidates:,} candidates · {scope}"
    )
    yield ""
    for name, meaning in FIGURES.items():
        value = evaluation.figures[name]
        if value is not None:
            shown = f"{percent(value):>7}"
            label = "AUROC" if name == "auroc" else name
            filled = screen.style(f"{bar(value):<10}", fg="cyan")
            wording = clip(meaning, max(screen.width - 34, 20))
            yield f"  {label:<11}{screen.style(shown, bold=True)}  {filled}  {wording}"
    yield ""
    yield from facts(app, _facts(evaluation))
    if len(evaluation.steps) > 1 or evaluation.failures:
        yield from _table(screen, STEPS, [_step(step) for step in evaluation.steps])
    yield from _confusion(screen, evaluation, most)
    wide = 10 if screen.width >= 72 else 4
    entries = sorted(
        evaluation.entries,  # the lowest recall first; without a prompt of its own an entry has none, and goes last
        key=lambda entry: (entry.recall is None, entry.recall, entry.precision or 0.0, entry.key),
    )
    rows = [
        (
            clean(entry.key),
            str(entry.prompts),
            str(entry.chosen),
            str(entry.right),
            percent(entry.precision),
            percent(entry.recall),
            bar(entry.recall or 0.0, wide),
        )
        for entry in entries
    ]
    yield from _table(screen, ENTRIES, rows, most)
    yield from _table(screen, RISK, list(_risk(evaluation)))
    yield from _table(screen, RELIABILITY, list(_reliability(evaluation)))


def _facts(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    latency = evaluation.latency
    if latency is not None and evaluation.first_ms is not None:
        yield (
            "latency",
            f"half within {latency.p50:.2f} ms, 95 % within {latency.p95:.2f}, 99 % within {latency.p99:.2f}; "
            f"the first took {evaluation.first_ms:.0f}",
        )
    spent = money(evaluation.cost.to_dict())
    if spent:
        yield "cost", spent
    if evaluation.calibration_error is not None:
        yield "confidence", f"{100 * evaluation.calibration_error:.1f} points from what is right, on average"
    for note in evaluation.notes:
        yield "note", note


def _step(step: StepFigures) -> tuple[str, ...]:
    return (
        clean(step.strategy),
        str(step.asked),
        str(step.decided),
        percent(step.right / step.decided) if step.decided else "–",
        str(step.abstained),
        str(step.failed) if step.failed else "",
        f"{step.latency_ms / max(step.asked, 1):.2f}",
        money(step.cost.to_dict()),
    )


def _confusion(screen: Screen, evaluation: Evaluation, most: int | None) -> Iterator[str]:
    """Yield the confusion as a matrix where it fits the window, else what is confused most."""
    keys: list[str | None] = [entry.key for entry in evaluation.entries]
    if any(None in pair for pair in evaluation.confusion):
        keys.append(None)
    names = [clean(key or _NONE) for key in keys]
    wide = max([len(str(number)) for number in evaluation.confusion.values()] + [len(str(len(keys))), 2]) + 2
    label = min(max((cells(name) for name in names), default=0), 40) + 4
    wrong = {pair: number for pair, number in evaluation.confusion.items() if pair[0] != pair[1]}
    if keys and 2 + label + wide * len(keys) <= screen.width and len(keys) <= 16:
        yield ""
        heading = "".join(f"{number:>{wide}}" for number in range(1, len(keys) + 1))
        yield "  " + screen.style(f"{'EXPECTED':<{label}}{heading}   PICKED", dim=True)
        for number, (row, name) in enumerate(zip(keys, names, strict=True), 1):
            line = f"{number:>2} {clip(name, label - 4)}"
            line += " " * (label - cells(line))
            for column in keys:
                there = evaluation.confusion.get((row, column), 0)
                colour = None if not there else "green" if row == column else "red"
                line += screen.style(f"{there or '·':>{wide}}", fg=colour, dim=not there or None)
            yield "  " + line
        return
    example = {(judged.expected, judged.chosen): judged.text for judged in reversed(evaluation.judged)}
    rows = [
        (clean(expected or _NONE), clean(chosen or _NONE), str(number), clean(example[expected, chosen]))
        for (expected, chosen), number in wrong.items()
    ]
    yield from _table(screen, CONFUSED, rows, most)


def _risk(evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Yield the curve at tenths of coverage: the first point that answers so many, each point once."""
    tenths = (tenth / 10 - 1e-9 for tenth in range(1, 11))
    points = [next((point for point in evaluation.curve if point.coverage >= least), None) for least in tenths]
    for point in dict.fromkeys(point for point in points if point is not None):
        yield percent(point.coverage), percent(point.risk), bar(point.risk, 20)


def _reliability(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    for band in evaluation.reliability:
        yield (
            f"{100 * band.low:.0f}–{100 * band.high:.0f} %",
            str(band.answers),
            percent(band.confidence),
            percent(band.accuracy),
            bar(band.accuracy),
        )


def _table(
    screen: Screen, columns: Sequence[Column], rows: Sequence[Sequence[str]], most: int | None = None
) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield from screen.fitted(columns, rows[:most], indent=2)
    if most is not None and len(rows) > most:
        yield screen.style(f"  … and {len(rows) - most:,} more (--verbose)", dim=True)


def _rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("figure", name, f"{value:.6f}") for name, value in evaluation.figures.items() if value is not None
    ]
    rows += [
        ("step", step.strategy, str(step.asked), str(step.decided), str(step.right), str(step.failed))
        for step in evaluation.steps
    ]
    rows += [
        ("entry", entry.key, str(entry.prompts), str(entry.chosen), str(entry.right)) for entry in evaluation.entries
    ]
    rows += [
        ("confusion", expected or "", chosen or "", str(number))
        for (expected, chosen), number in evaluation.confusion.items()
        if expected != chosen
    ]
    return rows


def _read(path: str) -> str:
    from catalog import read_text

    try:
        return read_text(path)
    except UnicodeDecodeError:
        raise Wrong(f"{path} is not a text file in UTF-8") from None
    except OSError as error:
        raise click.FileError(path, error.strerror or str(error)) from None


def _write(path: str, text: str) -> None:
    from catalog import whole_file

    with writing(path), whole_file(path) as file:
        file.write(text)
