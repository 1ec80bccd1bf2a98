"""A2A agents elsewhere: a card becomes an agent that is called; a real server on loopback answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog
from foreign_servers import limited

from catalog import AutoCouncil, Catalog, RemoteError, RemoteToolError, call
from catalog.adapters.base import bridge

pytest.importorskip("httpx2")


def message(text: str, old: bool) -> dict[str, Any]:
    """Return a message of an agent, in the words of 0.3 or of 1.0."""
    if old:
        return {"kind": "message", "role": "agent", "messageId": "m", "parts": [{"kind": "text", "text": text}]}
    return {"role": "ROLE_AGENT", "messageId": "m", "parts": [{"text": text}]}


class Handler(BaseHTTPRequestHandler):
    """An agent that repeats what it is asked; what it is asked decides how."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server: Any = self.server
        server.seen.append((request["method"], self.headers["A2A-Version"], self.headers["Authorization"]))
        answer = self.result(request, "old" in self.path)
        body = json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def result(self, request: dict[str, Any], old: bool) -> dict[str, Any]:
        def state(word: str) -> str:
            return word if old else f"TASK_STATE_{word.upper().replace('-', '_')}"

        def wrapped(word: str, data: dict[str, Any]) -> dict[str, Any]:
            return {"result": data if old else {word: data}}

        if request["method"] in ("tasks/get", "GetTask"):
            data = [{"kind": "data", "data": {"n": 2}}] if old else [{"data": {"n": 2}}]
            done = {"id": "t", "status": {"state": state("completed")}, "artifacts": [{"parts": data}]}
            return {"result": done}
        text = request["params"]["message"]["parts"][0]["text"]
        if text == "work":
            return wrapped("task", {"id": "t", "status": {"state": state("working")}})
        if text == "ask":
            status = {"state": state("input-required"), "message": message("Which one?", old)}
            return wrapped("task", {"id": "t", "status": status})
        if text == "refuse":
            return {"error": {"code": -32600, "message": "Not in the mood."}}
        if text == "nonsense":
            return {"result": "yes"}
        return wrapped("message", message(f"You said: {text}", old))


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A server with the agent."""
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen = []
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def card(server: Any, old: bool, **more: Any) -> dict[str, Any]:
    """Return the card of the agent, of version 0.3 or 1.0."""
    url = f"http://127.0.0.1:{server.server_address[1]}/{'old' if old else 'new'}"
    place: dict[str, Any] = (
        {"url": url, "protocolVersion": "0.3.0", "preferredTransport": "JSONRPC"}
        if old
        else {"supportedInterfaces": [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]}
    )
    skill = {"id": "say", "name": "Say", "description": "Repeats.", "tags": ["talk"], "examples": ["say hello"]}
    about = {"name": "Parrot", "description": "Repeats what it is told.", "version": "1", "skills": [skill]}
    modes = {"capabilities": {}, "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"]}
    return {**about, **modes, **place, **more}


@pytest.fixture
def scanned(url: str, tmp_path: Path) -> Iterator[Callable[..., Catalog]]:
    """A function that opens a catalog in which a card was scanned."""
    with open_catalog(url, settings=limited(call=2)) as cat:

        def scan(data: dict[str, Any]) -> Catalog:
            (tmp_path / "cards").mkdir()
            (tmp_path / "cards" / "agent-card.json").write_text(json.dumps(data), encoding="utf-8")
            cat.scan(tmp_path / "cards")
            return cat

        yield scan


@pytest.mark.parametrize("old", [True, False])
def test_an_agent_is_called_with_a_text(scanned: Any, server: Any, old: bool) -> None:
    """Both versions: an answer at once, a task that takes a while, and what is no answer."""
    cat = scanned(card(server, old))
    parrot = cat["agent", "Parrot"]
    server.seen.clear()
    assert (parrot("hi"), parrot("work")) == ("You said: hi", {"n": 2})
    send, get, version = ("message/send", "tasks/get", "0.3") if old else ("SendMessage", "GetTask", "1.0")
    assert server.seen == [(send, version, None), (send, version, None), (get, version, None)]
    for text, said in (("ask", "asks for more: Which one?"), ("refuse", "Not in the mood.")):
        with pytest.raises(RemoteToolError) as caught:
            parrot(text)
        assert str(caught.value) == f"agent:Parrot failed: {said}"
    with pytest.raises(RemoteError, match="agent:Parrot gave an answer that is none of A2A"):
        parrot("nonsense")


def test_routers_and_adapters_call_it(scanned: Any, server: Any) -> None:
    """What a router picks is sent the prompt; a model calls it with one text."""
    cat = scanned(card(server, False))
    assert (
        AutoCouncil(cat, strategy="rules", kind="agent", on_no_match="agent:Parrot").run("hi").value == "You said: hi"
    )
    tool = bridge(cat, cat.entry("agent:Parrot"))
    assert (tool.parameters["required"], tool.call({"input": "hi"}).value) == (["input"], "You said: hi")
    assert call(cat["agent", "Parrot"], "hi", entry=cat.entry("agent:Parrot")) == "You said: hi"


def test_its_credentials_come_from_the_environment(scanned: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card says what is to be sent; a person who registers it has chosen its address."""
    security = {
        "securitySchemes": {"login": {"httpAuthSecurityScheme": {"scheme": "Bearer"}}},
        "securityRequirements": [{"schemes": {"login": {"list": []}}}],
    }
    cat = scanned(card(server, True))
    cat.register("agent", "Mine", card(server, False, **security))
    monkeypatch.setenv("MINE_LOGIN", "t2")
    server.seen.clear()
    assert cat["agent", "Mine"]("hi") == "You said: hi"
    assert server.seen == [("SendMessage", "1.0", "Bearer t2")]


def test_an_agent_that_speaks_something_else_says_so(scanned: Any, server: Any) -> None:
    """Only JSON-RPC is spoken here."""
    cat = scanned({**card(server, True), "preferredTransport": "GRPC"})
    with pytest.raises(RemoteError, match="agent:Parrot speaks GRPC, and only JSON-RPC is spoken here"):
        _ = cat["agent", "Parrot"]
