"""The table that ``ls`` and ``search`` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog_cli.output import Column, Screen

if TYPE_CHECKING:
    from catalog import Hit, Marks

COLUMNS: tuple[Column, ...] = (
    Column("KEY", bold=True),
    Column("DESCRIPTION", 20),
    Column("TAGS", 10, "cyan"),
    Column("TIER", 6, "yellow"),
)


def show(
    screen: Screen,
    hits: Sequence[Hit],
    *,
    why: bool = False,
    scores: bool = False,
    marks: Mapping[str, Marks] | None = None,
) -> None:
    """Write one line for each hit; *why* adds the words that matched and where, the similarity, and the gain from use.

    On a terminal the tier is shown only where an entry is not simply stored. *marks* has the keys whose code is gone,
    broken or drifted, and those that are no approved entries: they are marked. With *scores* the last column is the
    score.
    """
    marks = marks or {}
    with_tier = not screen.is_terminal or any(hit.tier != "persistent" or hit.key in marks for hit in hits)
    columns = COLUMNS
    places = [_place(hit, marks) if with_tier else "" for hit in hits]
    rows: list[tuple[str, ...]] = [
        (hit.key, hit.description, ", ".join(hit.tags), place) for hit, place in zip(hits, places, strict=True)
    ]
    if why:
        columns = (*COLUMNS, Column("FOUND", 16))
        rows = [(*row, _found(hit)) for row, hit in zip(rows, hits, strict=True)]
    if scores:
        columns = (*columns, Column("SCORE", right=True))
        rows = [(*row, f"{hit.score:.2f}") for row, hit in zip(rows, hits, strict=True)]
    screen.table(columns, rows)


def data_of(hits: Sequence[Hit], marks: Mapping[str, Marks], *, ranked: bool = True) -> list[dict[str, Any]]:
    """Return the *hits* as JSON data with ``state``, and ``code`` and ``instead`` where there is something to say."""
    return [
        {**hit.to_dict(ranked=ranked), **(marks[hit.key].to_dict() if hit.key in marks else _APPROVED)} for hit in hits
    ]


_APPROVED = {"state": "approved"}


def _place(hit: Hit, marks: Mapping[str, Marks]) -> str:
    shown = str(marks[hit.key]) if hit.key in marks else ""
    return f"{hit.tier}, {shown}" if shown else hit.tier


def _found(hit: Hit) -> str:
    reasons = [f"{field}: {', '.join(words)}" for field, words in hit.why.get("matched", {}).items()]
    if "similarity" in hit.why:
        reasons.append(f"meaning: {hit.why['similarity']:.2f}")
    elif "vector" in hit.why:
        reasons.append("meaning: no fresh vector")
    if "use" in hit.why:
        reasons.append(f"use: {hit.why['use']['bonus']:+.1f}")
    return "; ".join(reasons)
