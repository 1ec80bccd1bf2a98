"""``server.json`` of the MCP registry: a server that somebody publishes, with its packages and remote addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.secrets import variable, without_secrets, without_secrets_in_url
from catalog.source.secret_defaults import is_secret

_SCHEMA = "modelcontextprotocol.io/schemas/"
_NAME = re.compile(r"[A-Za-z0-9.-]+/[A-Za-z0-9._-]+")
_INPUTS = ("environmentVariables", "packageArguments", "runtimeArguments", "headers")
"""Words at which things with a value stand."""


def read(document: Document) -> Iterator[Item]:
    """Yield the server; a file of that name which describes something else holds none."""
    data = document.json
    if not isinstance(data, dict) or not is_server_json(data):
        return
    data = _today(data)
    name, description = data.get("name"), data.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise DocumentFault("its name or description is no text")
    kept = {word: part for word, part in data.items() if word not in ("name", "description", "$schema")}
    spec = {"name": name, **_clean(kept)}
    yield Item(
        kind="mcp_server",
        name=name,
        description=description,
        spec=spec,
        signature=_signature(spec),
        line=document.line_of("name", name),
        tags=tuple(sorted(_transports(spec))),
    )


def is_server_json(data: dict[str, Any]) -> bool:
    """Tell whether *data* is what a registry of MCP servers takes."""
    if _SCHEMA in str(data.get("$schema", "")):
        return True
    is_named = isinstance(data.get("name"), str) and _NAME.fullmatch(data["name"]) is not None
    return is_named and any(isinstance(data.get(word), list) for word in ("packages", "remotes"))


def _today(data: Any) -> Any:
    """Return *data* with the words of today: before September 2025 they were written ``registry_type``."""
    if isinstance(data, list):
        return [_today(part) for part in data]
    if not isinstance(data, dict):
        return data
    words = {
        word if word.startswith("_") else re.sub(r"_([a-z])", lambda match: match[1].upper(), word): _today(part)
        for word, part in data.items()
    }
    if "registryName" in words:
        words["registryType"] = words.pop("registryName")
        words.setdefault("identifier", words.get("name"))
        words.pop("name", None)
    return words


def _clean(data: Any, within: str = "") -> Any:
    """Return *data* without the values of what is secret, by its mark, its name or its look.

    Args:
        data: the file's, or a part of it.
        within: the word at which the part stands.
    """
    if isinstance(data, list):
        return [_clean(part, within) for part in data]
    if not isinstance(data, dict):
        return without_secrets(data)
    clean = {}
    name = str(data.get("name", within))
    hidden = within in _INPUTS and (bool(data.get("isSecret")) or is_secret(name, "x"))
    for word, part in data.items():
        if word == "url" and isinstance(part, str):
            clean[word] = without_secrets_in_url(part)
        elif hidden and word in ("value", "default") and isinstance(part, str) and "{" not in part:
            if word == "value":
                clean[word] = variable(name)
        else:
            clean[word] = _clean(part, word)
    return clean


def _objects(spec: dict[str, Any], word: str) -> list[dict[str, Any]]:
    found = spec.get(word)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _transports(spec: dict[str, Any]) -> set[str]:
    said = [package.get("transport") for package in _objects(spec, "packages")] + _objects(spec, "remotes")
    kinds = {each.get("type", each.get("transportType")) for each in said if isinstance(each, dict)}
    return {"http" if kind == "streamable-http" else kind for kind in kinds if isinstance(kind, str) and kind}


def _signature(spec: dict[str, Any]) -> str:
    places = [f"{each.get('registryType')}:{each.get('identifier')}" for each in _objects(spec, "packages")]
    places += [str(each.get("url")) for each in _objects(spec, "remotes")]
    return f"{spec['name']}: {', '.join(places) or 'neither package nor address'}"
