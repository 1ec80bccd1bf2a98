"""``Operation``: one line of the table from which the API is routed, validated and described."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from catalog import json_text, read_json
from catalog.server.guard import check_asks_leave
from catalog.server.handling import caller_of, check_right, prefix_of
from catalog.server.problems import Problem

BASE = "/api/v1"
LINES = "application/jsonl"
JSON = "application/json"

_LINES_TOO = frozenset({LINES, "application/x-ndjson", "application/x-jsonlines"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose parts are validated.

    Attributes:
        request: as it came.
        kind, name: of the entry in its path; empty without one.
        query: the parameters; an instance of the operation's ``query``.
        body: an instance of the operation's ``body``.
    """

    request: Request
    kind: str = ""
    name: str = ""
    query: Any = None
    body: Any = None


Answer = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that the API does.

    Attributes:
        name: the operation's id.
        method, path: where it is; ``{kind}`` and ``{name}`` in it are those of an entry.
        right: what its caller must have the right to.
        summary: what it does.
        answer: does it.
        result: the schema of its answer, by media type.
        query, body: models of what it takes.
        lines: whether its body is JSON Lines.
        statuses: of answers that are yes, with what they mean; the first has the result.
        problems: statuses of answers that are no, beside those that every operation may give.
        headers: names of request headers that it heeds.
    """

    name: str
    method: str
    path: str
    right: str
    summary: str
    answer: Answer
    result: Mapping[str, Any]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    lines: bool = False
    statuses: Mapping[int, str] = field(default_factory=lambda: {200: "It is so."})
    problems: Sequence[int] = ()
    headers: Sequence[str] = ()

    @property
    def is_about_an_entry(self) -> bool:
        """Whether its path names an entry."""
        return "{name}" in self.path


class Table:
    """Finds the operation that a request asks for, and carries it out."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        """Know these *operations*."""
        self.operations = tuple(operations)
        self._by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            self._by_path.setdefault(operation.path, {})[operation.method] = operation
        ends = (path.removeprefix(f"{BASE}/entries/{{kind}}/{{name}}/") for path in self._by_path)
        self._ends = frozenset(end for end in ends if "/" not in end)

    async def answer(self, request: Request) -> Response:
        """Answer a request to a path below :data:`BASE`.

        Raises:
            Problem: there is no such operation, the caller has no right to it, or a part of the request is wrong.
        """
        path, kind, name = self._placed(request)
        methods = self._by_path.get(path)
        if methods is None:
            raise Problem(404, "not-found", "there is nothing at this address; /openapi.json says what there is")
        method = "GET" if request.method == "HEAD" else request.method
        operation = methods.get(method)
        if operation is None:
            allowed = ", ".join(sorted({*methods, *(("HEAD",) if "GET" in methods else ())}))
            raise Problem(405, "method", f"here is {allowed}", headers={"allow": allowed})
        request.scope["state"] |= {"route": path, "is_read": operation.right == "read"}
        check_asks_leave(request.headers, caller_of(request), method)
        check_right(caller_of(request), operation.right)
        query = None if operation.query is None else _query(request, operation.query)
        if operation.query is None and request.query_params:
            raise _wrong([("query", f"{next(iter(request.query_params))}: no such parameter")])
        body = None if operation.body is None else await _body(request, operation.body)
        if operation.lines and _media_type(request) not in _LINES_TOO:
            raise Problem(415, "media-type", f"send JSON Lines, and say so with Content-Type: {LINES}")
        return await operation.answer(Asked(request, kind, name, query, body))

    def _placed(self, request: Request) -> tuple[str, str, str]:
        """Return the path of the table that a request is for, and kind and name of the entry it names.

        A name may hold ``/``, as it is or escaped. Where it ends like one of the paths below an entry, only the escaped
        form is meant as a part of the name.
        """
        raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        path = raw.decode("ascii", "replace").removeprefix(prefix_of(request))
        head = f"{BASE}/entries/"
        if not path.startswith(head):
            return path, "", ""
        kind, slash, name = path.removeprefix(head).partition("/")
        if not slash:
            return path, "", ""
        before, inner, end = name.rpartition("/")
        below = f"/{end}" if inner and before and end in self._ends else ""
        name = before if below else name
        try:
            kind, name = unquote(kind, errors="strict"), unquote(name, errors="strict")
        except UnicodeDecodeError:
            raise Problem(400, "path", "the path is not UTF-8") from None
        return f"{head}{{kind}}/{{name}}{below}", kind, name


def _query(request: Request, model: type[BaseModel]) -> BaseModel:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        field_ = model.model_fields.get(name)
        if field_ is not None and isinstance(field_.default, list):
            given.setdefault(name, []).append(value)
        elif name in given:
            raise _wrong([(name, "is given twice")])
        else:
            given[name] = value
    return _validated(model, given)


async def _body(request: Request, model: type[BaseModel]) -> BaseModel:
    raw = await request.body()
    if _media_type(request) != JSON:
        raise Problem(415, "media-type", f"send JSON, and say so with Content-Type: {JSON}")
    try:
        given = read_json(raw.decode("utf-8"))
    except ValueError as error:
        raise Problem(400, "json", f"the body is not JSON: {error}"[:300]) from None
    return _validated(model, given)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _validated(model: type[BaseModel], given: Any) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults = [
            (".".join(map(str, fault["loc"])) or "the body", fault["msg"].removeprefix("Value error, "))
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise _wrong(faults) from None
    except RecursionError:
        raise _wrong([("the body", "is nested too deep")]) from None


def _wrong(faults: Sequence[tuple[str, str]]) -> Problem:
    told = [{"field": place[:100], "fault": fault[:200]} for place, fault in faults[:20]]
    return Problem(422, "invalid-request", "; ".join(f"{f['field']}: {f['fault']}" for f in told[:5]), faults=told)


def json_answer(document: Any, status: int = 200, **headers: str) -> Response:
    """Return *document* as JSON, in which what can't be seen is escaped."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json_text(document), status_code=status, media_type=JSON, headers=named)
