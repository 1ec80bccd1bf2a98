"""Entries that stand for something elsewhere, which is called over a wire: told by the form of their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

MCP, OPENAPI, A2A = "mcp", "openapi", "a2a"

MCP_SORTS = ("tool", "prompt", "resource", "template")
"""What of an MCP server an entry may be; ``spec["mcp"]`` says which."""

LISTED = "mcp:"
"""Begins the source of what an MCP server listed; the name of its entry follows."""

_METHODS = frozenset(("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"))


def wire_of(entry: Entry) -> str | None:
    """Return how what *entry* stands for is called: ``mcp``, ``openapi`` or ``a2a``; None: it is not elsewhere."""
    spec = entry.spec
    if not isinstance(spec, dict):
        return None
    if spec.get("mcp") in MCP_SORTS and isinstance(spec.get("server"), str) and isinstance(spec.get("name"), str):
        return MCP
    if entry.kind == "tool" and spec.get("method") in _METHODS and isinstance(spec.get("in"), dict):
        path = spec.get("path")
        return OPENAPI if isinstance(path, str) and path.startswith("/") else None
    return A2A if entry.kind == "agent" and isinstance(spec.get("skills"), list) and addresses(spec) else None


def spec_of(entry: Entry) -> Mapping[str, Any]:
    """Return the data of *entry*; empty where it is no object."""
    return entry.spec if isinstance(entry.spec, dict) else {}


def server_of(entry: Entry) -> str:
    """Return the name of the ``mcp_server`` entry that *entry* is called through; a rename of that is followed."""
    listed = entry.metadata.get("references")
    for key in listed if isinstance(listed, list) else ():
        if isinstance(key, str) and key.startswith("mcp_server:"):
            return key.partition(":")[2]
    return str(spec_of(entry).get("server"))


def addresses(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where an A2A agent is reached, by its card: each address with its protocol, the first best."""
    found = []
    for word in ("supportedInterfaces", "additionalInterfaces"):
        listed = card.get(word)
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and isinstance(each.get("url"), str):
                found.append((each["url"], str(each.get("protocolBinding", each.get("transport", "JSONRPC")))))
    if isinstance(card.get("url"), str):
        found.insert(0, (card["url"], str(card.get("preferredTransport", "JSONRPC"))))
    return found
