"""``Problem``: an answer that is no, as RFC 9457 writes it; made of the catalog's own errors."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from catalog import CatalogError, json_text

MEDIA_TYPE = "application/problem+json"

STATUSES = {
    "entry-not-found": 404,
    "package-not-found": 404,
    "duplicate-entry": 409,
    "entry": 409,
    "drift": 409,
    "pin": 409,
    "changed": 412,
    "invalid-entry": 422,
    "invalid-filter": 422,
    "invalid-reference": 422,
    "not-importable": 422,
    "unknown-kind": 422,
    "council-spec": 422,
    "search": 422,
    "routing": 422,
    "untrusted-reference": 403,
    "read-only": 403,
    "store-busy": 503,
    "embedder": 503,
    "strategy": 503,
    "missing-extra": 501,
}
"""``CatalogError.code`` to the status of the answer; for other codes it is 500."""

TITLES = {
    400: "The request can't be read",
    401: "Say who you are",
    403: "You may not do this",
    404: "There is no such thing",
    405: "This can't be done here",
    409: "This does not go with what is there",
    412: "It was changed meanwhile",
    413: "The request is too large",
    415: "The request is in another form than is read here",
    421: "This server has another name",
    422: "A value is wrong",
    428: "Say which state you have seen",
    429: "Too many requests",
    500: "The server failed",
    501: "This server can't do that",
    503: "Not now",
}


class Problem(Exception):
    """An answer that is no.

    Attributes:
        status: of HTTP.
        code: which error, as :class:`catalog.CatalogError` has codes; for programs.
        detail: what is wrong, and what to do about it.
        facts: data that the detail is made of.
        headers: to be sent with it.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **facts: Any
    ) -> None:
        """Hold what the answer says."""
        super().__init__(detail)
        self.status, self.code, self.detail, self.facts = status, code, detail, facts
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The sort of problem, in a few words."""
        return TITLES.get(self.status, "It can't be done")

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as RFC 9457 has it."""
        return {
            "type": f"urn:catalog:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "facts": json.loads(json.dumps(self.facts, default=str)),
        }

    def response(self) -> Response:
        """Return the answer for a program."""
        return Response(json_text(self.to_dict()), status_code=self.status, media_type=MEDIA_TYPE, headers=self.headers)


def problem_of(error: CatalogError) -> Problem:
    """Return the problem that an *error* of the catalog is.

    What the server itself is to blame for is said in general: its paths and addresses are nobody's business.
    """
    status = STATUSES.get(error.code, 500)
    is_a_row = error.code == "store" and "key" in error.facts  # the others can be read, and the text has the remedy
    if status == 500 and not is_a_row:
        return Problem(500, error.code, "the catalog could not be used; the log of the server says why")
    if error.code == "read-only":
        return Problem(status, error.code, "this catalog can be read here, and nothing else; nothing was changed")
    headers = {"retry-after": "1"} if error.retryable else {}
    return Problem(status, error.code, str(error), headers=headers, **error.facts)
