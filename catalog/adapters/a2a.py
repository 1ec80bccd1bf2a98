"""Agents of a catalog for A2A clients: cards that they are found by, and answers to requests, as version 1.0 has it.

An agent is published if its entry says so: ``cat.update("agent:triage", metadata={"a2a": True})``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from catalog.adapters.base import TAKES_TEXT, bridge

if TYPE_CHECKING:
    from catalog import Catalog, Entry

VERSION = "1.0"
_LONGEST = 100_000
_MOST = 20
_OLD = {"message/send": "SendMessage", "tasks/get": "GetTask"}
"""Methods of 0.3, and what they are called today."""


def published(cat: Catalog) -> Iterator[Entry]:
    """Yield the entries that want a card, by key: agents and councils with ``metadata["a2a"]`` that are approved."""
    known = cat.kinds()
    yield from filter(wants_card, cat.entries(tuple(kind for kind in TAKES_TEXT if kind in known)))


def wants_card(entry: Entry) -> bool:
    """Tell whether *entry* is published: it says so, takes a text, and is approved."""
    known = entry.kind in TAKES_TEXT and entry.state in ("approved", "deprecated")
    return known and bool(entry.metadata.get("a2a"))


def card(entry: Entry, url: str) -> dict[str, Any]:
    """Return the card of *entry*, which is reached at *url* by JSON-RPC (:func:`answer`)."""
    skill = {
        "id": entry.name,
        "name": entry.name,
        "description": entry.description or entry.name,
        "tags": [*entry.tags] or [entry.kind],
        "examples": [*entry.examples][:_MOST],
    }
    return {
        "name": entry.name,
        "description": entry.description,
        "version": (entry.distribution or "").partition("==")[2] or str(max(entry.revision, 1)),
        "supportedInterfaces": [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": VERSION}],
        "capabilities": {"streaming": False, "pushNotifications": False},
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain", "application/json"],
        "skills": [skill],
    }


async def answer(cat: Catalog, key: str, request: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a JSON-RPC *request* for the agent *key*; whatever goes wrong is an answer, too.

    ``SendMessage`` (and ``message/send`` of 0.3) calls the agent with the text of the message and waits for it: the
    answer is a message. There are no tasks that could be asked for later.
    """
    try:
        data = request if isinstance(request, Mapping) else json.loads(request)
    except (ValueError, RecursionError):
        return _error(None, -32700, "the request is no JSON")
    number = data.get("id") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(data.get("method"), str):
        return _error(number, -32600, "the request is none of JSON-RPC")
    is_old = data["method"] in _OLD
    method = _OLD.get(data["method"], data["method"])
    if method == "GetTask":
        return _error(number, -32001, "there is no such task: this agent answers at once")
    if method != "SendMessage":
        return _error(number, -32601, f"there is no method {data['method']!r:.80}")
    text = _text(data.get("params"))
    if text is None:
        return _error(number, -32602, "the message has no text")
    if len(text) > _LONGEST:
        return _error(number, -32602, f"the message has more than {_LONGEST:,} characters")
    entry = cat.entry(key) if key in cat else None
    if entry is None or not wants_card(entry):
        return _error(number, -32001, "there is no such agent")
    outcome = await bridge(cat, entry).acall({"input": text})
    if outcome.failed:
        return _error(number, -32603, outcome.text)
    return {"jsonrpc": "2.0", "id": number, "result": _message(outcome.data, outcome.text, is_old)}


def _text(params: Any) -> str | None:
    message = params.get("message") if isinstance(params, Mapping) else None
    parts = message.get("parts") if isinstance(message, Mapping) else None
    found = [part.get("text") for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []
    return "\n".join(text for text in found if isinstance(text, str)) or None


def _message(data: Any, text: str, is_old: bool) -> dict[str, Any]:
    part: dict[str, Any] = {"text": text} if isinstance(data, str) else {"data": data}
    if is_old:
        kind = "text" if "text" in part else "data"
        parts = [{"kind": kind, **part}]
        return {"kind": "message", "role": "agent", "messageId": str(uuid4()), "parts": parts}
    return {"message": {"role": "ROLE_AGENT", "messageId": str(uuid4()), "parts": [part]}}


def _error(number: Any, code: int, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}}
