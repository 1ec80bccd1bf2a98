"""Where the code or the document of an entry is; files are read and nothing is run."""

from __future__ import annotations

from catalog.discovery.find_document import Documents, Lost
from catalog.source.find import Missing, find_object
from catalog.source.places import Places
from catalog.workspace.workspace import Workspace


def where(ws: Workspace, kind: str, name: str) -> tuple[str, int] | None:
    """Return file and line of what an entry stands for; see :meth:`catalog.Catalog.where`."""
    entry = ws.entry(kind, name)
    if entry.document:
        found = Documents().find(entry)
        return None if isinstance(found, Lost) else (found.path, found.line)
    if entry.ref is None:
        return None
    definition = find_object(entry.ref, Places().of(entry.root))
    return None if isinstance(definition, Missing) else (definition.path, definition.line)
