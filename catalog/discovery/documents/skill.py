"""Agent skills: folders with a ``SKILL.md``, as agentskills.io describes them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.folder import digests_of
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.secrets import without_secrets

FIELDS = ("license", "compatibility", "allowed-tools", "metadata")
"""What the form has beside name and description; what else stands there is some agent's own."""


def read(document: Document) -> Iterator[Item]:
    """Yield the skill; its name is that of the folder where the file gives none."""
    table, _, _ = document.front_matter
    name = table.get("name") or os.path.basename(document.folder)
    description = table.get("description")
    if not isinstance(name, str) or not isinstance(description, (str, type(None))):
        raise DocumentFault("its name or description is no text")
    if not table:
        raise DocumentFault("it does not begin with a table of name and description between two lines of `---`")
    spec: dict[str, Any] = {
        field: value
        for field, value in table.items()
        if field not in ("name", "description") and value not in (None, "")
    }
    tools = allowed_tools(table)
    if tools:
        spec["allowed-tools"] = tools
    spec = without_secrets(spec)
    try:
        spec["files"] = digests_of(document.folder)
    except OSError as error:
        raise DocumentFault(f"its file {error.filename} can't be read: {error.strerror}") from None
    servers = [match[1] for tool in tools if (match := re.match(r"mcp__(.+?)__", tool))]
    yield Item(
        kind="skill",
        name=name,
        description=description or "",
        spec=spec,
        signature=f"allowed tools: {', '.join(tools)}" if tools else "allowed tools: none",
        line=document.line_of("name") if "name" in table else 1,
        references=tuple(dict.fromkeys(f"mcp_server:{server}" for server in servers)),
    )


def allowed_tools(table: dict[str, Any]) -> list[str]:
    """Return the tools a skill may use without asking; people write them as a list, or in one text.

    A space or a comma parts them, but for those within brackets: ``Bash(git add:*), Read``.
    """
    written = table.get("allowed-tools", table.get("allowed_tools"))
    if isinstance(written, list):
        return [str(tool) for tool in written]
    if not isinstance(written, str):
        return []
    return [tool for tool in re.findall(r"(?:[^\s,()]|\([^()]*\))+", written) if tool]


def text_of(document: Document) -> str:
    """Return the instructions of the skill."""
    return document.front_matter[1].lstrip("\r\n")
