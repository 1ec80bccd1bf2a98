"""An evaluation as an SVG file that stands alone, without fonts, scripts or links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from catalog.entry.key import split_key
from catalog.routing.evaluation.metrics import thinned

if TYPE_CHECKING:
    from catalog.routing.evaluation.evaluation import Evaluation

MOST = 32
"""The most entries that the confusion matrix shows: those that are confused most."""

_INK, _SOFT, _LINE, _PAPER = "#1f2430", "#667085", "#e4e7ec", "#ffffff"
_RIGHT, _WRONG, _MARK = (38, 99, 175), (214, 92, 46), "#d65c2e"
_MARGIN, _PANEL, _GAP = 40, 380, 56
_NONE = "(none)"


def evaluation_svg(evaluation: Evaluation) -> str:
    """Return an SVG with the figures, the confusion matrix, coverage against risk, and confidence against accuracy.

    In the matrix a row is the entry expected and a column the entry picked; blue is right, orange is wrong, and the
    shade is the share of the row. With more than :data:`MOST` entries, those that are confused most are shown. The
    last drawing is left out if no answer has a confidence.
    """
    labels, rows, totals, hidden = _matrix(evaluation)
    cell = max(16, min(34, 560 // max(len(labels), 1)))
    space = 12 + max((_width(label) for label in labels), default=0)
    side = cell * len(labels)
    right = _MARGIN + space + side + max(_GAP, space // 2)  # beside the last of the labels above
    width = max(right + _PANEL + _MARGIN, 900)
    panels = 2 if evaluation.reliability else 1
    top = 150
    matrix_top = top + 42 + int(space * 0.87)  # the labels of columns stand at 60 degrees: their sine is 0.87
    height = max(matrix_top + side + 60, top + panels * 330 + 20)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12" role="img">',
        f"<title>Evaluation of the router {_escaped(evaluation.router)}</title>",
        f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>',
        *_heading(evaluation),
        _text(_MARGIN, top + 8, "Confusion", size=15, weight=600),
        _text(_MARGIN, top + 26, "row: expected, column: picked" + hidden, colour=_SOFT),
        *_confusion(labels, rows, totals, cell, _MARGIN + space, matrix_top),
        *_risk(evaluation, right, top),
        *_reliability(evaluation, right, top + 330),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heading(evaluation: Evaluation) -> Iterator[str]:
    yield _text(_MARGIN, 44, f"Router {evaluation.router}", size=20, weight=600)
    line = f"{evaluation.strategy} · {evaluation.candidates:,} candidates · {evaluation.in_scope:,} prompts in scope"
    yield _text(_MARGIN, 64, f"{line}, {evaluation.out_of_scope:,} out of scope", colour=_SOFT)
    x = _MARGIN
    for name, value in evaluation.figures.items():
        if value is not None:
            yield _text(x, 104, f"{100 * value:.1f}", size=22, weight=600)
            yield _text(x, 121, "AUROC" if name == "auroc" else name, colour=_SOFT)
            x += 100


def _matrix(evaluation: Evaluation) -> tuple[list[str], list[list[int]], list[int], str]:
    """Return labels, counts by row, the prompts of each row, and a remark on the entries that are left out."""
    wrong: dict[str | None, int] = {}
    for (expected, chosen), count in evaluation.confusion.items():
        for key in {expected, chosen}:
            wrong[key] = wrong.get(key, 0) + (count if expected != chosen else 0)
    keys = sorted((key for key in wrong if key is not None), key=lambda key: (-wrong[key], key))
    shown: list[str | None] = [*sorted(keys[:MOST])]
    hidden = f" · the {MOST} most confused of {len(keys)} entries" if len(keys) > MOST else ""
    if None in wrong:
        shown.append(None)
    one_kind = len({split_key(key)[0] for key in keys}) == 1
    labels = [_NONE if key is None else _clipped(split_key(key)[1] if one_kind else key, 26) for key in shown]
    totals = dict.fromkeys(shown, 0)
    for (expected, _), count in evaluation.confusion.items():
        if expected in totals:
            totals[expected] += count
    rows = [[evaluation.confusion.get((row, column), 0) for column in shown] for row in shown]
    return labels, rows, list(totals.values()), hidden


def _confusion(
    labels: Sequence[str], rows: Sequence[Sequence[int]], totals: Sequence[int], cell: int, left: int, top: int
) -> Iterator[str]:
    for place, label in enumerate(labels):
        middle = place * cell + cell / 2
        yield _text(left - 8, top + middle + 4, label, anchor="end")
        x = left + middle + 3
        yield (
            f'<text x="{x:g}" y="{top - 8}" fill="{_INK}" transform="rotate(-60 {x:g} {top - 8})">'
            f"{_escaped(label)}</text>"
        )
    for i, row in enumerate(rows):
        total = totals[i]
        for j, count in enumerate(row):
            x, y = left + j * cell, top + i * cell
            share = count / total if total else 0.0
            fill = _shade(_RIGHT if i == j else _WRONG, share) if count else "#f7f8fa"
            title = _escaped(f"{labels[i]} → {labels[j]}: {count}")
            yield (
                f'<rect x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}" rx="2" fill="{fill}">'
                f"<title>{title}</title></rect>"
            )
            if count:
                colour = _PAPER if share > 0.55 else _INK
                size = 11 if cell >= 22 and count < 1_000 else 9
                yield _text(
                    x + (cell - 1) / 2, y + cell / 2 + 3.5, str(count), colour=colour, anchor="middle", size=size
                )


def _risk(evaluation: Evaluation, left: int, top: int) -> Iterator[str]:
    yield _text(left, top + 8, "Coverage against risk", size=15, weight=600)
    yield _text(left, top + 26, "when only the surest prompts are answered", colour=_SOFT)
    points = thinned(evaluation.curve)
    most = max([0.1, *(point.risk for point in points)])
    most = min(1.0, -(-most // 0.1) * 0.1)
    x0, y0, wide, high = left + 40, top + 58, _PANEL - 50, 210
    yield from _axes(x0, y0, wide, high, most, "answered", "wrong")
    line = " ".join(f"{x0 + wide * p.coverage:.1f},{y0 + high * (1 - p.risk / most):.1f}" for p in points)
    if line:
        yield f'<polyline points="{line}" fill="none" stroke="rgb{_RIGHT}" stroke-width="2" stroke-linejoin="round"/>'
    answered = [judged for judged in evaluation.judged if judged.chosen is not None]
    if answered and evaluation.precision is not None:
        share, risk = len(answered) / evaluation.prompts, 1 - evaluation.precision
        x, y = x0 + wide * share, y0 + high * (1 - min(risk / most, 1))
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_MARK}" stroke="{_PAPER}" stroke-width="1.5"/>'
        beside = f"as it decides: {100 * share:.0f} % answered, {100 * risk:.0f} % wrong"
        yield _text(x0 + wide, y0 - 10, beside, anchor="end", colour=_MARK)


def _reliability(evaluation: Evaluation, left: int, top: int) -> Iterator[str]:
    bins = evaluation.reliability
    if not bins or evaluation.calibration_error is None:
        return
    yield _text(left, top + 8, "Confidence against accuracy", size=15, weight=600)
    off = 100 * evaluation.calibration_error
    yield _text(left, top + 26, f"of answers, by tenths; {off:.1f} points apart on average", colour=_SOFT)
    x0, y0, wide, high = left + 40, top + 58, _PANEL - 50, 210
    yield from _axes(x0, y0, wide, high, 1.0, "confidence", "right")
    yield (f'<line x1="{x0}" y1="{y0 + high}" x2="{x0 + wide}" y2="{y0}" stroke="{_SOFT}" stroke-dasharray="3 4"/>')
    most = max(tenth.answers for tenth in bins)
    for tenth in bins:
        x, y = x0 + wide * tenth.confidence, y0 + high * (1 - tenth.accuracy)
        size = 3 + 7 * (tenth.answers / most) ** 0.5
        answers = "1 answer" if tenth.answers == 1 else f"{tenth.answers} answers"
        title = f"{answers}: confidence {100 * tenth.confidence:.0f} %, right {100 * tenth.accuracy:.0f} %"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="rgb{_RIGHT}" fill-opacity="0.8">'
            f"<title>{title}</title></circle>"
        )


def _axes(x0: int, y0: int, wide: int, high: int, most: float, across: str, up: str) -> Iterator[str]:
    for step in range(5):
        share = step / 4
        y = y0 + high * (1 - share)
        x = x0 + wide * share
        yield f'<line x1="{x0}" y1="{y:g}" x2="{x0 + wide}" y2="{y:g}" stroke="{_LINE}"/>'
        yield _text(x0 - 6, y + 4, f"{100 * share * most:.3g}", anchor="end", colour=_SOFT, size=11)
        yield _text(x, y0 + high + 16, f"{100 * share:.0f} %", anchor="middle", colour=_SOFT, size=11)
    yield _text(x0 + wide / 2, y0 + high + 32, across, anchor="middle", colour=_SOFT, size=11)
    yield _text(x0 - 40, y0 - 10, f"{up}, %", colour=_SOFT, size=11)


def _text(
    x: float, y: float, text: str, *, size: int = 12, weight: int = 400, colour: str = _INK, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{_escaped(text)}</text>'
    )


def _escaped(text: str) -> str:
    """Return *text* escaped for XML; control characters, which XML can't hold, are replaced."""
    return escape("".join(char if char.isprintable() else "\ufffd" for char in text))


def _shade(colour: tuple[int, int, int], share: float) -> str:
    weight = 0.15 + 0.85 * share
    return "#" + "".join(f"{round(255 + (part - 255) * weight):02x}" for part in colour)


def _width(label: str) -> int:
    return round(6.6 * len(label))


def _clipped(label: str, most: int) -> str:
    """Return a label of at most *most* characters; its middle is cut out, as similar names differ at their ends."""
    tail = most // 2 - 1
    return label if len(label) <= most else f"{label[: most - tail - 1]}…{label[-tail:]}"
