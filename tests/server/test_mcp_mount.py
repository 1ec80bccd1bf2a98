"""`/mcp` of the server: the catalog for MCP clients, with the rights of this server's callers."""

from __future__ import annotations

import json

import pytest
from callers_of_tests import bearer, named_tokens

from catalog.server.callers import Token, digest_of

pytest.importorskip("mcp")

SPEAKS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a test", "version": "1"},
    },
}


def said(answer) -> dict:
    """Return the message of an answer, which is JSON or an event."""
    assert answer.status_code == 200, answer.text
    lines = [line.removeprefix("data:") for line in answer.text.splitlines() if line.startswith("data:")]
    results = [line for line in lines if '"result"' in line] or [answer.text]
    assert '"result"' in results[0], (answer.headers, answer.text)
    return json.loads(results[0])


def tools(client, **headers: str) -> list[str]:
    """Begin a session and return the names of the tools in it."""
    first = client.post("/mcp", json=HELLO, headers={**SPEAKS, **headers})
    assert first.status_code == 200, first.text
    session = {"mcp-session-id": first.headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18"}
    client.post(
        "/mcp",
        json={"jsonrpc": "2.0", "method": "notifications/initialized"},
        headers={**SPEAKS, **headers, **session},
    )
    asked = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    answer = client.post("/mcp", json=asked, headers={**SPEAKS, **headers, **session})
    return sorted(tool["name"] for tool in said(answer)["result"]["tools"])


def test_who_may_call_is_shown_how_to(asked) -> None:
    """Sessions are of callers with the right to call or without; only the former have the tool that calls."""
    caller = Token("caller", digest_of("a-token-that-calls"), frozenset({"read", "call"}))
    client = asked(tokens=(*named_tokens(), caller), allow_call=True)
    reading = tools(client, **bearer("reader"))
    assert reading == ["describe_tool", "route", "search_tools"]
    assert tools(client, authorization="Bearer a-token-that-calls") == sorted([*reading, "call_tool"])


def test_no_session_is_taken_over_to_call(asked) -> None:
    """The session of a caller with the right to call is none for a caller without."""
    caller = Token("caller", digest_of("a-token-that-calls"), frozenset({"read", "call"}))
    client = asked(tokens=(*named_tokens(), caller), allow_call=True)
    first = client.post("/mcp", json=HELLO, headers={**SPEAKS, "authorization": "Bearer a-token-that-calls"})
    taken = {"mcp-session-id": first.headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18"}
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "call_tool", "arguments": {}}}
    assert client.post("/mcp", json=call, headers={**SPEAKS, **bearer("reader"), **taken}).status_code == 404


def test_mcp_is_guarded_like_everything_else(asked) -> None:
    """Without a token, from another site, and as a form, nothing is answered."""
    closed = asked(tokens=named_tokens())
    assert closed.post("/mcp", json=HELLO, headers=SPEAKS).status_code == 401
    client = asked()
    assert client.post("/mcp", json=HELLO, headers={**SPEAKS, "origin": "http://evil.example"}).status_code == 403
    assert client.post("/mcp", json=HELLO, headers={**SPEAKS, "host": "evil.example"}).status_code == 421
    assert (
        client.post("/mcp", content=json.dumps(HELLO), headers={**SPEAKS, "content-type": "text/plain"}).status_code
        == 415
    )


def test_without_its_extra_it_says_what_to_install(asked, monkeypatch) -> None:
    """Where the SDK is not installed, `/mcp` is a 501 that names the extra."""
    from catalog import MissingExtraError

    def missing(*_, **__):
        raise MissingExtraError("it needs mcp: pip install 'magma-catalog[mcp]'", extra="mcp")

    monkeypatch.setattr("catalog.mcp.app", missing)
    answer = asked().post("/mcp", json=HELLO, headers=SPEAKS)
    assert (answer.status_code, answer.json()["code"], answer.json()["facts"]) == (
        501,
        "missing-extra",
        {"extra": "mcp"},
    )
