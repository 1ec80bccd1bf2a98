"""``Graph``: one form for every diagram, of a council or of what entries refer to; as Mermaid and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.entry.html import escaped_line, framed

NODE_KINDS = ("input", "output", "round", "member", "sub_council", "chair", "router", "tool")
EDGE_KINDS = ("feeds", "aggregates", "contains", "routes_to", "invokes")
"""What stands in the graph of a council. In a graph of references nodes have the kinds of entries, edges ``uses``."""


MOST_DRAWN = 200
"""Up to so many nodes a notebook draws; of more it shows the text."""


class Node(NamedTuple):
    """Something that is drawn.

    Attributes:
        id: unique in its graph.
        kind: one of :data:`NODE_KINDS`, or the kind of an entry.
        label: for people.
        attrs: further facts, as JSON.
    """

    id: str
    kind: str
    label: str
    attrs: Mapping[str, Any]


class Edge(NamedTuple):
    """A line from one node to another; the label may be empty."""

    source: str
    target: str
    kind: str
    label: str = ""


@dataclass(slots=True)
class Graph:
    """Nodes and edges, in the order they were found."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the graph as JSON data: ``nodes`` of ``id kind label attrs``, ``edges`` of ``from to kind label``."""
        return {
            "nodes": [{**node._asdict(), "attrs": dict(node.attrs)} for node in self.nodes],
            "edges": [{"from": e.source, "to": e.target, "kind": e.kind, "label": e.label} for e in self.edges],
        }

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} nodes and {len(self.edges)} edges>"

    def _repr_html_(self) -> str:
        if len(self.nodes) > MOST_DRAWN:
            lines = self.text().split("\n")
            return framed("<pre>" + "\n".join(map(escaped_line, lines)) + "</pre>")
        from catalog.look.drawing import drawing  # for notebooks only

        return framed(drawing(self.nodes, self.edges, title=f"A graph of {len(self.nodes)} nodes"))

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart, without a line end at its end.

        Nodes are numbered, as their ids may hold anything; their labels, kinds included, are quoted, and whatever
        Mermaid or Markdown gives a meaning to is written by its number.
        """
        return "\n".join(_mermaid_lines(self))

    def text(self) -> str:
        """Return the graph as lines of text: below each node what its edges lead to, marked by the kind of the edge.

        A node whose edges were drawn already is followed by ``↑``; nodes nothing leads to begin a tree each.
        """
        return "\n".join(_Tree(self).lines())


# -- Mermaid -------------------------------------------------------------------------------------------------------

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


def _mermaid_lines(graph: Graph) -> Iterator[str]:
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


# -- text ----------------------------------------------------------------------------------------------------------

_MARKS = {"feeds": "→ ", "aggregates": "⇒ ", "routes_to": "⇢ "}


class _Tree:
    def __init__(self, graph: Graph) -> None:
        self._nodes = {node.id: node for node in graph.nodes}
        self._edges: dict[str, list[Edge]] = {}
        for edge in graph.edges:
            self._edges.setdefault(edge.source, []).append(edge)
        self._reached = {edge.target for edge in graph.edges}
        self._drawn: set[str] = set()

    def lines(self) -> Iterator[str]:
        for node in self._nodes.values():
            if node.id not in self._reached:
                yield from self._below(node)
        for node in self._nodes.values():  # what is left goes in circles: begin anywhere
            if node.id not in self._drawn:
                yield from self._below(node)

    def _below(self, root: Node) -> Iterator[str]:
        """Yield a node and all below it; without recursion, as rounds follow each other any number of times."""
        waiting: list[tuple[Node, str, str, str]] = [(root, "", "", "")]
        while waiting:
            node, indent, branch, mark = waiting.pop()
            again = node.id in self._drawn and node.id in self._edges
            yield f"{indent}{branch}{mark}{_text(node)}{' ↑' if again else ''}"
            if again or node.id in self._drawn:
                continue
            self._drawn.add(node.id)
            deeper = indent + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
            # What comes next stands last: what a step holds is read before what follows it.
            edges = sorted(self._edges.get(node.id, ()), key=lambda edge: edge.kind in ("feeds", "aggregates"))
            for place, edge in reversed(list(enumerate(edges))):
                branch = "└─ " if place == len(edges) - 1 else "├─ "
                label = f"{' '.join(edge.label.split())}: " if edge.label else _MARKS.get(edge.kind, "")
                waiting.append((self._nodes[edge.target], deeper, branch, label))


def _text(node: Node) -> str:
    plain = node.label == node.kind or node.label.startswith(f"{node.kind}:")
    about = [str(node.attrs[key]) for key in ("role", "profile") if node.attrs.get(key)]
    text = (node.label if plain else f"{node.kind} {node.label}") + (f" ({', '.join(about)})" if about else "")
    return " ".join(text.split()) + (" (missing)" if node.attrs.get("missing") else "")
