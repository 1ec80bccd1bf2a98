"""One form for every diagram: nodes and edges, of a council or of what entries refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.councils.shape import as_data
from catalog.councils.validate import council_data, council_key
from catalog.entry.council import CouncilSpec
from catalog.entry.key import split_key
from catalog.entry.references import target_of

if TYPE_CHECKING:
    from catalog.app import Catalog
    from catalog.entry.references import Reference

NODE_KINDS = ("input", "output", "round", "member", "sub_council", "chair", "router", "tool")
EDGE_KINDS = ("feeds", "aggregates", "contains", "routes_to", "invokes")
"""What stands in the graph of a council. In a graph of references nodes have the kinds of entries, edges ``uses``."""


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

    def as_dict(self) -> dict[str, Any]:
        """Return the graph as JSON data: ``nodes`` of ``id kind label attrs``, ``edges`` of ``from to kind label``."""
        return {
            "nodes": [{**node._asdict(), "attrs": dict(node.attrs)} for node in self.nodes],
            "edges": [{"from": e.source, "to": e.target, "kind": e.kind, "label": e.label} for e in self.edges],
        }

    def mermaid(self) -> str:
        """Return the graph as a Mermaid flowchart."""
        from catalog.councils.mermaid import mermaid

        return mermaid(self)

    def text(self) -> str:
        """Return the graph as a tree of lines."""
        from catalog.councils.tree import tree

        return tree(self)


def council_graph(
    spec: CouncilSpec | Mapping[str, Any] | str, catalog: Catalog | None = None, *, depth: int = 1
) -> Graph:
    """Return how a council works: from the input through its rounds to the output, with who takes part.

    Args:
        spec: the spec, its JSON data, which may be broken, or the name or key of a council in the catalog.
        catalog: where named sub-councils are looked up.
        depth: how many levels of sub-councils that are named are opened; nested ones always are.
    """
    data = as_data(spec)
    if isinstance(spec, str) and catalog is not None:
        key = council_key(spec, catalog)
        data = None if key is None else council_data(key, catalog)
    drawing = _Drawing(catalog)
    drawing.whole(data, depth)
    return drawing.graph


class _Drawing:
    def __init__(self, catalog: Catalog | None) -> None:
        self.graph = Graph()
        self._drawn: set[str] = set()
        self._catalog = catalog

    def whole(self, data: object, depth: int) -> None:
        self._node("input", "input", "input")
        last = self._council(data, "", depth, "input", "feeds")
        self._edge(last, self._node("output", "output", "output"), "feeds")

    def _node(self, id_: str, kind: str, label: str, **attrs: Any) -> str:
        if id_ not in self._drawn:
            self._drawn.add(id_)
            shown = {key: value for key, value in attrs.items() if value not in (None, "", [], {})}
            self.graph.nodes.append(Node(id_, kind, label, shown))
        return id_

    def _edge(self, source: str, target: str, kind: str, label: str = "") -> None:
        self.graph.edges.append(Edge(source, target, kind, label))

    def _council(self, data: Any, prefix: str, depth: int, source: str, kind: str) -> str:
        """Draw a council below the node *source*, reached by edges of *kind*; return the node of its answer."""
        spec = data if isinstance(data, dict) else {}
        router = None
        if isinstance(spec.get("router"), str):
            router = self._node(f"{prefix}router", "router", spec["router"])
            self._edge(source, router, kind)
        rounds = [
            self._round(one, f"{prefix}rounds.{number}") for number, one in enumerate(_objects(spec.get("rounds")))
        ]
        if rounds:
            self._edge(source, rounds[0], kind)
        for before, after in pairwise(rounds):
            self._edge(before, after, "feeds")
        seats = [
            self._seat(member, f"{prefix}members.{number}", "member", _texts(spec.get("tools")), depth)
            for number, member in enumerate(_objects(spec.get("members")))
        ]
        for holder in rounds or [source]:
            for seat in seats:
                self._edge(holder, seat, "contains")
        if router is not None:
            for seat in seats:
                self._edge(router, seat, "routes_to")
        last = rounds[-1] if rounds else source
        chair = self._chair(spec, prefix, seats, depth)
        if chair is not None:
            self._edge(last, chair, "aggregates")
        return chair or last

    def _round(self, one: dict[str, Any], place: str) -> str:
        options = one.get("options")
        until = one.get("until_ref") or (options.get("until_ref") if isinstance(options, dict) else None)
        label = str(one.get("type"))
        return self._node(place, "round", f"{label} until {until}" if until else label, options=options)

    def _chair(self, spec: dict[str, Any], prefix: str, seats: list[str], depth: int) -> str | None:
        chair = spec.get("chair")
        if isinstance(chair, dict):
            return self._seat(chair, f"{prefix}chair", "chair", _texts(spec.get("tools")), depth)
        ids = [member.get("id") for member in _objects(spec.get("members"))]
        if chair is None or chair not in ids:
            return None
        return self._node(f"{prefix}chair", "chair", str(chair), member=seats[ids.index(chair)])

    def _seat(self, member: dict[str, Any], place: str, kind: str, shared: list[str], depth: int) -> str:
        inner = member.get("sub_council")
        label = str(member.get("id") or place)
        about = {"role": member.get("role"), "profile": member.get("profile")}
        if inner is None:
            self._node(place, kind, label, **about, output_schema=member.get("output_schema"))
            for tool in dict.fromkeys([*shared, *_texts(member.get("tools"))]):
                self._edge(place, self._node(f"tool:{tool}", "tool", tool), "invokes")
            return place
        name = inner if isinstance(inner, str) else inner.get("name") if isinstance(inner, dict) else None
        self._node(place, "sub_council", f"{label}: {name}" if name else label, role=member.get("role"), council=name)
        if isinstance(inner, str):
            inner = self._opened(inner) if depth > 0 else None
            depth -= 1
        if isinstance(inner, dict):
            self._council(inner, f"{place}.", depth, place, "contains")
        return place

    def _opened(self, word: str) -> Any:
        if self._catalog is None:
            return None
        kind, name = target_of(word, "sub_council")
        kinds = ("sub_council", "council") if kind == "sub_council" else (kind,)
        found = next(((one, name) for one in kinds if (one, name) in self._catalog), None)
        return None if found is None else council_data(found, self._catalog)


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def reference_graph(catalog: Catalog, key: str | None = None, *, depth: int = 1) -> Graph:
    """Return what entries refer to, as nodes with their key as id and edges of the kind ``uses``.

    Args:
        catalog: whose entries.
        key: draw only what this entry uses and what uses it; None: every reference there is.
        depth: how many steps from it, in each direction.
    """
    if key is None:
        return _drawn(catalog, None, catalog.all_references())
    found: dict[Reference, None] = {}
    for forth in (True, False):
        edge, seen = {key}, {key}
        for _ in range(depth):
            links = [link for one in sorted(edge) for link in _links(catalog, one, forth)]
            found.update(dict.fromkeys(links))
            edge = {link.target if forth else link.source for link in links} - seen
            seen |= edge
    return _drawn(catalog, key, list(found))


def _links(catalog: Catalog, key: str, forth: bool) -> list[Reference]:
    kind, name = split_key(key)
    if forth:
        return catalog.references(kind, name) if (kind, name) in catalog else []
    return catalog.used_by(kind, name)


def _drawn(catalog: Catalog, key: str | None, links: Iterable[Reference]) -> Graph:
    graph = Graph()
    known: set[str] = set()

    def node(key: str, exists: bool) -> None:
        if key not in known:
            known.add(key)
            graph.nodes.append(Node(key, split_key(key)[0], key, {} if exists else {"missing": True}))

    if key is not None:
        node(key, split_key(key) in catalog)
    for link in links:
        node(link.source, True)
        node(link.target, link.exists)
        graph.edges.append(Edge(link.source, link.target, "uses", link.path))
    return graph
