"""Flows that people draw in n8n, Flowise, Langflow and Dify: they are seen, and it is said that nobody reads them."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item

_SIGNS = {
    "n8n": ('"n8n-nodes-langchain', '"@n8n/n8n-nodes-langchain'),
    "Flowise": ('"baseClasses"', '"inputAnchors"'),
    "Langflow": ('"last_tested_version"',),
    "Dify": ("\nkind: app", "kind: app\n"),
}
"""What the files of each program hold, any of it."""


def read(document: Document) -> Iterator[Item]:
    """Yield nothing.

    Raises:
        DocumentFault: it is a flow; the text says of which program.
    """
    text = document.text
    program = next((name for name, signs in _SIGNS.items() if any(sign in text for sign in signs)), "")
    is_flow = '"nodes"' in text if program != "Dify" else "\napp:" in f"\n{text}" and "mode:" in text
    if program and is_flow:
        raise DocumentFault(f"one of {program}; a scan does not read these")
    yield from ()
