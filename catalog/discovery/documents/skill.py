"""Agent skills: folders with a ``SKILL.md``."""

from __future__ import annotations

import os
from collections.abc import Iterator

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item


def read(document: Document) -> Iterator[Item]:
    """Yield the skill; its name is that of the folder where the file gives none."""
    table, _, _ = document.front_matter
    name = table.get("name") or os.path.basename(document.folder)
    description = table.get("description")
    if not isinstance(name, str) or not isinstance(description, (str, type(None))):
        raise DocumentFault("its name or description is no text")
    yield Item(kind="skill", name=name, description=description or "", spec={"file": document.place})
