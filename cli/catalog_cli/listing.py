"""The table that ``ls`` and ``search`` share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from catalog_cli.output import Column, Screen

if TYPE_CHECKING:
    from catalog import Hit

COLUMNS: tuple[Column, ...] = (
    Column("KEY", bold=True),
    Column("DESCRIPTION", 20),
    Column("TAGS", 10, "cyan"),
    Column("TIER", 6, "yellow"),
)


def show(
    screen: Screen, hits: Sequence[Hit], *, why: bool = False, gone: Collection[str] = (), scores: bool = False
) -> None:
    """Write one line for each hit; *why* adds the words that were found and where, the similarity, and what use gave.

    On a terminal the tier is shown only where an entry is not simply stored. Keys in *gone* are marked: their code is
    not there any more. With *scores* the last column is the score.
    """
    with_tier = not screen.is_terminal or any(hit.tier != "persistent" or hit.key in gone for hit in hits)
    columns = COLUMNS
    places = [_place(hit, gone) if with_tier else "" for hit in hits]
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


def _place(hit: Hit, gone: Collection[str]) -> str:
    return f"{hit.tier}, gone" if hit.key in gone else hit.tier


def _found(hit: Hit) -> str:
    reasons = [f"{field}: {', '.join(words)}" for field, words in hit.why.get("matched", {}).items()]
    if "similarity" in hit.why:
        reasons.append(f"meaning: {hit.why['similarity']:.2f}")
    elif "vector" in hit.why:
        reasons.append("meaning: no fresh vector")
    if "use" in hit.why:
        reasons.append(f"use: {hit.why['use']['bonus']:+.1f}")
    return "; ".join(reasons)
