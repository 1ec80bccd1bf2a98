"""What those who run the server ask: is it alive, is it ready, what has it done."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from catalog import Catalog, CatalogError
from catalog.server.figures import Figures
from catalog.server.handling import catalog_of, in_thread, needs
from catalog.server.problems import Problem

_begun = time.time()


def routes() -> list[Route]:
    """Return the routes of the probes."""
    return [
        Route("/healthz", alive, name="healthz"),
        Route("/readyz", ready, name="readyz"),
        Route("/metrics", needs("read")(metrics), name="metrics"),
    ]


async def alive(request: Request) -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "alive"})


async def ready(request: Request) -> Response:
    """Say that the catalog can be read, and that the server is not about to stop."""
    if not request.app.state.is_ready:
        raise Problem(503, "not-ready", "the server is stopping")
    try:
        await in_thread(request, _generation, catalog_of(request))
    except CatalogError:
        raise Problem(503, "not-ready", "the catalog can't be read") from None
    return JSONResponse({"status": "ready"})


def _generation(catalog: Catalog) -> int:
    return catalog.generation


async def metrics(request: Request) -> Response:
    """Give the figures."""
    figures: Figures = request.app.state.figures
    generation = await in_thread(request, _generation, catalog_of(request))
    text = figures.text(generation=generation, start_time_seconds=_begun)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")
