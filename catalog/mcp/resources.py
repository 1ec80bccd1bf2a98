"""Entries as resources, and the files of skills; what is offered to a client, and what it reads."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog import CatalogError, DriftError, EntryNotFoundError, ResolveError, json_text
from catalog.adapters.finding import usable
from catalog.mcp.pages import Page, page
from catalog.mcp.tools import shortened
from catalog.mcp.uris import ENTRY, FILE, SCHEME, readings, uri_of

if TYPE_CHECKING:
    from catalog import Catalog, Entry

BODY = "SKILL.md"
"""The file with the instructions of a skill."""
JSON, MARKDOWN = "application/json", "text/markdown"
LARGEST = 10_000_000
"""The most bytes of a file of a skill that are handed on."""
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
        live = self.cat[entry.kind, entry.name]  # looks whether it is what was recorded
        if path == BODY:
            return Content(uri, MARKDOWN, str(live["text"]))
        files = _files(entry)
        if path not in files:
            raise EntryNotFoundError(f"{entry.key} has no file {path!r:.80}", uri=uri[:200])
        data = _bytes(str(live["folder"]), path, entry)
        if self.cat.settings.policy(entry.kind) == "source" and not _is(data, files[path]):
            raise DriftError(
                f"{entry.key}: {path} is not what was recorded; if that is fine, accept it with "
                f"`catalog verify --accept {entry.key}`",
                key=entry.key,
            )
        return _content(uri, path, data)

    def completions(self, template: str, argument: str, value: str, known: dict[str, str]) -> list[str]:
        """Return what may stand for an *argument* of a *template*, beginning with *value*; *known* are the others."""
        if not template.startswith(SCHEME):
            return []
        if argument == "kind":
            return _beginning(value, [kind for kind in self.cat.kinds() if self.cat.list(kind)])
        if argument == "path":
            entry = self.cat.entry("skill", known["name"]) if ("skill", known.get("name")) in self.cat else None
            return _beginning(value, [] if entry is None else list(_files(entry)))
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


def _files(entry: Entry) -> dict[str, str]:
    """Return the files of a skill, as they were recorded: paths, each with what tells whether it is the same."""
    files = entry.spec.get("files") if isinstance(entry.spec, dict) else None
    return {path: str(digest) for path, digest in files.items()} if isinstance(files, dict) else {}


def _document(entry: Entry) -> str:
    """Return an entry as JSON: its fields, its key and its state; of a skill the addresses of its files besides."""
    made: dict[str, Any] = {"key": entry.key, **entry.model_dump(mode="json"), "state": entry.state}
    if entry.kind == "skill" and entry.document is not None:
        made["instructions"] = uri_of(entry.kind, entry.name, BODY)
        made["files"] = {path: uri_of(entry.kind, entry.name, path) for path in _files(entry) if path != BODY}
    return json_text(made)


def _bytes(folder: str, path: str, entry: Entry) -> bytes:
    """Return the content of a file of a skill, which lies in its folder and is no link out of it."""
    place = os.path.join(folder, *path.split("/"))
    try:
        if not os.path.realpath(place).startswith(os.path.realpath(folder) + os.sep) or not os.path.isfile(place):
            raise FileNotFoundError("it is not there")
        if os.path.getsize(place) > LARGEST:
            raise OSError(f"it has more than {LARGEST:,} bytes")
        with open(place, "rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise ResolveError(
            f"{entry.key}: its file {path} can't be read: {error.strerror or error}", key=entry.key
        ) from None


def _is(data: bytes, recorded: str) -> bool:
    from hashlib import sha256  # only where each byte has to be as recorded

    return recorded in (sha256(data).hexdigest(), f"{len(data)} bytes")


def _content(uri: str, path: str, data: bytes) -> Content:
    from mimetypes import guess_type

    guessed = guess_type(path)[0]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Content(uri, guessed or "application/octet-stream", data)
    return Content(uri, guessed or "text/plain", text)
