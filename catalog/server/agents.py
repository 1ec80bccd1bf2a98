"""``/a2a``: agents of the catalog that want it, for A2A clients: their cards, and their answers."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from catalog import Catalog
from catalog.adapters.a2a import answer, card, published, wants_card
from catalog.server.handling import catalog_of, in_thread, needs
from catalog.server.problems import Problem

CARD = "/.well-known/agent-card.json"
"""Where clients look for the card of an agent, below its address."""

_AGENT = "/a2a/{kind}/{name:path}"


def routes() -> list[Route]:
    """Return the routes of the agents; the card of one stands before its address, which takes any name."""
    return [
        Route(CARD, needs("read")(only_card), name="agent_card"),
        Route("/a2a", needs("read")(cards), name="agents"),
        Route(_AGENT + CARD, needs("read")(agent_card), name="card_of_agent"),
        Route(_AGENT, needs("call")(ask), name="agent", methods=["POST"]),
    ]


async def cards(request: Request) -> Response:
    """Give the cards of all agents that want one, by key."""
    return JSONResponse(await in_thread(request, _cards, catalog_of(request), str(request.base_url)))


async def only_card(request: Request) -> Response:
    """Give the card of the one agent that wants one; where there are more, a client has to choose."""
    found = await in_thread(request, _cards, catalog_of(request), str(request.base_url))
    if len(found) != 1:
        raise Problem(404, "not-found", f"{len(found)} agents are published here; /a2a lists their cards")
    return JSONResponse(found[0])


async def agent_card(request: Request) -> Response:
    """Give the card of an agent."""
    return JSONResponse(await in_thread(request, _card, catalog_of(request), _key(request), str(request.base_url)))


async def ask(request: Request) -> Response:
    """Have an agent answer a message; what goes wrong is an answer, too."""
    body = await request.body()
    return JSONResponse(await in_thread(request, _answered, catalog_of(request), _key(request), body))


def _key(request: Request) -> str:
    return f"{request.path_params['kind']}:{request.path_params['name']}"


def _cards(catalog: Catalog, base: str) -> list[dict[str, Any]]:
    return [card(entry, _address(base, entry.kind, entry.name)) for entry in published(catalog)]


def _card(catalog: Catalog, key: str, base: str) -> dict[str, Any]:
    entry = catalog.entry(key) if key in catalog else None
    if entry is None or not wants_card(entry):
        raise Problem(404, "not-found", "no such agent is published here; /a2a lists those that are")
    return card(entry, _address(base, entry.kind, entry.name))


def _address(base: str, kind: str, name: str) -> str:
    return f"{base.rstrip('/')}/a2a/{kind}/{quote(name)}"


def _answered(catalog: Catalog, key: str, body: bytes) -> dict[str, Any]:
    return asyncio.run(answer(catalog, key, body))  # of its own: what the agent does holds nobody else up
