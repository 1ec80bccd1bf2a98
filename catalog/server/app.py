"""``create_app``: the server as an ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from catalog import Catalog, CatalogError, CatalogWarning, facets, release_when_idle
from catalog.server import agents, pages, probes, signing_in
from catalog.server.api import routes as api
from catalog.server.callers import Caller, Callers
from catalog.server.figures import AccessLog, Figures
from catalog.server.guard import PROGRAMS, Guard
from catalog.server.handling import THREADS
from catalog.server.mcp_mount import McpMount
from catalog.server.problems import Problem, problem_of
from catalog.server.rates import Guesses
from catalog.server.remembered import Remembered
from catalog.server.settings import ServerSettings

_log = logging.getLogger("catalog.server")


def create_app(
    catalog: Catalog, settings: ServerSettings | None = None, *, access_log: IO[str] | None = None
) -> Starlette:
    """Return the server of a *catalog*, which its caller opens and closes.

    Args:
        catalog: what is served; opened with ``Settings.served``, so that it follows only references that are listed.
        settings: how it answers; None: to everybody on this machine, and changing nothing.
        access_log: where a line for each request is written; None: standard error.

    Raises:
        SettingsError: other machines could ask, and there is no token.
    """
    settings = ServerSettings() if settings is None else settings
    settings.check()
    mcp = McpMount(catalog)
    callers, guesses, figures = Callers(settings.tokens, settings.allowed), Guesses(), Figures()

    def answer(scope: Scope, problem: Problem) -> Response:
        scope.setdefault("app", app)
        scope["state"].setdefault("caller", Caller("", frozenset()))
        return answer_of(Request(scope), problem)

    @asynccontextmanager
    async def alive(app: Starlette) -> AsyncIterator[None]:
        app.state.is_ready = True
        warming = asyncio.create_task(to_thread.run_sync(_warm, app, abandon_on_cancel=True))
        resting = asyncio.create_task(release_when_idle(catalog))
        yield
        app.state.is_ready = False
        warming.cancel()
        resting.cancel()
        await mcp.stop()

    app = Starlette(
        routes=[*probes.routes(), *api.routes(), mcp.route(), *agents.routes(), *signing_in.routes(), *pages.routes()],
        middleware=[Middleware(Guard, settings, callers, guesses, figures, AccessLog(access_log), answer)],
        exception_handlers={Problem: _problem, CatalogError: _catalog_error, HTTPException: _http_error},
        lifespan=alive,
    )
    app.state.catalog, app.state.settings = catalog, settings
    app.state.callers, app.state.figures, app.state.is_ready = callers, figures, False
    app.state.threads = CapacityLimiter(THREADS)
    app.state.guesses, app.state.streams, app.state.remembered = guesses, set(), Remembered()
    return app


def _warm(app: Starlette) -> None:
    """Ask what the first caller would wait for: an embedder and its vectors are loaded, and the entries counted."""
    catalog: Catalog = app.state.catalog
    for ask in (lambda: catalog.search("what is there", limit=1), lambda: facets(catalog)):
        try:
            ask()
        except (CatalogError, CatalogWarning) as error:  # whoever asks hears of it; all else is answered
            if app.state.is_ready:  # and of a server that has ended meanwhile there is nothing to say
                _log.warning("not ready at once: %s", error)


def answer_of(request: Request, problem: Problem) -> Response:
    """Return the answer of a *problem*: a page for a browser, JSON for a program."""
    settings: ServerSettings = request.app.state.settings
    path = request.scope["path"].removeprefix(settings.prefix)
    accepts = request.headers.get("accept", "")
    if path.startswith(PROGRAMS) or "text/html" not in accepts:
        return problem.response()
    if problem.status == 401:
        return RedirectResponse(f"{settings.prefix}/sign-in?next={quote(path)}", status_code=303)
    return pages.problem_page(request, problem)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    request.app.state.figures.refuse(error.code)
    return answer_of(request, error)


async def _catalog_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CatalogError)
    problem = problem_of(error)
    if problem.status == 500:
        _log.error("request %s failed: %s", request.scope["state"]["request_id"], error)
    return answer_of(request, problem)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: ("not-found", "there is nothing at this address"), 405: ("method", "this method is not for here")}
    code, detail = known.get(error.status_code, ("http", str(error.detail)))
    return answer_of(request, Problem(error.status_code, code, detail, headers=dict(error.headers or {})))
