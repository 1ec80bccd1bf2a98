"""Flows of promptflow, ``flow.dag.yaml`` and ``flow.flex.yaml``: an agent each, called like its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Code, Item
from catalog.discovery.documents.prompt import name_of, table_of

_TYPES = {"string": "string", "int": "integer", "double": "number", "bool": "boolean", "list": "array"}
"""What promptflow calls types, and JSON Schema does; all others are objects."""
_PROMPTS = (".jinja2", ".prompty")


def read(document: Document) -> Iterator[Item]:
    """Yield the flow: that of a graph of steps, or the object that is its entry."""
    table = table_of(document.yaml)
    entry, nodes = table.get("entry"), table.get("nodes")
    code = None
    if isinstance(entry, str) and ":" in entry:
        module, _, name = entry.rpartition(":")
        code = Code(os.path.normpath(os.path.join(document.folder, f"{module.replace('.', os.sep)}.py")), name)
    elif not isinstance(nodes, list):
        return
    steps = [_step(node, table) for node in nodes or () if isinstance(node, dict)] if code is None else []
    said = table.get("description")
    yield Item(
        kind="agent",
        name=name_of(table.get("display_name", table.get("name")), os.path.basename(document.folder)),
        description=said if isinstance(said, str) and said.strip() else _shown(steps, table),
        spec={
            "framework": "promptflow",
            "steps": [step["name"] for step in steps],
            "tools": [step["source"] for step in steps if step["source"] and not step["source"].endswith(_PROMPTS)],
            "prompts": [step["source"] for step in steps if step["source"].endswith(_PROMPTS)],
        },
        parameters=_parameters(table_of(table.get("inputs"))) if code is None else None,
        code=code,
        tags=("promptflow",),
    )


def _step(node: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, str]:
    """Return name, type and source of a step: a file or the name of a tool; of several variants that of the first."""
    name = str(node.get("name", ""))
    if node.get("use_variants"):
        several = table_of(table_of(table_of(table.get("node_variants")).get(name)).get("variants"))
        node = table_of(table_of(next(iter(several.values()), None)).get("node"))
    source = table_of(node.get("source"))
    return {
        "name": name,
        "type": str(node.get("type", "")),
        "source": str(source.get("path") or source.get("tool") or ""),
    }


def _shown(steps: list[dict[str, str]], table: Mapping[str, Any]) -> str:
    """Return in one line what a flow that nobody describes does."""
    if not steps:
        return ""
    named = ", ".join(step["name"].replace("_", " ") for step in steps)
    taken, given = (", ".join(map(str, table_of(table.get(part)))) for part in ("inputs", "outputs"))
    return f"Flow of {named}" + (f"; from {taken}" if taken else "") + (f" to {given}" if given else "")


def _parameters(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of what the flow takes; what has no default is required."""
    properties: dict[str, Any] = {}
    required = []
    for name, about in inputs.items():
        part = table_of(about)
        properties[str(name)] = {"type": _TYPES.get(str(part.get("type")), "object")}
        if isinstance(part.get("description"), str):
            properties[str(name)]["description"] = part["description"]
        if "default" not in part:
            required.append(str(name))
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}
