"""Pages are made of templates; what every template is given is here."""

from __future__ import annotations

import shlex
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from catalog.look import parts
from catalog.look.markdown import inline, markdown
from catalog.server.handling import csrf_token, entry_url, may, url

FOLDER = Path(__file__).parent.parent
FRAGMENT = "x-fragment"
"""The header with which our script asks for a part of a page: the same address, the same data, less around it."""

_LONGEST_TITLE = 80


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_visible,
    )
    environment.filters |= {
        "markdown": lambda text: Markup(markdown(text)),
        "inline": lambda text: Markup(inline(text)),
        "summary": parts.summary,
        "data": lambda value: Markup(parts.data(value)),
        "template": lambda text: Markup(parts.template(text)),
        "kind": lambda word: word.replace("_", " "),
        "state": lambda word: Markup(parts.state(word)),
        "thousands": lambda number: f"{number:,}",
        "day": lambda at: f"{at:%Y-%m-%d}" if at else "",
        "minute": lambda at: f"{at:%Y-%m-%d %H:%M}" if at else "",
        "sentence": _sentence,
        "shell": shlex.quote,
        "clipped": lambda text, most=_LONGEST_TITLE: text if len(text) <= most else f"{text[: most - 1]}…",
    }
    environment.globals |= {"mark": Markup(parts.MARK)}
    return environment


def _visible(value: Any) -> Any:
    """Return a *value* as a page may show it: characters that can't be seen become spaces, line ends stay."""
    if type(value) is not str or value.isprintable():
        return value
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in value)


def _sentence(text: str) -> str:
    """Return what an error says as a sentence; a URL or a path at its beginning stays as it is."""
    first = text.partition(" ")[0]
    end = "" if text.endswith((".", "!", "?", "…")) else "."
    return f"{text[:1] if '/' in first else text[:1].upper()}{text[1:]}{end}"


def key_url(request: Request, key: str) -> str:
    """Return the path of the page of the entry with this *key*."""
    kind, _, name = key.partition(":")
    return entry_url(request, kind, name)


def render(request: Request, template: str, status: int = 200, /, **context: Any) -> Response:
    """Return a page made of a *template*, which is given the links and rights that pages are made with."""
    known: dict[str, str] = {}

    def link(route: str, /, **of_it: Any) -> str:
        if of_it:
            return url(request, route, **of_it)
        if route not in known:  # each row of a page has links to the same few places
            known[route] = url(request, route)
        return known[route]

    context |= {
        "request": request,
        "url": link,
        "entry_url": lambda kind, name: entry_url(request, kind, name),
        "key_url": lambda key: key_url(request, key),
        "may": lambda right: may(request, right),
        "csrf_token": lambda: csrf_token(request),
        "has_tokens": bool(request.app.state.settings.tokens),
    }
    text = _environment().get_template(template).render(context)
    return HTMLResponse(text, status_code=status, headers={"vary": FRAGMENT, "cache-control": "no-cache"})


def fragment(request: Request) -> str:
    """Return which part of the page our script asks for; empty: the whole page."""
    return request.headers.get(FRAGMENT, "")
