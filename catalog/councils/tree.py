"""A graph as a tree of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.councils.council_graph import Edge, Graph, Node

_MARKS = {"feeds": "→ ", "aggregates": "⇒ ", "routes_to": "⇢ "}


def tree(graph: Graph) -> str:
    """Return a graph as lines of text: below each node what its edges lead to, marked by the kind of the edge.

    A node whose edges were drawn already is followed by ``↑``; nodes nothing leads to begin a tree each.
    """
    return "\n".join(_Tree(graph).lines())


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
                label = f"{edge.label}: " if edge.label else _MARKS.get(edge.kind, "")
                waiting.append((self._nodes[edge.target], deeper, branch, label))


def _text(node: Node) -> str:
    plain = node.label == node.kind or node.label.startswith(f"{node.kind}:")
    about = [str(node.attrs[key]) for key in ("role", "profile") if node.attrs.get(key)]
    text = (node.label if plain else f"{node.kind} {node.label}") + (f" ({', '.join(about)})" if about else "")
    return " ".join(text.split()) + (" (missing)" if node.attrs.get("missing") else "")
