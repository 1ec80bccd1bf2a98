"""A server as the MCP registry takes it: ``server.json``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.verbs.documents_out.unfit import Unfit

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
LONGEST_DESCRIPTION = 100


def server_json(entry: Entry) -> dict[str, Any]:
    """Return the data of the file.

    Raises:
        Unfit: what the registry wants is not known.
    """
    spec: Any = entry.spec
    if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
        raise Unfit(
            "it was not read from a server.json, and nothing else says by which name and version it is published"
        )
    if re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", spec["name"]) is None:
        raise Unfit(f"its name {spec['name']!r:.80} has not the form 'io.github.user/server'")
    if not isinstance(spec.get("version"), str) or not spec["version"]:
        raise Unfit("it has no version")
    if not 0 < len(entry.description) <= LONGEST_DESCRIPTION:
        raise Unfit(
            f"its description has {len(entry.description)} characters, and 1 to {LONGEST_DESCRIPTION} are allowed; "
            f"`catalog update {entry.key} --description TEXT`"
        )
    name = {"$schema": SCHEMA, "name": spec["name"], "description": entry.description}
    return {**name, **{word: part for word, part in spec.items() if word != "name"}}
