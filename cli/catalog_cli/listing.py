"""The table that ``ls`` and ``search`` share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    hits: Iterable[Hit],
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
    if screen.is_terminal:
        hits = [*hits]
        with_tier = any(hit.tier != "persistent" or hit.key in marks for hit in hits)
    else:  # while they come
        with_tier = True
    columns = COLUMNS
    if why:
        columns = (*columns, Column("FOUND", 16))
    if scores:
        columns = (*columns, Column("SCORE", right=True))

    def row(hit: Hit) -> tuple[str, ...]:
        place = _place(hit, marks) if with_tier else ""
        more = ((_found(hit),) if why else ()) + ((f"{hit.score:.2f}",) if scores else ())
        return hit.key, hit.description, ", ".join(hit.tags), place, *more

    screen.table(columns, map(row, hits))


def data_of(hits: Iterable[Hit], marks: Mapping[str, Marks], *, ranked: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the *hits* as JSON data with ``state``, and ``code`` and ``instead`` where there is something to say."""
    for hit in hits:
        yield {**hit.to_dict(ranked=ranked), **(marks[hit.key].to_dict() if hit.key in marks else _APPROVED)}


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
