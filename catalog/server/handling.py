"""What handlers of requests are made of: rights, forms, links, and calls of the catalog in worker threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from catalog import Catalog, acting_as
from catalog.server.callers import Caller, Callers
from catalog.server.guard import caller_in
from catalog.server.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

Handler = Callable[[Request], Awaitable[Response]]
Form = dict[str, list[str]]
"""The fields of a form, each with its values."""

CSRF = "csrf_token"
"""The field of a form, and with dashes the header ``X-CSRF-Token``, that holds the CSRF token."""

THREADS = 16
"""Calls of the catalog at the same time. With more, threads wait for each other longer than for the database."""

_MOST_FIELDS = 1_000


def catalog_of(request: Request) -> Catalog:
    """Return the catalog that is served."""
    catalog: Catalog = request.app.state.catalog
    return catalog


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    return caller_in(request.scope)


def may(request: Request, right: str) -> bool:
    """Tell whether whoever asks has a *right*."""
    return caller_of(request).may(right)


def check_right(caller: Caller, right: str) -> None:
    """Do nothing if *caller* has a *right*.

    Raises:
        Problem: they have not; whether anybody has it here is not said.
    """
    if not caller.may(right):
        raise Problem(
            403,
            "right",
            f"this needs the right to {right}; a server gives it with --allow-write, or call = true, to tokens that "
            "have it",
            right=right,
        )


def needs(right: str) -> Callable[[Handler], Handler]:
    """Let a handler be reached only by callers with a *right*."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            check_right(caller_of(request), right)
            return await handler(request)

        return guarded

    return decorate


def needs_form(right: str) -> Callable[[Callable[[Request, Form], Awaitable[Response]]], Handler]:
    """Let a handler of a form be reached only by callers with a *right*, from one of our own pages.

    The handler is handed the fields. The form carries ``csrf_token(request)`` in the field :data:`CSRF`, or a script
    sends it as the header ``X-CSRF-Token``.
    """

    def decorate(handler: Callable[[Request, Form], Awaitable[Response]]) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            caller = caller_of(request)
            if right:
                check_right(caller, right)
            form = await _fields(request)
            given = request.headers.get("x-csrf-token") or "".join(form.pop(CSRF, [])[:1])
            callers: Callers = request.app.state.callers
            if not callers.is_csrf_token(caller, given):
                raise Problem(403, "csrf", "this form is not from a page that you have open here; load the page again")
            return await handler(request, form)

        return guarded

    return decorate


async def _fields(request: Request) -> Form:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Problem(415, "media-type", "send a form as application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode("ascii")
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Problem(400, "form", "this is no form that can be read") from None


def csrf_token(request: Request) -> str:
    """Return what the forms of the page that answers this request carry."""
    callers: Callers = request.app.state.callers
    return callers.csrf_token(caller_of(request))


async def in_thread(request: Request, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a *call* of the catalog returns, made in a worker thread; what it changes, the caller has changed.

    What only reads is given up once the time is up; what writes is done, and said so.
    """
    caller, state = caller_of(request), request.scope["state"]
    is_read = state.get("is_read", request.method in ("GET", "HEAD"))
    if not is_read:
        state["limit"].reschedule(None)
    with acting_as(caller.actor):
        called = partial(call, *args, **kwargs)
        return await to_thread.run_sync(called, abandon_on_cancel=is_read, limiter=request.app.state.threads)


def prefix_of(request: Request) -> str:
    """Return the path under which a proxy serves all this; empty where there is none."""
    prefix: str = request.app.state.settings.prefix
    return prefix


def url(request: Request, name: str, /, **of_it: Any) -> str:
    """Return the path of the route *name*, prefix included; never an address: that is for the browser to know."""
    return prefix_of(request) + str(request.app.url_path_for(name, **of_it))


def entry_url(request: Request, kind: str, name: str, *, base: str = "/entries") -> str:
    """Return the path of an entry below *base*, prefix included; a ``/`` in its name is escaped."""
    return f"{prefix_of(request)}{base}/{quote(kind, safe='')}/{quote(name, safe='')}"
