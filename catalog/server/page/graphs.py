"""What the page of the graph shows: entries and what they refer to, laid out here where there are few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from catalog import Catalog, Graph, reference_graph
from catalog.look.drawing import clipped
from catalog.look.layout import layered

MOST = 2_000
"""Boxes that are drawn; of more, those with the most lines."""

LAID_OUT_HERE = 300
"""Up to so many boxes stand in columns; more are laid out by the browser, by forces."""

DEEPEST = 6
_LETTER, _HEIGHT = 7.4, 42.0


class Asked(NamedTuple):
    """Which part of the graph is looked at.

    Attributes:
        key: the entry it is about; empty: all.
        depth: how many steps from it.
        kinds: the kinds that are shown; none: every kind.
        source: only entries from this source, and what they touch; empty: from all.
    """

    key: str
    depth: int
    kinds: tuple[str, ...]
    source: str

    @classmethod
    def of(cls, query: QueryParams) -> Asked:
        """Return what an address asks."""
        depth = query.get("depth", "")
        return cls(
            query.get("key", "").strip(),
            min(max(int(depth), 1), DEEPEST) if depth.isascii() and depth.isdecimal() else 1,
            tuple(dict.fromkeys(filter(None, query.getlist("kind")))),
            query.get("source", "").strip(),
        )


class Shown(NamedTuple):
    """A part of the graph.

    Attributes:
        graph: what is drawn.
        kinds: how many boxes of each kind there are before kinds are chosen.
        hidden: how many boxes are left out because there are too many.
    """

    graph: Graph
    kinds: dict[str, int]
    hidden: int


def shown(catalog: Catalog, asked: Asked) -> Shown:
    """Return the part of the graph that is *asked* for."""
    graph = reference_graph(catalog, asked.key or None, depth=asked.depth)
    if asked.source:
        within = {hit.key for hit in catalog.listed(sources=[asked.source])}
        touched = {end for edge in graph.edges for end in edge[:2] if edge.source in within or edge.target in within}
        graph = _part(graph, lambda key: key in within or key in touched)
    kinds: dict[str, int] = {}
    for node in graph.nodes:
        kinds[node.kind] = kinds.get(node.kind, 0) + 1
    if asked.kinds:
        kind_of = {node.id: node.kind for node in graph.nodes}
        graph = _part(graph, lambda key: kind_of[key] in asked.kinds or key == asked.key)
    hidden = len(graph.nodes) - MOST
    if hidden > 0:
        lines: dict[str, int] = {}
        for edge in graph.edges:
            lines[edge.source] = lines.get(edge.source, 0) + 1
            lines[edge.target] = lines.get(edge.target, 0) + 1
        kept = set(sorted(lines, key=lambda key: (-lines[key], key))[:MOST])
        graph = _part(graph, lambda key: key in kept)
    return Shown(graph, dict(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))), max(hidden, 0))


def _part(graph: Graph, holds: Callable[[str], bool]) -> Graph:
    nodes = [node for node in graph.nodes if holds(node.id)]
    known = {node.id for node in nodes}
    return Graph(nodes, [edge for edge in graph.edges if edge.source in known and edge.target in known])


def rows(graph: Graph) -> list[dict[str, Any]]:
    """Return the graph as a list: for each entry what it uses, and how many use it; the most used first."""
    uses: dict[str, dict[str, None]] = {}
    used_by: dict[str, set[str]] = {}
    for edge in graph.edges:
        uses.setdefault(edge.source, {})[edge.target] = None
        used_by.setdefault(edge.target, set()).add(edge.source)
    found = [
        {
            "key": node.id,
            "kind": node.kind,
            "missing": bool(node.attrs.get("missing")),
            "uses": list(uses.get(node.id, {})),
            "used_by": len(used_by.get(node.id, ())),
        }
        for node in graph.nodes
    ]
    return sorted(found, key=lambda row: (-row["used_by"], row["key"]))


def impact(catalog: Catalog, key: str) -> list[list[str]]:
    """Return what breaks without an entry: the keys that refer to it, those that refer to these, and so on."""
    seen, steps = {key}, []
    edge = [key]
    while edge:
        found = dict.fromkeys(link.source for end in edge for link in catalog.used_by(end))
        edge = sorted(each for each in found if each not in seen)
        seen.update(edge)
        if edge:
            steps.append(edge)
    return steps


def as_elements(graph: Graph, link: Callable[[str], str], here: str) -> dict[str, Any]:
    """Return the graph as the script takes it: boxes with their places, and the pairs of them that lines join."""
    number = {node.id: place for place, node in enumerate(graph.nodes)}
    pairs = list(dict.fromkeys((number[edge.source], number[edge.target]) for edge in graph.edges))
    labels = [clipped(node.label.removeprefix(f"{node.kind}:"), 32) for node in graph.nodes]
    wide = [max(len(label), len(node.kind)) for label, node in zip(labels, graph.nodes, strict=True)]
    sizes = [(max(56.0, letters * _LETTER + 24), _HEIGHT) for letters in wide]
    layout = layered(sizes, pairs) if len(sizes) <= LAID_OUT_HERE else None
    degree: dict[int, int] = {}
    for pair in pairs:
        for end in pair:
            degree[end] = degree.get(end, 0) + 1
    return {
        "placed": layout is not None,
        "nodes": [
            {
                "key": node.id,
                "kind": node.kind,
                "label": label,
                "href": "" if _is_missing(node.attrs) else link(node.id),
                "missing": _is_missing(node.attrs),
                "here": node.id == here,
                "width": round(wide),
                "degree": degree.get(place, 0),
                **(_middle(layout.boxes[place]) if layout else {}),
            }
            for place, (node, label, (wide, _)) in enumerate(zip(graph.nodes, labels, sizes, strict=True))
        ],
        "edges": [
            {"source": source, "target": target, "through": [[round(x), round(y)] for x, y in points[1:-1]]}
            for (source, target), points in zip(pairs, layout.lines if layout else [[]] * len(pairs), strict=True)
        ],
    }


def _middle(box: tuple[float, float, float, float]) -> dict[str, int]:
    return {"x": round(box[0] + box[2] / 2), "y": round(box[1] + box[3] / 2)}


def _is_missing(attrs: Mapping[str, Any]) -> bool:
    return bool(attrs.get("missing"))
