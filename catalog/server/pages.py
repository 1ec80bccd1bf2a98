"""The pages: the routes that answer with HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from catalog import Catalog
from catalog.server.handling import catalog_of, csrf_token, entry_url, in_thread, may, needs, url
from catalog.server.problems import Problem

FOLDER = Path(__file__).parent

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def routes() -> list[BaseRoute]:
    """Return the routes of the pages, and of the files that they load."""
    return [
        Route("/", needs("read")(find), name="find"),
        Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static"),
    ]


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Return a page made of a *template*, which is given the links and rights that pages are made with."""
    context |= {
        "request": request,
        "url": lambda name, **of_it: url(request, name, **of_it),
        "entry_url": lambda kind, name: entry_url(request, kind, name),
        "may": lambda right: may(request, right),
        "csrf_token": lambda: csrf_token(request),
    }
    return HTMLResponse(_templates.get_template(template).render(context), status_code=status)


async def find(request: Request) -> Response:
    """Show what a search finds."""
    text = request.query_params.get("q", "")
    hits = await in_thread(request, _found, catalog_of(request), text)
    return render(request, "find.html", text=text, hits=hits)


def _found(catalog: Catalog, text: str) -> list[Any]:
    return [hit.to_dict() for hit in catalog.search(text, limit=50)]


def problem_page(request: Request, problem: Problem) -> Response:
    """Return the page of a *problem*."""
    answer = render(request, "problem.html", problem.status, problem=problem)
    answer.headers.update(problem.headers)
    return answer


def sign_in_page(request: Request, *, next_page: str, fault: str = "") -> Response:
    """Return the page with the form for a token; with a *fault*, why that of the last try was refused."""
    return render(request, "sign_in.html", 403 if fault else 200, next_page=next_page, fault=fault)
