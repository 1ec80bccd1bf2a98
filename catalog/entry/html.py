"""Tables for notebooks: plain HTML in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def escaped(text: object) -> str:
    """Return *text* as it may stand in HTML, on one line, cut after 300 characters."""
    plain = " ".join(str(text).split())
    plain = plain if len(plain) <= 300 else plain[:299] + "…"
    plain = "".join(char if char.isprintable() else " " for char in plain)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def escaped_line(line: str) -> str:
    """Return a line of a drawing as it may stand in HTML, its spaces as they are."""
    plain = "".join(char if char.isprintable() else " " for char in line)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with these *heads*; without heads the first cell of each row is its head."""
    lines = ["<table>"]
    if heads:
        lines.append("<tr>" + "".join(f"<th>{escaped(head)}</th>" for head in heads) + "</tr>")
    for row in rows:
        first, *others = row
        mark = "td" if heads else "th"
        cells = [f"<{mark}>{escaped(first)}</{mark}>", *(f"<td>{escaped(cell)}</td>" for cell in others)]
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return "".join([*lines, "</table>"])
