"""Entries as resources, and the files of skills; what is offered to a client, and what it reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog import CatalogError, EntryNotFoundError, json_text
from catalog.adapters.finding import usable
from catalog.adapters.skills import BODY, files_of, read
from catalog.mcp.pages import Page, page
from catalog.mcp.tools import shortened
from catalog.mcp.uris import ENTRY, FILE, SCHEME, readings, uri_of

if TYPE_CHECKING:
    from catalog import Catalog, Entry

JSON, MARKDOWN = "application/json", "text/markdown"
_LISTED = 120
_MOST = 100  # values of one completion, as the protocol says


class Content(NamedTuple):
    """What a resource holds: text, or bytes where it is none."""

    uri: str
    type: str
    data: str | bytes


class Resources:
    """The entries of a catalog by address."""

    def __init__(self, cat: Catalog) -> None:
        """Read from *cat*."""
        self.cat = cat

    def page(self, cursor: str | None) -> Page:
        """Return one page of the list of all entries that may be offered, by kind and name."""
        return page(self.cat.kinds(), self.cat.list, self._listed, _size, cursor)

    def _listed(self, keys: Sequence[tuple[str, str]]) -> list[dict[str, str] | None]:
        marks = self.cat.marks([f"{kind}:{name}" for kind, name in keys])
        listed: list[dict[str, str] | None] = []
        for kind, name in keys:
            mark = marks.get(f"{kind}:{name}")
            try:
                entry = self.cat.entry(kind, name) if usable(mark) else None
            except CatalogError:  # taken away meanwhile, or a row that is damaged
                entry = None
            listed.append(None if entry is None else _described(entry))
        return listed

    def read(self, uri: str) -> Content:
        """Return what is at *uri*.

        Of a skill that is data about it; its instructions are in the file ``SKILL.md`` below, beside its other files.

        Raises:
            EntryNotFoundError: nothing is there.
            DriftError, ResolveError: the files of a skill are not what was recorded, or can't be read.
        """
        for kind, name, path in readings(uri):
            if (kind, name) in self.cat:
                entry = self.cat.entry(kind, name)
                return self._file(entry, path, uri) if path else Content(uri, JSON, _document(entry))
        kind, name, _ = next(readings(uri), ("", "", ""))
        if kind in self.cat.kinds():
            self.cat.entry(kind, name)  # raises the error that names close matches
        raise EntryNotFoundError(f"there is nothing at {uri!r:.200}; addresses are {ENTRY}", uri=uri[:200])

    def _file(self, entry: Entry, path: str, uri: str) -> Content:
        if entry.kind != "skill" or entry.document is None:
            raise EntryNotFoundError(f"{entry.key} has no files", uri=uri[:200])
        content = read(self.cat, entry, path)
        if path == BODY:
            return Content(uri, MARKDOWN, content)
        kind = guess_type(path)[0]
        return Content(uri, kind or ("text/plain" if isinstance(content, str) else "application/octet-stream"), content)

    def completions(self, template: str, argument: str, value: str, known: dict[str, str]) -> list[str]:
        """Return what may stand for an *argument* of a *template*, beginning with *value*; *known* are the others."""
        if not template.startswith(SCHEME):
            return []
        if argument == "kind":
            return _beginning(value, [kind for kind in self.cat.kinds() if self.cat.list(kind)])
        if argument == "path":
            entry = self.cat.entry("skill", known["name"]) if ("skill", known.get("name")) in self.cat else None
            return _beginning(value, [] if entry is None else list(files_of(entry)))
        kind = "skill" if template == FILE else known.get("kind")
        kinds = self.cat.kinds() if kind is None else [kind]
        names = dict.fromkeys(name for each in kinds if each in self.cat.kinds() for name in self.cat.list(each))
        return _beginning(value, list(names))


def _beginning(value: str, words: Sequence[str]) -> list[str]:
    """Return those *words* that begin with *value*, then those that hold it; one more than a completion may give."""
    sought = value.casefold()
    first = [word for word in words if word.casefold().startswith(sought)][: _MOST + 1]
    if len(first) <= _MOST:
        inner = (word for word in words if sought in word.casefold() and not word.casefold().startswith(sought))
        first += [word for word, _ in zip(inner, range(_MOST + 1 - len(first)), strict=False)]
    return first


def _described(entry: Entry) -> dict[str, str]:
    return {
        "uri": uri_of(entry.kind, entry.name),
        "name": entry.name,
        "description": shortened(entry.description)[:_LISTED],
        "mime_type": JSON,
    }


def _size(item: dict[str, str]) -> int:
    return len(json.dumps(item)) + 2


def _document(entry: Entry) -> str:
    """Return an entry as JSON: its fields, its key and its state; of a skill the addresses of its files besides."""
    made: dict[str, Any] = {"key": entry.key, **entry.model_dump(mode="json"), "state": entry.state}
    if entry.kind == "skill" and entry.document is not None:
        made["instructions"] = uri_of(entry.kind, entry.name, BODY)
        made["files"] = {path: uri_of(entry.kind, entry.name, path) for path in files_of(entry) if path != BODY}
    return json_text(made)
