"""The documents behind entries, read again: what they hold now, or why that can't be known. Nothing is run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, Protocol

from catalog.discovery.documents.document import DocumentFile
from catalog.discovery.documents.forms import forms_of
from catalog.discovery.finding import Finding
from catalog.discovery.read_documents import read_document


class Recorded(Protocol):
    """What finding its document needs to know of an entry."""

    # Properties, not fields: an entry is frozen.
    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def given_name(self) -> str:
        """The name that the document gives it."""

    @property
    def root(self) -> str | None:
        """The folder that was scanned."""

    @property
    def document(self) -> str | None:
        """The path of the document."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Why an entry is not found in its document.

    Attributes:
        reason: ``gone``: the folder is there without the file, or the file without the entry. ``elsewhere``: the
            folder can't be seen from here. ``unreadable``: the document is there, and broken.
        message: the same for people.
    """

    reason: Literal["gone", "elsewhere", "unreadable"]
    message: str


class Documents:
    """Documents that are read at most once, however many entries they hold."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._read: dict[tuple[str, str], tuple[list[Finding], str]] = {}

    def find(self, entry: Recorded) -> Finding | Lost:
        """Return what the document of *entry* holds of it now, or why it holds nothing."""
        path, root = entry.document, entry.root
        if path is None or root is None:
            return Lost("elsewhere", "the folder of its document was not recorded")
        if not os.path.isdir(root):
            return Lost("elsewhere", f"there is no folder {root} here")
        if not os.path.lexists(path):
            return Lost("gone", f"the file {path} is gone")
        if not forms_of(os.path.basename(path), os.path.dirname(path)):
            return Lost("unreadable", f"{path} is no document that a scan reads")
        if (path, root) not in self._read:
            self._read[path, root] = read_document(DocumentFile(path, os.path.relpath(path, root), ""), root)
        findings, fault = self._read[path, root]
        for finding in findings:
            if (finding.kind, finding.given_name) == (entry.kind, entry.given_name):
                return finding
        if fault:
            return Lost("unreadable", f"{path} can't be read: {fault}")
        return Lost("gone", f"{path} holds no {entry.kind} {entry.given_name!r} any more")
