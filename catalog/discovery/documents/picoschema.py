"""Picoschema, the short form in which Dotprompt files write JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.discovery.documents.document import DocumentFault

_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})
_TYPES = _SCALARS | {"any", "object", "array"}
_DEEPEST = 50


def schema_of(given: Any) -> dict[str, Any]:
    """Return the JSON Schema that *given* stands for: it may be one already; empty for nothing.

    A type that the file only names is defined elsewhere; the schema says its name as title, and no more.

    Raises:
        DocumentFault: it is neither.
    """
    if not given:
        return {}
    if isinstance(given, Mapping):
        if given.get("type") in _TYPES:
            return dict(given)
        if isinstance(given.get("properties"), Mapping):
            return {**given, "type": "object"}
    return _read(given, 0)


def _read(given: Any, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise DocumentFault(f"its schema is nested more than {_DEEPEST} deep")
    if isinstance(given, str):
        return _named(given)
    if not isinstance(given, Mapping):
        raise DocumentFault(f"its schema holds {given!r:.40}, which is neither a type nor a table")
    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    required = []
    for key, value in given.items():
        if key == "(*)":
            schema["additionalProperties"] = _read(value, depth + 1)
            continue
        name, _, about = str(key).partition("(")
        optional = name.endswith("?")
        name = name.removesuffix("?").strip()
        schema["properties"][name] = _property(value, about.removesuffix(")"), optional, depth)
        if not optional:
            required.append(name)
    return {**schema, "required": required} if required else schema


def _property(value: Any, about: str, optional: bool, depth: int) -> dict[str, Any]:
    kind, _, description = (part.strip() for part in about.partition(","))
    if kind == "enum" and isinstance(value, list):
        schema: dict[str, Any] = {"enum": [*value, None] if optional and None not in value else value}
    elif kind == "array":
        schema = {"type": "array", "items": _read(value, depth + 1)}
    elif kind in ("", "object"):
        schema = _read(value, depth + 1)
    else:
        raise DocumentFault(f"its schema says ({kind}), which is neither array, object nor enum")
    if optional and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": description} if description else schema


def _named(text: str) -> dict[str, Any]:
    kind, _, description = (part.strip() for part in text.partition(","))
    if kind.endswith("[]"):  # no part of the form, but of the samples that come with it
        schema: dict[str, Any] = {"type": "array", "items": _named(kind[:-2])}
    elif kind in _SCALARS:
        schema = {"type": kind}
    else:
        schema = {} if kind == "any" else {"title": kind}
    return {**schema, "description": description} if description else schema
