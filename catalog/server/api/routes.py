"""The routes of the API: everything below ``/api/v1``, and its description."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from catalog.server.api.openapi import document
from catalog.server.api.operations import BASE, Table, json_answer
from catalog.server.api.table import OPERATIONS
from catalog.server.handling import needs, prefix_of

_table = Table(OPERATIONS)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def routes() -> list[Route]:
    """Return the routes of the API."""
    return [
        Route("/openapi.json", needs("read")(describe), name="openapi"),
        Route(f"{BASE}/{{rest:path}}", _table.answer, methods=_METHODS, name="api"),
    ]


async def describe(request: Request) -> Response:
    """Give the OpenAPI document."""
    return json_answer(document(prefix_of(request)))
