"""What an MCP server says of a tool, a prompt or a resource, and whether it still says the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.remote.signature import signature_of

MOST = 20_000
"""The most definitions of a sort that one server may list."""

SCHEME = "mcp1:"

_SAID = {
    "tool": ("name", "title", "description", "inputSchema", "outputSchema", "annotations"),
    "prompt": ("name", "title", "description", "arguments"),
    "resource": ("uri", "name", "title", "description", "mimeType"),
    "template": ("uriTemplate", "name", "title", "description", "mimeType"),
}
"""What counts of each sort; the rest (sizes, dates, pictures) may change."""

_INTERFACE = ("name", "uri", "uriTemplate", "inputSchema", "outputSchema", "arguments")


class DefinitionChanged(Exception):
    """A server does not say of something what was recorded.

    Attributes:
        now: what it says; None: nothing any more.
        why: ``changed``, ``gone`` or ``twice``.
    """

    def __init__(self, why: str, now: Definition | None = None) -> None:
        """Hold the reason."""
        super().__init__(why)
        self.why, self.now = why, now


@dataclass(frozen=True)
class Definition:
    """What a server says of something that it has.

    Attributes:
        sort: ``tool``, ``prompt``, ``resource`` or ``template``.
        name: by which it is called: a name, a URI, the template of one.
        said: the words that count.
    """

    sort: str
    name: str
    said: Mapping[str, Any]

    @classmethod
    def of(cls, sort: str, raw: Mapping[str, Any]) -> Definition:
        """Return the definition that a listing gives."""
        name = raw.get({"resource": "uri", "template": "uriTemplate"}.get(sort, "name"))
        return cls(sort, str(name), {word: raw[word] for word in _SAID[sort] if word in raw})

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.said.get("name") or self.name)

    @property
    def description(self) -> str:
        """What it is for; the title where nothing else says so."""
        text = self.said.get("description") or self.said.get("title") or ""
        return str(text).strip()

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        if self.sort == "tool":
            return dict(self.said.get("inputSchema") or {"type": "object"})
        if self.sort == "prompt":
            listed = [each for each in self.said.get("arguments") or () if isinstance(each, Mapping)]
            about = {str(each["name"]): _argument(each) for each in listed}
            needed = [str(each["name"]) for each in listed if each.get("required")]
            return {"type": "object", "properties": about, "required": needed}
        names = re.findall(r"\w[\w.%]*", " ".join(re.findall(r"\{[+#./;?&]?([^{}]*)\}", self.name)))
        names = list(dict.fromkeys(names)) if self.sort == "template" else []
        return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": names}

    @property
    def signature(self) -> str:
        """How it is called, for people."""
        return str(signature_of(self.parameters)).replace("typing.", "")

    @property
    def checksum(self) -> str:
        """Of its name and what it takes and gives."""
        return _sum({word: self.said[word] for word in _INTERFACE if word in self.said}, self.sort)

    @property
    def whole_checksum(self) -> str:
        """Of all that counts."""
        return _sum(self.said, self.sort)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded of something that a server has.

    Attributes:
        sort, name: as of :class:`Definition`.
        checksum: of all that counts; None: nothing was recorded.
    """

    sort: str
    name: str
    checksum: str | None

    def compare(self, listing: Iterable[Mapping[str, Any]]) -> None:
        """Do nothing if a *listing* says the same.

        Raises:
            DefinitionChanged: it does not.
        """
        same = [each for raw in listing if (each := Definition.of(self.sort, raw)).name == self.name]
        if not same:
            raise DefinitionChanged("gone")
        if len(same) > 1:
            raise DefinitionChanged("twice")
        if self.checksum is not None and same[0].whole_checksum != self.checksum:
            raise DefinitionChanged("changed", same[0])


def _argument(about: Mapping[str, Any]) -> dict[str, Any]:
    said = about.get("description")
    return {"type": "string", **({"description": said} if isinstance(said, str) else {})}


def _sum(said: Mapping[str, Any], sort: str) -> str:
    text = json.dumps([sort, said], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return SCHEME + hashlib.sha256(text.encode()).hexdigest()
