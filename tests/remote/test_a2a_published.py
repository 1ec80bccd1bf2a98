"""Agents of a catalog, published for A2A clients: a catalog elsewhere calls them by their cards."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from factories import open_catalog

from catalog import Catalog, RemoteToolError
from catalog.adapters import a2a

pytest.importorskip("httpx2")


@pytest.fixture
def agents(catalog: Catalog) -> Catalog:
    """A catalog with a published agent, one that always fails, and one that is nobody's business."""
    published = {"metadata": {"a2a": True}}
    catalog.register(
        "agent", "upper", str.upper, runtime=True, description="Says it louder.", tags=["talk"], **published
    )
    catalog.register("agent", "fails", {}.__getitem__, runtime=True, **published)
    catalog.register("agent", "hidden", str.lower, runtime=True)
    return catalog


def ask(cat: Catalog, key: str, request: Any) -> dict[str, Any]:
    """Return the answer to a request."""
    return asyncio.run(a2a.answer(cat, key, request))


def test_only_what_wants_a_card_is_published(agents: Catalog) -> None:
    """A card has what an entry says, and the address it is given."""
    assert [entry.name for entry in a2a.published(agents)] == ["fails", "upper"]
    card = a2a.card(agents.entry("agent:upper"), "https://here.example/a2a/upper")
    assert (card["name"], card["description"], card["skills"][0]["tags"]) == ("upper", "Says it louder.", ["talk"])
    assert card["supportedInterfaces"][0]["url"] == "https://here.example/a2a/upper"


@pytest.mark.parametrize(
    ("key", "request_", "code"),
    [
        ("agent:upper", b"{", -32700),
        ("agent:upper", [1], -32600),
        ("agent:upper", {"id": 1, "method": "GetTask", "params": {"id": "t"}}, -32001),
        ("agent:upper", {"id": 1, "method": "Dance"}, -32601),
        ("agent:upper", {"id": 1, "method": "SendMessage", "params": {"message": {"parts": "x"}}}, -32602),
        ("agent:hidden", {"id": 1, "method": "SendMessage", "params": {"message": {"parts": [{"text": "x"}]}}}, -32001),
        ("agent:fails", {"id": 1, "method": "SendMessage", "params": {"message": {"parts": [{"text": "x"}]}}}, -32603),
    ],
)
def test_whatever_goes_wrong_is_an_answer(agents: Catalog, key: str, request_: Any, code: int) -> None:
    """Broken requests, unknown methods and agents, and agents that fail."""
    request = json.dumps(request_) if isinstance(request_, list) else request_
    assert ask(agents, key, request)["error"]["code"] == code


@pytest.fixture
def served(agents: Catalog) -> Iterator[str]:
    """The address at which the agents answer."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(ask(agents, f"agent:{self.path.strip('/')}", request)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_another_catalog_calls_a_published_agent(agents: Catalog, served: str) -> None:
    """The card that one catalog gives is an agent in another, which is called over HTTP."""
    with open_catalog("sqlite://") as other:
        for name in ("upper", "fails"):
            other.register("agent", name, a2a.card(agents.entry("agent", name), f"{served}/{name}"))
        assert other["agent", "upper"]("hello") == "HELLO"
        with pytest.raises(RemoteToolError, match="agent:fails failed: agent 'fails' failed: KeyError"):
            other["agent", "fails"]("hello")
