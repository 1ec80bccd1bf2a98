"""Entries that stand for something elsewhere, as what calls it: under the policy of trust, within the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.entry.remote import A2A, MCP, spec_of, wire_of
from catalog.remote.callable import RemoteCallable
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

_ONE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


def callable_of(ws: Workspace, entry: Entry, policy: str) -> RemoteCallable:
    """Return what calls *entry*, which stands for something elsewhere; nothing is started or sent yet.

    Args:
        ws: that has it.
        entry: one of which :func:`catalog.entry.remote.wire_of` says how it is called.
        policy: of the verification; ``off``: what a server says of it is not compared with what was recorded.

    Raises:
        UntrustedReferenceError: its server may not be started, or its address not be sent to.
        ResolveError: its server is not in the catalog.
    """
    wire, spec = wire_of(entry), dict(spec_of(entry))
    if wire == MCP:
        from catalog.verbs.remote_servers import through_server  # only where one is called

        send, parameters = through_server(ws, entry, policy), entry.parameters
    elif wire == A2A:
        from catalog.verbs.remote_agents import agent_of  # only where one is called

        send, parameters = agent_of(ws, entry), _ONE_TEXT
    else:
        from catalog.verbs.remote_apis import operation_of  # only where one is called

        send, parameters = operation_of(ws, entry), entry.parameters
    return RemoteCallable(entry.key, entry.name, entry.description, spec, parameters, send)
