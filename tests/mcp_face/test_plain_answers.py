"""What over HTTP is answered by one JSON document, and what keeps its stream of events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from factories import LendUrl, open_catalog
from starlette.testclient import TestClient

from catalog.mcp import app
from catalog.mcp.plain import is_plain

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
BOTH = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def client(lend_url: LendUrl) -> Iterator[TestClient]:
    """A client of a server that lets its callers call entries."""
    with lend_url() as url, open_catalog(url) as cat:
        cat.register("tool", "parse", "json:loads", description="Parse a text that is JSON.")
        with TestClient(app(cat, call=True), base_url="http://127.0.0.1") as asking:
            yield asking


@pytest.fixture(scope="module")
def session(client: TestClient) -> dict[str, str]:
    """The headers of a session of the revision of 2025."""
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    answer = client.post("/mcp", json=asked("initialize", about), headers=BOTH)
    of_session = {"mcp-session-id": answer.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
    client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=BOTH | of_session)
    return of_session


def asked(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return a request."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def calling(name: str, **arguments: Any) -> dict[str, Any]:
    """Return a request that calls a tool."""
    return asked("tools/call", {"name": name, "arguments": arguments})


def kind_of(answer: Any) -> str:
    """Return the media type of an answer that is no error."""
    assert answer.status_code == 200
    return answer.headers["content-type"].partition(";")[0]


SHORT = [
    calling("search_tools", query="parse JSON"),
    calling("describe_tool", key="tool:parse"),
    asked("tools/list", {}),
    asked("resources/list", {}),
    asked("resources/read", {"uri": "catalog://tool/parse"}),
]
LONG = [calling("call_tool", key="tool:parse", arguments={"s": "[1]"}), calling("route", prompt="parse JSON")]


@pytest.mark.parametrize("request_", SHORT, ids=lambda request: request["method"])
def test_what_only_reads_is_answered_by_a_document(
    client: TestClient, session: dict[str, str], request_: dict[str, Any]
) -> None:
    """In the revision before, too, the answer of what only reads is JSON, of the session, and the same as its data."""
    before = client.post("/mcp", json=request_, headers=BOTH | session)
    assert kind_of(before) == "application/json"
    assert before.headers["mcp-session-id"] == session["mcp-session-id"]
    params = request_["params"]
    named = params.get("name", params.get("uri"))
    headers = {
        **BOTH,
        **({"mcp-name": named} if named else {}),
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": request_["method"],
    }
    now = client.post("/mcp", json={**request_, "params": {**params, "_meta": META}}, headers=headers)
    assert kind_of(now) == "application/json"
    for name, value in before.json()["result"].items():
        assert now.json()["result"][name] == value


@pytest.mark.parametrize("request_", LONG, ids=lambda request: request["params"]["name"])
def test_what_may_take_its_time_has_a_stream(
    client: TestClient, session: dict[str, str], request_: dict[str, Any]
) -> None:
    """Calls and routes may say how far they are and be given up: theirs is a stream of events, as it was."""
    answer = client.post("/mcp", json=request_, headers=BOTH | session)
    assert kind_of(answer) == "text/event-stream"
    (data,) = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    assert json.loads(data.removeprefix("data: "))["id"] == 1


def test_a_request_in_parts_is_put_together(client: TestClient, session: dict[str, str]) -> None:
    """A body that comes in many parts is answered as one that comes whole, with its length or without."""
    body = json.dumps(SHORT[0]).encode()
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    headers = BOTH | session | {"content-type": "application/json"}
    whole = client.post("/mcp", content=body, headers=headers)
    with_length = client.post("/mcp", content=iter(parts), headers=headers | {"content-length": str(len(body))})
    without = client.post("/mcp", content=iter(parts), headers=headers)
    assert (kind_of(with_length), kind_of(without)) == ("application/json", "text/event-stream")
    assert with_length.json() == whole.json()
    assert '"id":1,"result":{"content"' in without.text.replace(" ", "")


def test_nothing_but_a_known_request_is_plain() -> None:
    """Whatever else a body holds, and however deep, is left to the SDK."""
    others = [
        b"", b"{", b"[]", b"null", b"7", b'{"method": 7}', b'{"method": []}', b'{"method": "tools/call"}',
        b'{"method": "tools/call", "params": []}', b'{"method": "tools/call", "params": {"name": {}}}',
        b'{"method": "initialize"}', b'{"method": "prompts/get"}', b"[" * 5_000, b"\xff", b'{"method": "tools/list"',
    ]  # fmt: skip
    assert [body for body in others if is_plain(body)] == []
    assert is_plain(b'{"method": "tools/list"}')
