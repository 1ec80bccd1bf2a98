"""A browser signs in with a token, once: a cookie says who it is from then on."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from catalog.server import pages
from catalog.server.callers import SESSION, Callers
from catalog.server.guard import address_of
from catalog.server.handling import Form, caller_of, needs_form, prefix_of
from catalog.server.rates import Guesses

_WRONG = "this token is not known here"


def routes() -> list[Route]:
    """Return the routes of signing in and out."""
    return [
        Route("/sign-in", sign_in_page, name="sign_in"),
        Route("/sign-in", needs_form("")(sign_in), methods=["POST"], name="signing_in"),
        Route("/sign-out", needs_form("")(sign_out), methods=["POST"], name="sign_out"),
    ]


async def sign_in_page(request: Request) -> Response:
    """Show the form."""
    return pages.sign_in_page(request, next_page=_within(request.query_params.get("next", "")))


async def sign_in(request: Request, form: Form) -> Response:
    """Begin a session for who has the token of the form."""
    token = "".join(form.get("token", [])[:1]).strip()
    next_page = _within("".join(form.get("next", [])[:1]))
    callers: Callers = request.app.state.callers
    guesses: Guesses = request.app.state.guesses
    guesses.check(address_of(request.scope))
    session = callers.sign_in(token)
    if session is None:
        guesses.wrong(address_of(request.scope))
        return pages.sign_in_page(request, next_page=next_page, fault=_WRONG)
    answer = RedirectResponse(prefix_of(request) + next_page, status_code=303)
    answer.set_cookie(
        SESSION,
        session,
        path=prefix_of(request) or "/",
        httponly=True,
        samesite="strict",
        secure=request.headers.get("x-forwarded-proto") == "https" or request.url.scheme == "https",
    )
    return answer


async def sign_out(request: Request, form: Form) -> Response:
    """End the session."""
    callers: Callers = request.app.state.callers
    callers.sign_out(caller_of(request).session)
    answer = RedirectResponse(f"{prefix_of(request)}/sign-in", status_code=303)
    answer.delete_cookie(SESSION, path=prefix_of(request) or "/")
    return answer


def _within(path: str) -> str:
    """Return *path* if it leads to a page of ours, else that of the start."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
