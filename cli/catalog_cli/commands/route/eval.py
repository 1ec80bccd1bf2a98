"""``catalog route eval``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.commands.route.shared import Wrong, bar, cases_of, facts, made, money, percent, router_options
from catalog_cli.options import command, json_option
from catalog_cli.output import Column, Screen, cells, clean, clip
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
        # keep the figures, and fail from then on when one falls
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
    those of FILE; a figure that can't be told any more has fallen, too, and then nothing is saved. The picture is SVG.
    In a pipe each line is figure and value; step, asked, decided, right and failed; entry, prompts, picked and right;
    or confusion, expected, picked and prompts.
    """
    from catalog import EntryNotFoundError, RoutingError, gate_verdicts, read_baseline

    asked = made(app, router)
    cases = cases_of(app, asked, file, golden)
    try:
        before = read_baseline(_read(gate), gate) if gate else None
    except RoutingError as error:
        raise Wrong(str(error)) from None
    from catalog import evaluate

    with app.screen.progress("asking") as progress:
        try:
            found = evaluate(asked, [(case.text, case.names) for case in cases], progress=progress)
        except EntryNotFoundError as error:
            raise Wrong(str(error)) from None
    verdict = None if before is None else gate_verdicts(found, before, tolerance=tolerance / 100)
    if as_json:
        told = found.to_dict(prompts=True)
        app.screen.json(told if verdict is None else told | {"gate": verdict.to_dict()})
    elif app.screen.is_terminal:
        app.screen.print("\n".join(_lines(app, found, None if verbose else FEW)))
    else:
        app.screen.table((), _rows(found))
    if as_json or not app.screen.is_terminal:
        for note in found.notes:
            app.screen.remark(f"note: {note}")
    if picture:
        from catalog import evaluation_svg

        _write(picture, evaluation_svg(found))
        app.screen.remark(f"drew {picture}")
    if save and (verdict is None or not verdict.falls):
        from catalog import baseline

        _write(save, baseline(found))
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


def _lines(app: Application, found: Evaluation, most: int | None) -> Iterator[str]:
    screen = app.screen
    scope = f"{found.in_scope:,} of {found.prompts:,} prompts fit an entry"
    yield (
        screen.style(clean(found.router), bold=True) + f"  {found.strategy} · {found.candidates:,} candidates · {scope}"
    )
    yield ""
    for name, said in FIGURES.items():
        value = found.figures[name]
        if value is not None:
            shown = f"{percent(value):>7}"
            label = "AUROC" if name == "auroc" else name
            filled = screen.style(f"{bar(value):<10}", fg="cyan")
            yield f"  {label:<11}{screen.style(shown, bold=True)}  {filled}  {clip(said, max(screen.width - 34, 20))}"
    yield ""
    yield from facts(app, _facts(found))
    if len(found.steps) > 1 or found.failures:
        yield from _table(screen, STEPS, [_step(one) for one in found.steps])
    yield from _confusion(screen, found, most)
    wide = 10 if screen.width >= 72 else 4
    entries = sorted(found.entries, key=lambda one: (one.recall is None, one.recall, one.precision or 0.0, one.key))
    rows = [
        (
            clean(one.key),
            str(one.prompts),
            str(one.chosen),
            str(one.right),
            percent(one.precision),
            percent(one.recall),
            bar(one.recall or 0.0, wide),
        )
        for one in entries
    ]
    yield from _table(screen, ENTRIES, rows, most)
    yield from _table(screen, RISK, list(_risk(found)))
    yield from _table(screen, RELIABILITY, list(_reliability(found)))


def _facts(found: Evaluation) -> Iterator[tuple[str, str]]:
    latency = found.latency
    if latency is not None and found.first_ms is not None:
        yield (
            "latency",
            f"half within {latency.p50:.2f} ms, 95 % within {latency.p95:.2f}, 99 % within {latency.p99:.2f}; "
            f"the first took {found.first_ms:.0f}",
        )
    spent = money(found.cost.to_dict())
    if spent:
        yield "cost", spent
    if found.calibration_error is not None:
        yield "confidence", f"{100 * found.calibration_error:.1f} points from what is right, on average"
    for note in found.notes:
        yield "note", note


