"""Entries out to files of the forms that people publish; written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from catalog.entry.key import pair
from catalog.errors import EntryError, InvalidFilterError, close_matches, did_you_mean
from catalog.files import whole_file
from catalog.verbs.documents_out.unfit import Unfit
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

DOCUMENT_FORMS = {
    "mcp.json": "mcp_server",
    "server.json": "mcp_server",
    "agent-card": "agent",
    "skill": "skill",
    "openapi": "tool",
}
"""The forms, and the kind of what each holds."""
_ONE = ("server.json", "agent-card")
"""Forms whose files hold one entry."""
_FEW = 5


@dataclass(frozen=True, slots=True)
class ExportedDocument:
    """What an export in a published form wrote.

    Attributes:
        written: the keys of the entries, sorted.
        left_out: keys of the entries that the form can't hold, each with the reason; only where none was named.
    """

    written: tuple[str, ...]
    left_out: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return both as JSON data."""
        return {"written": list(self.written), "left_out": dict(self.left_out)}


def export_document(
    ws: Workspace,
    form: str,
    path: str | os.PathLike[str] | IO[str],
    keys: Sequence[str],
    tags: Sequence[str],
) -> ExportedDocument:
    """Write entries in a published form; see :meth:`catalog.Catalog.export_document`."""
    if form not in DOCUMENT_FORMS:
        hint = did_you_mean(close_matches(form, DOCUMENT_FORMS)) or f"; choose one of {', '.join(DOCUMENT_FORMS)}"
        raise InvalidFilterError(f"there is no form {form!r} to export to{hint}", form=form)
    entries = _chosen(ws, DOCUMENT_FORMS[form], keys, tags)
    if form in _ONE and len(entries) > 1:
        raise EntryError(
            f"a file of the form {form} holds one entry, and {len(entries)} are chosen: {_few(entries)}; name one",
            keys=[entry.key for entry in entries],
        )
    if form == "skill":
        from catalog.verbs.documents_out.skills import SkillFolders

        if not isinstance(path, (str, os.PathLike)):
            raise InvalidFilterError("skills are folders: give the folder that they are to be written to", form=form)
        folders = SkillFolders(os.fspath(path))
        exported = _taken(form, entries, folders.add, bool(keys))
        folders.write()
        return exported
    add, written = _collector(form)
    exported = _taken(form, entries, add, bool(keys))
    text = json.dumps(written(), indent=2, ensure_ascii=False) + "\n"
    if not isinstance(path, (str, os.PathLike)):
        path.write(text)
    else:
        with whole_file(path) as file:
            file.write(text)
    return exported


def _chosen(ws: Workspace, kind: str, keys: Sequence[str], tags: Sequence[str]) -> list[Entry]:
    if keys:
        return [ws.entry(*pair(key)) for key in dict.fromkeys(keys)]
    from catalog.verbs import lookup

    filters = ws.filters(kind, tags)
    return [entry for entry in lookup.entries(ws, kind) if filters.passes(entry)]


def _collector(form: str) -> tuple[Callable[[Entry], None], Callable[[], Any]]:
    """Return what takes in entries, and what gives the data of the file in the end."""
    if form == "openapi":
        from catalog.verbs.documents_out.openapi import OpenApiDocument

        document = OpenApiDocument()
        return document.add, document.written
    if form == "mcp.json":
        from catalog.verbs.documents_out.mcp_json import McpJson

        servers = McpJson()
        return servers.add, servers.written
    made: list[Any] = []
    if form == "agent-card":
        from catalog.verbs.documents_out.agent_card import agent_card as make
    else:
        from catalog.verbs.documents_out.server_json import server_json as make
    return lambda entry: made.append(make(entry)), lambda: made[0]


def _taken(form: str, entries: Iterable[Entry], add: Callable[[Entry], None], named: bool) -> ExportedDocument:
    """Take in all entries that fit the form.

    Raises:
        EntryError: none does; or one does not that was *named*.
    """
    kind = DOCUMENT_FORMS[form]
    written, left_out = [], {}
    for entry in entries:
        try:
            if entry.kind != kind:
                raise Unfit(f"the form holds entries of the kind {kind}")
            add(entry)
            written.append(entry.key)
        except Unfit as error:
            if named:
                raise EntryError(f"{entry.key} can't be written as {form}: {error}", key=entry.key, form=form) from None
            left_out[entry.key] = str(error)
    if not written:
        why = next((f"; {key}: {reason}" for key, reason in left_out.items()), "")
        raise EntryError(f"there is no {kind} that can be written as {form}{why}", form=form, left_out=left_out)
    return ExportedDocument(tuple(sorted(written)), left_out)


def _few(entries: Sequence[Entry]) -> str:
    more = f" and {len(entries) - _FEW} more" if len(entries) > _FEW else ""
    return ", ".join(entry.key for entry in entries[:_FEW]) + more
