"""One document: its bytes as text, JSON, YAML or TOML, read safely and within limits."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catalog.discovery.documents.fault import DocumentFault
from catalog.discovery.documents.jsonc import plain_json_text
from catalog.discovery.documents.yaml_text import yaml_of
from catalog.entry.limits import data_fault, read_json, shortened, writable

__all__ = ["LARGEST", "Document", "DocumentFault", "DocumentFile", "yaml_of"]

LARGEST = 2_000_000
"""The most bytes of a document that is read."""


@dataclass(slots=True)
class DocumentFile:
    """A file that is not Python and may hold entries; `place` is its path below the folder that is scanned."""

    path: str
    place: str
    stamp: str


@dataclass(eq=False)
class Document:
    """A file that may have one of the forms.

    Attributes:
        path: of the file.
        place: the path below the folder that is scanned, with ``/``.
        data: its bytes.
    """

    path: str
    place: str
    data: bytes

    @property
    def folder(self) -> str:
        """The folder the file is in."""
        return os.path.dirname(self.path)

    @property
    def name(self) -> str:
        """The name of the file."""
        return os.path.basename(self.path)

    @cached_property
    def text(self) -> str:
        """The bytes as UTF-8, a mark of byte order left out, line ends as they are."""
        for mark, encoding in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
            if self.data.startswith(mark):
                raise DocumentFault(f"it is {encoding}; save it as UTF-8")
        if b"\0" in self.data:
            raise DocumentFault("it holds null bytes; it may be a binary file")
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DocumentFault(f"it is not UTF-8 (byte {error.start})") from None

    @cached_property
    def json(self) -> Any:
        """The value of a JSON document, as the standard defines JSON."""
        return _json(self.text)

    @cached_property
    def jsonc(self) -> Any:
        """The value of a JSON document that may have comments and commas before a closing bracket."""
        return _json(plain_json_text(self.text))

    @cached_property
    def yaml(self) -> Any:
        """The value of a YAML document; only plain data is made, whatever the tags in it."""
        return yaml_of(self.text)

    @cached_property
    def toml(self) -> Any:
        """The value of a TOML document; dates as text."""
        import tomllib

        try:
            value = tomllib.loads(self.text)
        except RecursionError:
            raise DocumentFault("its values are nested too deeply") from None
        except ValueError as error:
            raise DocumentFault(f"it is not TOML: {shortened(str(error))}") from None
        fault = data_fault(value)
        if fault is not None:
            raise DocumentFault(f"it holds {fault}")
        return _without_dates(value)

    @cached_property
    def front_matter(self) -> tuple[dict[str, Any], str, int]:
        """The table between the first two lines of ``---``, the text after it, and the line that text begins in."""
        lines = self.text.splitlines(keepends=True)
        if not lines or lines[0].rstrip() != "---":
            return {}, self.text, 1
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() == "---":
                table = _table("".join(lines[1:number]))
                if table is not None and not isinstance(table, dict):
                    raise DocumentFault("what stands between its first two lines of `---` is not a table")
                return table or {}, "".join(lines[number + 1 :]), number + 2
        raise DocumentFault("it begins with `---`, and no line of `---` ends that part")

    def line_of(self, *words: str) -> int:
        """Return the line in which the last of *words* stands, each looked for behind the one before; else 1.

        The words are keys or values of JSON, YAML or TOML. It is for people: in a text that holds a word twice it
        may be the wrong one of the two.
        """
        place = found = 0
        for word in words:
            match = re.compile(rf"(?<![\w/{{-]){re.escape(word)}(?![\w/}}-])").search(self.text, place)
            if match is None:
                break
            found, place = match.start(), match.end()
        return self.text.count("\n", 0, found) + 1


def _table(text: str) -> Any:
    """Return the value of YAML between two lines of ``---``; people forget to quote a text with a colon in it."""
    try:
        return yaml_of(text, first_line=2)
    except DocumentFault as fault:
        quoted = re.sub(r"(?m)^([\w-]+):[ \t]+([^\s\"'|>&*!{\[#].*: .*)$", _quoted, text)
        try:
            return yaml_of(quoted, first_line=2)
        except DocumentFault:
            raise fault from None


def _quoted(match: re.Match[str]) -> str:
    return f"{match[1]}: {json.dumps(match[2].rstrip(), ensure_ascii=False)}"


def _json(text: str) -> Any:
    try:
        return writable(read_json(text))
    except ValueError as error:
        fault = str(error)
    place = re.search(r", at character (\d+)$", fault)
    if place is not None:
        line = text.count("\n", 0, int(place[1])) + 1
        fault = f"{fault[: place.start()]} (line {line})"
    raise DocumentFault(f"it is {fault}" if fault.startswith(("not JSON", "nested")) else f"it holds {fault}")


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_dates(part) for part in value]
    return value if isinstance(value, (str, int, float, bool)) else value.isoformat()
