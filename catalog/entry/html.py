"""What notebooks show: plain HTML in the style of the page, in which every text is escaped."""

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


def framed(*parts: str) -> str:
    """Return *parts* of HTML as a notebook shows them: with the styles of the page, in the notebook's own colours."""
    from catalog.look.parts import notebook_style  # for notebooks only

    return f'<div class="catalog-nb"><style>{notebook_style()}</style>{"".join(parts)}</div>'


def title(key: str, *about: str) -> str:
    """Return a line that says what is shown, with what is known about it in a few words."""
    spans = "".join(f"<span>{escaped(word)}</span>" for word in about if word)
    return f'<p class="title">{escaped(key)}{spans}</p>'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], chosen: object = None) -> str:
    """Return a table with these *heads*; without heads the first cell of each row is its head.

    The row whose first cell is *chosen* is marked.
    """
    lines = ["<table>"]
    if heads:
        lines.append("<tr>" + "".join(f"<th>{escaped(head)}</th>" for head in heads) + "</tr>")
    for row in rows:
        first, *others = row
        mark = "td" if heads else "th"
        cells = [f"<{mark}>{escaped(first)}</{mark}>", *(f"<td>{escaped(cell)}</td>" for cell in others)]
        is_chosen = chosen is not None and first == chosen
        lines.append(f"<tr{' class=' + chr(34) + 'chosen' + chr(34) if is_chosen else ''}>" + "".join(cells) + "</tr>")
    return "".join([*lines, "</table>"])
