"""Operations that change entries; the history says who did it and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from starlette.responses import Response

from catalog import Catalog, Entry, EntryNotFoundError, because, expecting
from catalog.server.api import etags, models
from catalog.server.api.operations import Asked, json_answer
from catalog.server.api.reading import check_kind, entry_document
from catalog.server.api.streams import received
from catalog.server.callers import Caller
from catalog.server.handling import caller_of, catalog_of, check_right, in_thread
from catalog.server.problems import Problem

_MEANT = ("ref", "spec", "match", "metadata")
"""Fields that say what an entry does: who changes them has not looked at it for others."""

_PLAIN = ("description", "tags", "add_tags", "remove_tags", "examples", "providers", "priority")


def source_of(caller: Caller) -> str:
    """Return the source of what *caller* wrote: nothing is imported by it unless the policy of trust lists it."""
    return f"http:{caller.name}" if caller.name else "http"


def _there(catalog: Catalog, kind: str, name: str) -> Entry | None:
    check_kind(catalog, kind)
    try:
        entry = catalog.entry(kind, name)
    except EntryNotFoundError:
        return None
    return entry if entry.name == name else None  # an alias names another entry


async def put_entry(asked: Asked) -> Response:
    """Write an entry, over what was there."""
    entry, is_new = await in_thread(asked.request, _put, asked)
    answer = json_answer(entry_document(entry), 201 if is_new else 200, etag=etags.of_entry(entry))
    if is_new:
        answer.headers["location"] = asked.request.scope["raw_path"].decode("ascii")
    return answer


def _put(asked: Asked) -> tuple[Entry, bool]:
    body: models.Whole = asked.body
    catalog, caller = catalog_of(asked.request), caller_of(asked.request)
    before = _there(catalog, asked.kind, asked.name)
    fields = body.model_dump(exclude={"reason"})
    fields["metadata"] = _marked(fields["metadata"], caller)
    fields |= {"kind": asked.kind, "name": asked.name, "source": source_of(caller)}
    with _as_asked(asked, before, body.reason):
        _check_tier(before)
        catalog.register_many([fields], action="register")
    return catalog.entry(asked.kind, asked.name), before is None


async def patch_entry(asked: Asked) -> Response:
    """Change fields of an entry."""
    entry = await in_thread(asked.request, _patch, asked)
    return json_answer(entry_document(entry), etag=etags.of_entry(entry))


def _patch(asked: Asked) -> Entry:
    body: models.Changes = asked.body
    catalog, caller = catalog_of(asked.request), caller_of(asked.request)
    check_kind(catalog, asked.kind)
    before = catalog.entry(asked.kind, asked.name)
    given = body.model_dump(include=body.model_fields_set - {"reason"})
    if given.get("ref") is not None and given.get("spec") is not None:
        raise Problem(422, "invalid-entry", "give either a reference or a spec, not both")
    fields = {name: given[name] for name in _PLAIN if given.get(name) is not None or name == "providers" in given}
    if any(name in given for name in _MEANT):
        metadata = given["metadata"] if given.get("metadata") is not None else before.metadata
        fields |= {"metadata": _marked(metadata, caller, before), "source": source_of(caller)}
        if "match" in given:
            fields["match"] = given["match"]
        value = given.get("ref") if given.get("ref") is not None else given.get("spec")
        if value is not None:
            fields["value"] = {"text": value} if isinstance(value, str) and given.get("ref") is None else value
    is_made_of_it = before.tier == "persistent" and "metadata" in fields
    unchanged = expecting(before.key, before.revision) if is_made_of_it else nullcontext()
    with _as_asked(asked, before, body.reason), unchanged:
        return catalog.update(asked.kind, asked.name, **fields)


def _marked(metadata: dict[str, Any], caller: Caller, before: Entry | None = None) -> dict[str, Any]:
    """Return *metadata* with the mark of a draft, where the caller may not approve what they write.

    Raises:
        Problem: it says where code lies, which is for the catalog to find.
    """
    root = None if before is None else before.root
    if metadata.get("root", root) != root:
        raise Problem(422, "invalid-entry", "metadata.root: the catalog itself writes where code lies")
    if caller.may("approve"):
        return metadata
    return {**metadata, "draft": f"written over HTTP{f' by {caller.name}' if caller.name else ''}"}


def _check_tier(before: Entry | None) -> None:
    if before is not None and before.tier != "persistent":
        raise Problem(409, "entry", f"'{before.key}' is of the {before.tier} tier; it is changed where it is written")


@contextmanager
def _as_asked(asked: Asked, before: Entry | None, reason: str | None) -> Iterator[None]:
    """Change an entry for the caller's reason, if it still has the revision that they have seen."""
    revision = etags.expected(asked.request, before)
    seen = nullcontext() if revision is None else expecting(f"{asked.kind}:{asked.name}", revision)
    with because(reason), seen:
        yield


async def delete_entry(asked: Asked) -> Response:
    """Take an entry away; its history stays."""
    await in_thread(asked.request, _delete, asked)
    return Response(status_code=204)


def _delete(asked: Asked) -> None:
    catalog = catalog_of(asked.request)
    check_kind(catalog, asked.kind)
    before = _there(catalog, asked.kind, asked.name) or catalog.entry(asked.kind, asked.name)
    with _as_asked(asked, before, asked.query.reason):
        catalog.unregister(asked.kind, asked.name)


async def approve_entry(asked: Asked) -> Response:
    """Let routers pick an entry."""
    return await _changed(asked, Catalog.approve)


async def deprecate_entry(asked: Asked) -> Response:
    """Mark an entry as one that has had its day."""
    return await _changed(asked, Catalog.deprecate, instead=asked.body.instead, reason=asked.body.reason or "")


async def restore_entry(asked: Asked) -> Response:
    """Bring an entry back as it was."""
    return await _changed(asked, Catalog.restore, revision=asked.body.revision)


async def rename_entry(asked: Asked) -> Response:
    """Give an entry another name; references of others follow."""
    return await _changed(asked, Catalog.rename, asked.body.name)


async def _changed(asked: Asked, call: Any, *args: Any, **kwargs: Any) -> Response:
    entry = await in_thread(asked.request, _change, asked, call, args, kwargs)
    return json_answer(entry_document(entry), etag=etags.of_entry(entry))


def _change(asked: Asked, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Entry:
    catalog = catalog_of(asked.request)
    before = _there(catalog, asked.kind, asked.name)
    with _as_asked(asked, before, asked.body.reason):
        entry: Entry = call(catalog, asked.kind, asked.name, *args, **kwargs)
    return entry


async def import_entries(asked: Asked) -> Response:
    """Store the entries of JSON Lines, all or none; they say that they came from a file."""
    check_right(caller_of(asked.request), "approve")
    with await received(asked.request) as lines:
        number = await in_thread(asked.request, _import, catalog_of(asked.request), lines, asked.query.replace)
    return json_answer({"written": number})


def _import(catalog: Catalog, lines: Any, replace: bool) -> int:
    return catalog.import_jsonl(lines, replace=replace)
