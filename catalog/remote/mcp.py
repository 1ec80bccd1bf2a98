"""Listings and calls by the client of the official SDK of MCP, and what their results are in Python."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.errors import RemoteToolError
from catalog.remote.definitions import MOST, Definition, Recorded
from catalog.remote.faults import Faults
from catalog.remote.pool import Session

_MOST_PAGES = 1_000

_LISTS = {
    "tool": ("tools", "list_tools", "tools"),
    "prompt": ("prompts", "list_prompts", "prompts"),
    "resource": ("resources", "list_resources", "resources"),
    "template": ("resources", "list_resource_templates", "resource_templates"),
}
"""Sort to the capability, the method that lists it, and the field of its answer."""


async def listed(session: Session, sorts: Iterable[str]) -> list[Definition]:
    """Return what a server says that it has, of these *sorts*, in its order; what it says twice is in it twice."""
    found = []
    for sort in sorts:
        found += [Definition.of(sort, each) for each in await _listing(session, sort, fresh=True)]
    return found


async def _listing(session: Session, sort: str, *, fresh: bool) -> list[dict[str, Any]]:
    """Return one listing, every page of it; one that was read a moment ago unless it has to be *fresh*."""
    held = session.listings.get(sort)
    if held is not None and not fresh and time.monotonic() - held[0] < session.limits.recheck:
        return held[1]
    at, changes = time.monotonic(), session.changes
    capability, method, field = _LISTS[sort]

    async def every_page(client: Any) -> list[dict[str, Any]]:
        if getattr(client.server_capabilities, capability, None) is None:
            return []
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await getattr(client, method)(cursor=cursor)
            found += [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in getattr(page, field)]
            cursor = page.next_cursor
            if cursor is None or len(found) > MOST:
                break
        if cursor is not None:
            raise session.faults.error("answer", f"lists more than {MOST:,} of a sort, or does not come to an end")
        return found

    try:
        found = await session.ask(every_page)
    except RemoteToolError:
        if sort != "template":
            raise
        found = []  # many servers with resources know no templates, and say so by an error
    if changes == session.changes:  # else it may be that of before
        session.listings[sort] = (at, found)
    return found


async def call(session: Session, recorded: Recorded, given: Mapping[str, Any], *, compare: bool = True) -> Any:
    """Return the result of a tool, the messages of a prompt or the content of a resource.

    Args:
        session: with the server.
        recorded: what is called, and what the server has to say of it still.
        given: the arguments.
        compare: whether anybody compares.

    Raises:
        DefinitionChanged: the server says something else of it now.
        RemoteToolError: it failed, or the server refused the call.
        RemoteError: there is no answer that can be used.
    """
    sort, name = recorded.sort, recorded.name
    if compare:
        recorded.compare(await _listing(session, sort, fresh=False))
    if sort == "tool":
        result = await session.ask(lambda client: client.call_tool(name, dict(given)))
        return _result(result, session.faults)
    if sort == "prompt":
        texts = {key: value if isinstance(value, str) else str(value) for key, value in given.items()}
        return _messages(await session.ask(lambda client: client.get_prompt(name, texts)))
    uri = name if sort == "resource" else expanded(name, given)
    return _contents(await session.ask(lambda client: client.read_resource(uri)))


def expanded(template: str, given: Mapping[str, Any]) -> str:
    """Return the URI of a *template*, by RFC 6570."""
    from mcp.shared.uri_template import UriTemplate

    return str(UriTemplate.parse(template).expand({name: _listed(value) for name, value in given.items()}))


def _listed(value: Any) -> Any:
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else str(value)


def _result(result: Any, faults: Faults) -> Any:
    """Return what a tool gave: its structured result, else its text, else its blocks as data."""
    blocks = result.content or []
    texts = [block.text for block in blocks if block.type == "text"]
    if result.is_error:
        failed = faults.error("tool", "")
        raise RemoteToolError(
            " ".join("\n".join(texts).split())[:2_000] or "it failed, and does not say why", **failed.facts
        )
    if result.structured_content is not None:
        data = result.structured_content
        return data["result"] if isinstance(data, dict) and set(data) == {"result"} else data
    if len(texts) == len(blocks):
        return "\n".join(texts) if texts else None
    return [_plain(block) for block in blocks]


def _messages(result: Any) -> Any:
    """Return the text of a prompt of one message, else all of its messages as data."""
    messages = result.messages
    if len(messages) == 1 and messages[0].content.type == "text":
        return messages[0].content.text
    return [{"role": each.role, "content": _plain(each.content)} for each in messages]


def _contents(result: Any) -> Any:
    """Return the text of a resource, its bytes where it is none, and a list where it has several parts."""
    import base64

    parts = [each.text if hasattr(each, "text") else base64.b64decode(each.blob) for each in result.contents]
    return parts[0] if len(parts) == 1 else parts


def _plain(block: Any) -> Any:
    return block.model_dump(mode="json", by_alias=True, exclude_none=True)
