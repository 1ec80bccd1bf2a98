"""A2A agents elsewhere, as what calls them; and entries of agents as the cards that others find them by."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from catalog.discovery.documents.security import credentials_of
from catalog.entry.remote import addresses, spec_of
from catalog.errors import RemoteError, RemoteToolError
from catalog.remote.agent import Agent
from catalog.remote.environment import filled
from catalog.remote.faults import told
from catalog.remote.limits import Limits
from catalog.verbs.remote_apis import check_sending
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def agent_of(ws: Workspace, entry: Entry) -> Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]:
    """Return what sends a text to an agent.

    Raises:
        UntrustedReferenceError: its address must not be sent to.
        RemoteError: its card names no address that speaks JSON-RPC.
    """
    card = spec_of(entry)
    url, is_old = _place(card, entry.key)
    api = (ws.settings.remote.get("apis") or {}).get(entry.name)
    headers: Mapping[str, str] = (api or {}).get("headers") or {}
    if api is not None:
        url = api["url"]
    else:
        required = card.get("security", card.get("securityRequirements"))
        auth = credentials_of(card.get("securitySchemes"), required, entry.name)
        headers = auth.get("headers", {})
    check_sending(ws, entry, url, (headers,))
    limits = Limits.of(ws.settings.remote)

    async def send(given: dict[str, Any]) -> Any:
        sent = {name: filled(value, entry.key) for name, value in headers.items()}
        agent = Agent(filled(url, entry.key), is_old, sent)
        try:
            return await agent.send(str(given["input"]), limits, entry.key)
        except RemoteToolError as error:
            raise told(entry.key, error) from None

    return send


def _place(card: Mapping[str, Any], who: str) -> tuple[str, bool]:
    """Return the first address that speaks JSON-RPC, and whether it speaks the version before 1.0."""
    places = addresses(card)
    url = next((url for url, protocol in places if protocol.upper() == "JSONRPC"), None)
    if url is None:
        known = ", ".join(sorted({protocol for _, protocol in places}))
        raise RemoteError(f"{who} speaks {known}, and only JSON-RPC is spoken here", reason="address", key=who)
    listed = card.get("supportedInterfaces")
    interfaces = listed if isinstance(listed, list) else ()
    mine = [each for each in interfaces if isinstance(each, dict) and each.get("url") == url]
    version = next((each["protocolVersion"] for each in mine if each.get("protocolVersion")), None)
    return url, str(version or card.get("protocolVersion") or ("1.0" if mine else "0.3")).startswith("0.")
