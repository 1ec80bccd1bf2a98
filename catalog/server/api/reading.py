"""Operations that only read: lists, entries, searches, routes, the state of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from starlette.responses import Response

from catalog import AutoCouncil, Catalog, Entry, Marks, entry_marks, facets, health
from catalog.server.api import etags, models
from catalog.server.api.operations import LINES, Asked, json_answer
from catalog.server.api.streams import exported
from catalog.server.handling import catalog_of, in_thread
from catalog.server.page.upkeep import ambiguous
from catalog.server.problems import Problem
from catalog.server.remembered import Remembered

_APPROVED = Marks()


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return an entry as the API shows it: its fields, its key and its state."""
    return {"key": entry.key, **entry.model_dump(mode="json"), **_state(entry_marks(entry.metadata))}


def _state(marks: Marks) -> dict[str, Any]:
    return {"state": marks.state, "code": marks.code, "instead": marks.instead}


def check_kind(catalog: Catalog, kind: str) -> None:
    """Do nothing if there is such a *kind*.

    Raises:
        Problem: a path names a kind that is not known.
    """
    if kind not in catalog.kinds():
        raise Problem(404, "unknown-kind", f"there is no kind {kind[:60]!r}", kind=kind[:60])


async def list_entries(asked: Asked) -> Response:
    """List entries, page by page; or all that are stored as JSON Lines, where the caller accepts those."""
    request, catalog = asked.request, catalog_of(asked.request)
    if LINES in request.headers.get("accept", ""):
        return exported(request, catalog)
    return await _current(asked, _page, catalog, asked.query)


async def _current(asked: Asked, call: Any, catalog: Catalog, *args: Any) -> Response:
    """Answer with what a *call* returns, or that the caller has it already: the catalog is as it was."""
    etag = await in_thread(asked.request, etags.of_catalog, catalog)
    if etags.is_current(asked.request, etag):
        return etags.unchanged(etag)
    return json_answer(await in_thread(asked.request, call, catalog, *args), etag=etag)


def _page(catalog: Catalog, query: models.Listing) -> dict[str, Any]:
    hits = catalog.listed(**query.filters(), order=query.order, after=query.cursor)
    page = [*islice(hits, query.limit + 1)]
    shown = page[: query.limit]
    marks = catalog.marks([hit.key for hit in shown])
    items = [{**hit.to_dict(ranked=False), **_state(marks.get(hit.key, _APPROVED))} for hit in shown]
    return {"items": items, "next": shown[-1].key if len(page) > query.limit else None}


async def get_entry(asked: Asked) -> Response:
    """Give an entry."""
    entry = await in_thread(asked.request, _entry, catalog_of(asked.request), asked.kind, asked.name)
    etag = etags.of_entry(entry)
    if etags.is_current(asked.request, etag):
        return etags.unchanged(etag)
    return json_answer(entry_document(entry), etag=etag)


def _entry(catalog: Catalog, kind: str, name: str) -> Entry:
    check_kind(catalog, kind)
    return catalog.entry(kind, name)


async def get_history(asked: Asked) -> Response:
    """Give the changes of an entry, the newest first; also of one that was taken away."""
    return await _current(asked, _history, catalog_of(asked.request), asked.kind, asked.name, asked.query)


def _history(catalog: Catalog, kind: str, name: str, query: models.History) -> dict[str, Any]:
    check_kind(catalog, kind)
    revisions = catalog.history(kind, name, limit=query.limit + 1, before=query.before)
    if not revisions and not catalog.history(kind, name, limit=1):
        catalog.entry(kind, name)  # raises where there never was such an entry
    shown = revisions[: query.limit]
    more = len(revisions) > query.limit
    return {"items": [revision.to_dict() for revision in shown], "next": shown[-1].revision if more else None}


async def get_references(asked: Asked) -> Response:
    """Give what an entry names, and what names it."""
    return await _current(asked, _references, catalog_of(asked.request), asked.kind, asked.name)


def _references(catalog: Catalog, kind: str, name: str) -> dict[str, Any]:
    check_kind(catalog, kind)
    return {
        "references": [reference.to_dict() for reference in catalog.references(kind, name)],
        "used_by": [reference.to_dict() for reference in catalog.used_by(kind, name)],
    }


async def search(asked: Asked) -> Response:
    """Find entries."""
    found = await in_thread(asked.request, _search, catalog_of(asked.request), asked.query)
    return json_answer(found)


def _search(catalog: Catalog, query: models.Search) -> dict[str, Any]:
    hits = catalog.search(query.q, **query.filters(), limit=query.limit, mode=query.mode)
    return _hits(catalog, hits)


def _hits(catalog: Catalog, hits: list[Any]) -> dict[str, Any]:
    marks = catalog.marks([hit.key for hit in hits])
    return {"hits": [{**hit.to_dict(), **_state(marks.get(hit.key, _APPROVED))} for hit in hits]}


async def similar(asked: Asked) -> Response:
    """Find entries that are near in meaning."""
    found = await in_thread(asked.request, _similar, catalog_of(asked.request), asked.query)
    return json_answer(found)


def _similar(catalog: Catalog, query: models.Similar) -> dict[str, Any]:
    return _hits(catalog, catalog.similar(query.key, limit=query.limit, floor=query.floor))


async def route(asked: Asked) -> Response:
    """Pick the entry that a prompt is for, or none."""
    decision = await in_thread(asked.request, _route, catalog_of(asked.request), asked.body)
    return json_answer(decision)


def _route(catalog: Catalog, body: models.Route) -> dict[str, Any]:
    over: dict[str, Any] = {} if body.kind is None else {"kind": body.kind}
    router = AutoCouncil.configured(catalog, on_no_match="abstain", **over)
    return router.resolve(body.prompt).to_dict(candidates=body.candidates)


async def get_facets(asked: Asked) -> Response:
    """Count entries by kind, tag, framework, source, distribution and state."""
    return await _current(asked, _known, catalog_of(asked.request), asked, _facets, asked.query)


def _known(catalog: Catalog, asked: Asked, call: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Return what a *call* returns, which takes long in a large catalog: until the next change it is made once."""
    remembered: Remembered = asked.request.app.state.remembered
    key = ("api", call.__name__, *(repr(arg) for arg in args))
    return remembered.get(catalog, key, lambda: call(catalog, *args))


def _facets(catalog: Catalog, query: models.Finding) -> dict[str, Any]:
    return facets(catalog, query.q, **query.filters()).to_dict()


async def get_health(asked: Asked) -> Response:
    """Say what needs attention."""
    return await _current(asked, _known, catalog_of(asked.request), asked, _health, asked.query)


def _health(catalog: Catalog, query: models.Attention) -> dict[str, Any]:
    found = ambiguous(catalog) if query.lint else {"findings": None, "notes": []}
    return {**health(catalog).to_dict(), "lint": found["findings"], "lint_notes": found["notes"]}