def _step(one: StepFigures) -> tuple[str, ...]:
    return (
        clean(one.strategy),
        str(one.asked),
        str(one.decided),
        percent(one.right / one.decided) if one.decided else "–",
        str(one.abstained),
        str(one.failed) if one.failed else "",
        f"{one.latency_ms / max(one.asked, 1):.2f}",
        money(one.cost.to_dict()),
    )


def _confusion(screen: Screen, found: Evaluation, most: int | None) -> Iterator[str]:
    """Yield the confusion as a matrix where it fits the window, else what is confused most."""
    keys: list[str | None] = [one.key for one in found.entries]
    if any(None in pair for pair in found.confusion):
        keys.append(None)
    names = [clean(key or _NONE) for key in keys]
    wide = max([len(str(number)) for number in found.confusion.values()] + [len(str(len(keys))), 2]) + 2
    label = min(max((cells(name) for name in names), default=0), 40) + 4
    wrong = {pair: number for pair, number in found.confusion.items() if pair[0] != pair[1]}
    if keys and 2 + label + wide * len(keys) <= screen.width and len(keys) <= 16:
        yield ""
        heading = "".join(f"{number:>{wide}}" for number in range(1, len(keys) + 1))
        yield "  " + screen.style(f"{'EXPECTED':<{label}}{heading}   PICKED", dim=True)
        for number, (row, name) in enumerate(zip(keys, names, strict=True), 1):
            line = f"{number:>2} {clip(name, label - 4)}"
            line += " " * (label - cells(line))
            for column in keys:
                there = found.confusion.get((row, column), 0)
                colour = None if not there else "green" if row == column else "red"
                line += screen.style(f"{there or '·':>{wide}}", fg=colour, dim=not there or None)
            yield "  " + line
        return
    example = {(one.expected, one.chosen): one.text for one in reversed(found.judged)}
    rows = [
        (clean(expected or _NONE), clean(chosen or _NONE), str(number), clean(example[expected, chosen]))
        for (expected, chosen), number in wrong.items()
    ]
    yield from _table(screen, CONFUSED, rows, most)


def _risk(found: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Yield the curve at tenths of coverage: the first point that answers so many, each point once."""
    tenths = (tenth / 10 - 1e-9 for tenth in range(1, 11))
    points = [next((one for one in found.curve if one.coverage >= least), None) for least in tenths]
    for point in dict.fromkeys(point for point in points if point is not None):
        yield percent(point.coverage), percent(point.risk), bar(point.risk, 20)


def _reliability(found: Evaluation) -> Iterator[tuple[str, ...]]:
    for one in found.reliability:
        yield (
            f"{100 * one.low:.0f}–{100 * one.high:.0f} %",
            str(one.answers),
            percent(one.confidence),
            percent(one.accuracy),
            bar(one.accuracy),
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


def _rows(found: Evaluation) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("figure", name, f"{value:.6f}") for name, value in found.figures.items() if value is not None
    ]
    rows += [
        ("step", one.strategy, str(one.asked), str(one.decided), str(one.right), str(one.failed)) for one in found.steps
    ]
    rows += [("entry", one.key, str(one.prompts), str(one.chosen), str(one.right)) for one in found.entries]
    rows += [
        ("confusion", expected or "", chosen or "", str(number))
        for (expected, chosen), number in found.confusion.items()
        if expected != chosen
    ]
    return rows


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        raise Wrong(f"{path} is not a text file in UTF-8") from None
    except OSError as error:
        raise click.FileError(path, error.strerror or str(error)) from None


def _write(path: str, text: str) -> None:
    from catalog import whole_file

    with writing(path), whole_file(path) as file:
        file.write(text)
