"""The pages: the routes that answer with HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from catalog import STRATEGIES, Catalog, CatalogError, EntryNotFoundError
from catalog.look.parts import asset
from catalog.server.handling import Form, caller_of, catalog_of, check_right, in_thread, needs, needs_form, url
from catalog.server.page import changing, deciding, entry_facts, finding, graphs, upkeep
from catalog.server.page.render import fragment, key_url, render
from catalog.server.problems import Problem
from catalog.server.remembered import Remembered

FOLDER = Path(__file__).parent


def _remembered(request: Request) -> Remembered:
    known: Remembered = request.app.state.remembered
    return known


def routes() -> list[BaseRoute]:
    """Return the routes of the pages, and of the files that they load."""
    return [
        Route("/", needs("read")(find), name="find"),
        Route("/palette", needs("read")(palette), name="palette"),
        Route("/entries/{kind}/{name:path}", needs("read")(entry), name="entry"),
        Route("/change/{kind}/{name:path}", needs_form("read")(change), methods=["POST"], name="change"),
        Route("/graph", needs("read")(graph), name="graph"),
        Route("/graph/elements", needs("read")(graph_elements), name="graph_elements"),
        Route("/routing", needs("read")(routing), name="routing"),
        Route("/routing/golden", needs_form("write")(add_golden), methods=["POST"], name="add_golden"),
        Route("/health", needs("read")(health_page), name="health"),
        Route("/static/look.css", look, name="look"),
        Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static"),
    ]


async def look(request: Request) -> Response:
    """Give the styles that every face of the catalog shares."""
    return Response(asset("look.css"), media_type="text/css", headers={"cache-control": "max-age=3600"})


async def find(request: Request) -> Response:
    """Show what a search finds, or the whole catalog."""
    asked = finding.Asked.of(request.query_params)
    part = fragment(request)
    catalog = catalog_of(request)
    if part == "facets":
        groups = await in_thread(request, finding.facet_groups, catalog, asked, _remembered(request))
        return render(request, "facets.html", asked=asked, facets=groups)
    found = await in_thread(request, finding.find, catalog, asked)
    if part == "rows":
        return render(request, "rows.html", asked=asked, found=found, sorts=finding.SORTS)
    groups = await in_thread(request, finding.facet_groups, catalog, asked, _remembered(request))
    return render(request, "find.html", asked=asked, found=found, facets=groups, sorts=finding.SORTS)


async def palette(request: Request) -> Response:
    """Give the entries that the command palette shows for what is typed."""
    text = request.query_params.get("q", "").strip()
    hits = await in_thread(request, _few, catalog_of(request), text) if text else []
    found = [{"kind": kind, "name": name, "href": key_url(request, f"{kind}:{name}")} for kind, name in hits]
    return JSONResponse(found, headers={"cache-control": "no-store"})


def _few(catalog: Catalog, text: str) -> list[tuple[str, str]]:
    return [(hit.kind, hit.name) for hit in catalog.search(text, limit=8)]


async def entry(request: Request) -> Response:
    """Show an entry; of one that was taken away, what is left of it."""
    kind, name = request.path_params["kind"], request.path_params["name"]
    catalog = catalog_of(request)
    try:
        facts = await in_thread(
            request, entry_facts.entry_facts, catalog, kind, name, lambda key: key_url(request, key)
        )
    except EntryNotFoundError:
        history = await in_thread(request, catalog.history, kind, name, limit=entry_facts.REVISIONS + 1)
        if not history:
            raise
        revisions = entry_facts.revisions(history)
        away = entry_facts.taken_away(history)
        return render(request, "taken_away.html", 404, kind=kind, name=name, away=away, revisions=revisions)
    return render(request, "entry.html", **facts)


async def change(request: Request, form: Form) -> Response:
    """Change an entry, and show it."""
    fields = {name: values[0] for name, values in form.items()}
    action = fields.get("action", "")
    check_right(caller_of(request), changing.RIGHTS.get(action, "write"))
    kind, name = request.path_params["kind"], request.path_params["name"]
    key = await in_thread(request, changing.change, catalog_of(request), kind, name, action, fields)
    return RedirectResponse(key_url(request, key), status_code=303)


async def graph(request: Request) -> Response:
    """Show what refers to what: a drawing, the same as a list, and what breaks without an entry."""
    asked = graphs.Asked.of(request.query_params)
    catalog = catalog_of(request)
    shown = await in_thread(request, graphs.shown, catalog, asked)
    steps = await in_thread(request, _impact, catalog, asked.key) if asked.key else []
    return render(request, "graph.html", asked=asked, shown=shown, rows=graphs.rows(shown.graph), steps=steps)


def _impact(catalog: Catalog, key: str) -> list[list[str]]:
    try:
        return graphs.impact(catalog, key)
    except EntryNotFoundError:
        return []


async def graph_elements(request: Request) -> Response:
    """Give the drawing as data for our script."""
    asked = graphs.Asked.of(request.query_params)
    shown = await in_thread(request, graphs.shown, catalog_of(request), asked)
    elements = await in_thread(request, graphs.as_elements, shown.graph, lambda key: key_url(request, key), asked.key)
    return JSONResponse(elements, headers={"cache-control": "no-cache"})


async def routing(request: Request) -> Response:
    """Show a decision, the golden cases, and on demand how the router does on them."""
    asked = deciding.Asked.of(request.query_params)
    wants_figures = "evaluate" in request.query_params
    shown = await in_thread(request, _routing, catalog_of(request), asked, wants_figures)
    return render(request, "routing.html", asked=asked, strategies=STRATEGIES, wants_figures=wants_figures, **shown)


def _routing(catalog: Catalog, asked: deciding.Asked, wants_figures: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"decision": None, "fault": None, "figures": None, "golden_now": None}
    try:
        if asked.text:
            shown["decision"] = deciding.decide(catalog, asked)
            shown["golden_now"] = deciding.state_of_golden(catalog, asked.text)
        if wants_figures:
            shown["figures"] = deciding.evaluated(catalog, asked)
    except CatalogError as error:
        shown["fault"] = deciding.fault_of(error)
    return shown | {"golden": deciding.golden_cases(catalog), "kinds": catalog.kinds()}


async def add_golden(request: Request, form: Form) -> Response:
    """Keep a prompt and what is right for it, and show the decision again."""
    fields = {name: values[0] for name, values in form.items()}
    text, key = fields.get("text", ""), fields.get("key", "").strip()
    await in_thread(request, catalog_of(request).golden.add, text, key or None)
    back = deciding.Asked(text, fields.get("kind", ""), fields.get("strategy", ""))
    query = request.url.replace(query="").include_query_params(**back._asdict()).query
    return RedirectResponse(f"{url(request, 'routing')}?{query}#golden", status_code=303)


async def health_page(request: Request) -> Response:
    """Show what wants a look, each with its remedy."""
    catalog = catalog_of(request)
    known = _remembered(request)
    shown = await in_thread(request, known.get, catalog, "health", lambda: upkeep.overview(catalog))
    wants_lint = "lint" in request.query_params
    found, fault = None, None
    if wants_lint:
        try:
            found = await in_thread(request, known.get, catalog, "lint", lambda: upkeep.ambiguous(catalog))
        except CatalogError as error:
            fault = deciding.fault_of(error)
    return render(request, "health.html", wants_lint=wants_lint, lint=found, fault=fault, **shown)


def problem_page(request: Request, problem: Problem) -> Response:
    """Return the page of a *problem*."""
    answer = render(request, "problem.html", problem.status, problem=problem)
    answer.headers.update(problem.headers)
    return answer


def sign_in_page(request: Request, *, next_page: str, fault: str = "") -> Response:
    """Return the page with the form for a token; with a *fault*, why that of the last try was refused."""
    return render(request, "sign_in.html", 403 if fault else 200, next_page=next_page, fault=fault)
