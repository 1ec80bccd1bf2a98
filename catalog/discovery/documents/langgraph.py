"""``langgraph.json``: the graphs of an application, each a Python object in one of its files."""

from __future__ import annotations

import os
from collections.abc import Iterator

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Code, Item
from catalog.discovery.documents.prompt import name_of


def read(document: Document) -> Iterator[Item]:
    """Yield an agent for each graph; the environment, which may hold secrets, is not looked at."""
    table = document.json
    graphs = table.get("graphs") if isinstance(table, dict) else None
    if not isinstance(graphs, dict):
        raise DocumentFault("it has no table of graphs")
    for name, graph in graphs.items():
        path, said = (graph.get("path"), graph.get("description")) if isinstance(graph, dict) else (graph, None)
        if not isinstance(path, str) or ":" not in path:
            raise DocumentFault(f"graph {name!r} says no path like './agent.py:graph'")
        file, _, attribute = path.rpartition(":")
        code = None
        if file.endswith(".py"):
            code = Code(path=os.path.normpath(os.path.join(document.folder, file)), name=attribute)
        yield Item(
            kind="agent",
            name=name_of(name, attribute),
            description=said if isinstance(said, str) else "",
            spec={"graph": path},
            line=document.line_of("graphs", name),
            code=code,
            tags=("langgraph",),
        )
