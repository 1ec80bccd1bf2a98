"""The drawing of what entries refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalog.council_specs.graph import Edge, Graph, Node
from catalog.entry.key import split_key

if TYPE_CHECKING:
    from catalog.entry.references import Reference
    from catalog.workspace.lookup import Lookup


def reference_graph(catalog: Lookup, key: str | None = None, *, depth: int = 1) -> Graph:
    """Return what entries refer to: entries as nodes with their key as id and edges of the kind ``uses``.

    Args:
        catalog: whose entries.
        key: draw only what this entry uses and what uses it; None: every reference there is.
        depth: how many steps from it, in each direction.
    """
    if key is None:
        return _drawn(catalog, None, catalog.all_references())
    drawn: dict[Reference, None] = {}
    for forth in (True, False):  # two walks: one that turned round would reach all that shares a profile
        edge, seen = {key}, {key}
        for _ in range(depth):
            links = [link for end in sorted(edge) for link in _links(catalog, end, forth)]
            drawn.update(dict.fromkeys(links))
            edge = {link.target if forth else link.source for link in links} - seen
            seen |= edge
    return _drawn(catalog, key, list(drawn))


def _links(catalog: Lookup, key: str, forth: bool) -> list[Reference]:
    kind, name = split_key(key)
    if forth:
        return catalog.references(kind, name) if (kind, name) in catalog else []
    return catalog.used_by(kind, name)


def _drawn(catalog: Lookup, key: str | None, links: Iterable[Reference]) -> Graph:
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
