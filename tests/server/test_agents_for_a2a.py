"""`/a2a` of the server: agents that want it, for A2A clients."""

from __future__ import annotations

from callers_of_tests import bearer, named_tokens

from catalog import Catalog
from catalog.server.callers import Token, digest_of

ASKS = {
    "jsonrpc": "2.0",
    "id": 7,
    "method": "SendMessage",
    "params": {"message": {"role": "ROLE_USER", "messageId": "1", "parts": [{"text": "hello"}]}},
}


def publish(served: Catalog, name: str) -> None:
    """Register an agent that wants a card."""
    served.register(
        "agent", name, str.upper, runtime=True, description="Say it louder.", examples=["shout"], metadata={"a2a": True}
    )


def test_the_card_of_an_agent_is_below_its_address(served: Catalog, asked) -> None:
    """A card stands where clients look for it, names the address it is reached at, and is the only one's at the top."""
    publish(served, "loud/upper case")
    client = asked(prefix="/catalog")
    card = client.get("/catalog/a2a/agent/loud/upper%20case/.well-known/agent-card.json").json()
    assert (card["name"], card["description"]) == ("loud/upper case", "Say it louder.")
    assert card["supportedInterfaces"] == [
        {
            "url": "http://127.0.0.1/catalog/a2a/agent/loud/upper%20case",
            "protocolBinding": "JSONRPC",
            "protocolVersion": "1.0",
        }
    ]
    assert client.get("/catalog/.well-known/agent-card.json").json() == card
    assert client.get("/catalog/a2a").json() == [card]


def test_what_wants_no_card_has_none(served: Catalog, asked) -> None:
    """An entry that is no agent or asks for no card is not there; of several agents none is the one at the top."""
    client = asked(allow_call=True)
    none = client.get("/.well-known/agent-card.json")
    assert (none.status_code, none.json()["detail"]) == (404, "0 agents are published here; /a2a lists their cards")
    assert client.get("/a2a/tool/mail/.well-known/agent-card.json").status_code == 404
    assert client.post("/a2a/tool/mail", json=ASKS).json()["error"]["message"] == "there is no such agent"
    publish(served, "one")
    publish(served, "two")
    assert client.get("/.well-known/agent-card.json").status_code == 404
    assert [card["name"] for card in client.get("/a2a").json()] == ["one", "two"]


def test_an_agent_answers_whoever_may_call(served: Catalog, asked) -> None:
    """A message is answered for a caller with the right to call; a reader, and a form of another site, are refused."""
    publish(served, "upper")
    caller = Token("caller", digest_of("a-token-that-calls"), frozenset({"read", "call"}))
    client = asked(tokens=(*named_tokens(), caller), allow_call=True)
    answer = client.post("/a2a/agent/upper", json=ASKS, headers={"authorization": "Bearer a-token-that-calls"})
    assert (answer.status_code, answer.json()["id"]) == (200, 7)
    assert answer.json()["result"]["message"]["parts"] == [{"text": "HELLO"}]
    assert client.post("/a2a/agent/upper", json=ASKS, headers=bearer("reader")).status_code == 403
    assert client.post("/a2a/agent/upper", json=ASKS).status_code == 401


def test_no_site_has_an_agent_answer(served: Catalog, asked) -> None:
    """What a page of another site can send without asking is not read, and without `call = true` nobody may call."""
    publish(served, "upper")
    text = asked(allow_call=True).post("/a2a/agent/upper", content=b"{}", headers={"content-type": "text/plain"})
    assert text.status_code == 415
    assert asked().post("/a2a/agent/upper", json=ASKS).status_code == 403
