"""A graph as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.councils.council_graph import Graph

_SHAPES = {
    "input": ("([", "])"),
    "output": ("([", "])"),
    "round": ("[[", "]]"),
    "sub_council": ("[[", "]]"),
    "council": ("[[", "]]"),
    "chair": ("{{", "}}"),
    "router": ("{", "}"),
    "tool": ("(", ")"),
}
_LINES = {"routes_to": "-.->", "invokes": "-.->", "aggregates": "==>"}
_SPECIAL = {char: f"#{ord(char)};" for char in '"#&<>;`\\*~[]{}|'}


def mermaid(graph: Graph) -> str:
    """Return the text of a Mermaid flowchart, without a line end at its end.

    Nodes are numbered, as their ids may hold anything; their labels, kinds included, are quoted, and whatever Mermaid
    or Markdown gives a meaning to is written by its number.
    """
    return "\n".join(_lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart TD"
    number = {node.id: f"n{place}" for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        before, after = _SHAPES.get(node.kind, ("[", "]"))
        plain = node.label == node.kind or node.label.startswith(f"{node.kind}:")
        label = node.label if plain else f"{node.kind}: {node.label}"
        missing = " (missing)" if node.attrs.get("missing") else ""
        yield f'    {number[node.id]}{before}"{quoted(label + missing)}"{after}'
    for edge in graph.edges:
        line = _LINES.get(edge.kind, "-->")
        yield f'    {number[edge.source]} {line}|"{quoted(edge.label or edge.kind)}"| {number[edge.target]}'


def quoted(text: str) -> str:
    """Return *text* as it may stand between quotation marks in Mermaid, on one line."""
    return "".join(_SPECIAL.get(char, char if char.isprintable() else " ") for char in " ".join(text.split())) or " "
