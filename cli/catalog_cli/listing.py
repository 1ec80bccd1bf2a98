"""The table that ``ls`` and ``search`` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalog_cli.output import Column, Screen

if TYPE_CHECKING:
    from catalog import Hit

COLUMNS: tuple[Column, ...] = (
    Column("KEY", bold=True),
    Column("DESCRIPTION", 20),
    Column("TAGS", 10, "cyan"),
    Column("TIER", colour="yellow"),
)


def show(screen: Screen, hits: Sequence[Hit], *, why: bool = False) -> None:
    """Write one line for each hit; *why* adds the words that were found and where, the similarity, and what use gave.

    On a terminal the tier is shown only where an entry is not simply stored.
    """
    told = not screen.is_terminal or any(hit.tier != "persistent" for hit in hits)
    columns = COLUMNS
    rows: list[tuple[str, ...]] = [(h.key, h.description, ", ".join(h.tags), h.tier if told else "") for h in hits]
    if why:
        columns = (*COLUMNS, Column("FOUND", 16))
        rows = [(*row, _found(hit)) for row, hit in zip(rows, hits, strict=True)]
    screen.table(columns, rows)


def _found(hit: Hit) -> str:
    found = [f"{field}: {', '.join(words)}" for field, words in hit.why.get("matched", {}).items()]
    if "similarity" in hit.why:
        found.append(f"meaning: {hit.why['similarity']:.2f}")
    elif "vector" in hit.why:
        found.append("meaning: no fresh vector")
    if "use" in hit.why:
        found.append(f"use: {hit.why['use']['bonus']:+.1f}")
    return "; ".join(found)
