"""The gate: tells whether a router is as good as it was when a baseline was saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps, loads
from typing import TYPE_CHECKING, Any

from catalog.errors import RoutingError

if TYPE_CHECKING:
    from catalog.routing.evaluation.evaluation import Evaluation

GATED = ("accuracy", "right", "precision", "rejected", "auroc")
"""The figures that must not fall. Not ``coverage``: answering more wrongly is no gain, and ``right`` falls with it."""

TOLERANCE = 0.005
"""How much a figure may fall: half a percentage point. With fewer than 200 prompts every prompt counts."""

FORM = 1
"""The version of the form that a baseline is saved in."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A figure that fell.

    Attributes:
        figure: its name, one of :data:`GATED`.
        before: its value in the baseline.
        now: its value now; None: no prompt tells any more.
    """

    figure: str
    before: float
    now: float | None

    def __str__(self) -> str:
        if self.now is None:
            return f"{self.figure} was {100 * self.before:.1f} % and can't be told any more"
        return f"{self.figure} fell from {100 * self.before:.1f} to {100 * self.now:.1f} %"

    def to_dict(self) -> dict[str, Any]:
        """Return name and both values as data for JSON."""
        return {"figure": self.figure, "before": self.before, "now": self.now}


@dataclass(frozen=True, slots=True)
class GateVerdicts:
    """The outcome of the gate.

    Attributes:
        falls: the figures that fell by more than the tolerance; empty: the gate is open.
        entries: key, recall before and recall now of each entry whose recall fell, the deepest fall first.
        notes: why the comparison is not exact, in words.
    """

    falls: tuple[Fall, ...]
    entries: tuple[tuple[str, float, float], ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return falls, entries and notes as data for JSON."""
        return {
            "passed": not self.falls,
            "falls": [fall.to_dict() for fall in self.falls],
            "entries": [{"key": key, "before": before, "now": now} for key, before, now in self.entries],
            "notes": list(self.notes),
        }


def baseline(evaluation: Evaluation) -> str:
    """Return the baseline of an evaluation as JSON: its figures, and the recall of each entry; no prompt is in it."""
    data = {
        "baseline": FORM,
        "router": evaluation.router,
        "strategy": evaluation.strategy,
        "candidates": evaluation.candidates,
        "data": evaluation.data,
        "prompts": evaluation.prompts,
        "figures": evaluation.figures,
        "recall": {entry.key: round(entry.recall, 6) for entry in evaluation.entries if entry.recall is not None},
    }
    return dumps(data, ensure_ascii=False, indent=2) + "\n"


def read_baseline(text: str, where: str) -> dict[str, Any]:
    """Return the baseline that *text* holds.

    Raises:
        RoutingError: *text* holds no baseline, or one of another version.
    """
    try:
        data: dict[str, Any] = loads(text)
    except ValueError as error:
        raise RoutingError(f"{where} is no baseline: it is not JSON ({error})", where=where) from None
    figures = data.get("figures") if isinstance(data, dict) else None
    if not isinstance(figures, dict) or data.get("baseline") != FORM:
        raise RoutingError(f"{where} is no baseline; `catalog route eval --save FILE` writes one", where=where)
    recalls = data.get("recall", {})
    shares = [*figures.values(), *(recalls.values() if isinstance(recalls, dict) else [recalls])]
    if not all(share is None or (isinstance(share, int | float) and 0 <= share <= 1) for share in shares):
        raise RoutingError(f"{where} is damaged: a figure is no number from 0 to 1", where=where)
    return data


def gate_verdicts(evaluation: Evaluation, before: Mapping[str, Any], *, tolerance: float = TOLERANCE) -> GateVerdicts:
    """Return which figures fell below those of a baseline by more than *tolerance* (a share; 0.005 is half a point).

    A figure of the baseline that can't be told any more has fallen, too: data that went missing must not open the
    gate. A figure that the baseline lacks is not compared.
    """
    falls = []
    now = evaluation.figures
    for name in GATED:
        old, new = before["figures"].get(name), now[name]
        if old is not None and (new is None or new < old - tolerance - 1e-9):
            falls.append(Fall(name, old, new))
    recalls = {entry.key: entry.recall for entry in evaluation.entries}
    fell = [
        (key, old, new)
        for key, old in before.get("recall", {}).items()
        if old is not None and (new := recalls.get(key)) is not None and new < old - 1e-6
    ]
    fell.sort(key=lambda recall: (recall[2] - recall[1], recall[0]))
    notes = []
    if before.get("data") != evaluation.data:
        notes.append(f"the baseline was made of other prompts or labels ({before.get('prompts')} of them)")
    if before.get("router") != evaluation.router:
        notes.append(f"it was made with the router {before.get('router')}")
    if before.get("strategy") != evaluation.strategy:
        notes.append(f"it was made with the strategy {before.get('strategy')}")
    if before.get("candidates") != evaluation.candidates:
        notes.append(f"it was made with {before.get('candidates')} candidates, not {evaluation.candidates}")
    return GateVerdicts(tuple(falls), tuple(fell), tuple(notes))
