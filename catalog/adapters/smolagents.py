"""Tools of smolagents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.adapters.base import Bridge, bridges, entry_for, needing
from catalog.adapters.finding import searching
from catalog.adapters.names import IDENTIFIER

if TYPE_CHECKING:
    from smolagents import Tool

    from catalog import Catalog

entry = entry_for
_TYPES = ("string", "boolean", "integer", "number", "array", "object", "null")


def tool(cat: Catalog, key: Any) -> Tool:
    """Return an entry as a ``Tool``; what goes wrong is an error that the agent's memory shows to the model."""
    return _made(*bridges(cat, key, IDENTIFIER))


def tools(cat: Catalog, keys: Any) -> list[Tool]:
    """Return entries as tools of smolagents: keys, hits or entries, in their order."""
    return [_made(tool) for tool in bridges(cat, keys, IDENTIFIER)]


def search_tool(cat: Catalog, **filters: Any) -> list[Tool]:
    """Return the tools of smolagents with which a model finds others and calls them (``cat.search``'s *filters*)."""
    return [_made(tool) for tool in searching(cat, IDENTIFIER, **filters)]


def _made(bridge: Bridge) -> Tool:
    with needing("smolagents"):
        from smolagents import Tool

    def forward(self: Tool, **arguments: Any) -> Any:
        # What is not given stands as None in code that a model writes.
        needed = bridge.parameters.get("required") or ()
        return bridge(**{name: value for name, value in arguments.items() if value is not None or name in needed})

    fields = {
        "name": bridge.name,
        "description": bridge.description,
        "inputs": _inputs(bridge.parameters),
        "output_type": "any",
        "skip_forward_signature_validation": True,
        "forward": forward,
    }
    made: Tool = type("CatalogTool", (Tool,), fields)()
    return made


def _inputs(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in the form of smolagents: a type and a description for each input."""
    needed = schema.get("required") or ()
    inputs = {}
    for name, part in schema["properties"].items():
        said = part if isinstance(part, dict) else {}
        types = [said.get("type")] if not isinstance(said.get("type"), list) else said["type"]
        known = types[0] if len(types) == 1 else types
        kind = known if types and all(one in _TYPES for one in types) else "any"
        inputs[name] = {**said, "type": kind, "description": str(said.get("description") or "")}
        if name not in needed:
            inputs[name]["nullable"] = True
    return inputs
