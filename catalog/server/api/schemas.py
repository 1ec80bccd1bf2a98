"""The schemas of what the API answers."""

from __future__ import annotations

from typing import Any

from catalog import ENTRY_STATES, REVIEW_STATES, Entry

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_OPEN: Schema = {"type": "object"}


def reference(name: str) -> Schema:
    """Return the schema that points at the one called *name*."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    """Return the *schema* of what may be null, too."""
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: dict[str, Schema], optional: tuple[str, ...] = (), **more: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **more}


def _many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


_STATE = {
    "state": {"type": "string", "enum": [*REVIEW_STATES]},
    "code": nullable({"type": "string", "enum": [*ENTRY_STATES]}),
    "instead": nullable(TEXT),
}
_LISTED = {
    "key": TEXT,
    "kind": TEXT,
    "name": TEXT,
    "description": TEXT,
    "tags": _TEXTS,
    "tier": {"type": "string", "enum": ["runtime", "persistent", "config"]},
}


def _entry() -> Schema:
    schema = Entry.model_json_schema(mode="serialization")
    properties = {name: _plain(part) for name, part in schema["properties"].items()}
    # An answer says less than validation does: a row that something else wrote is shown, too.
    return _object({"key": TEXT, **properties, **_STATE}, description="An entry, with its key and its state.")


def _plain(part: Any) -> Any:
    """Return a part of pydantic's schema without bounds, defaults and titles."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    left_out = ("title", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "$ref")
    return {name: _plain(value) for name, value in part.items() if name not in left_out}


_COUNTS: Schema = {"type": "object", "additionalProperties": NUMBER}

SCHEMAS: dict[str, Schema] = {
    "Entry": _entry(),
    "ListedEntry": _object({**_LISTED, **_STATE}),
    "EntryPage": _object({"items": _many(reference("ListedEntry")), "next": nullable(TEXT)}),
    "Hit": _object({**_LISTED, "score": {"type": "number"}, "why": _OPEN, **_STATE}),
    "Hits": _object({"hits": _many(reference("Hit"))}),
    "Revision": _object(
        {
            "key": TEXT,
            "kind": TEXT,
            "name": TEXT,
            "revision": NUMBER,
            "action": TEXT,
            "actor": TEXT,
            "at": {"type": "string", "format": "date-time"},
            "data": nullable(_OPEN),
            "reason": nullable(TEXT),
        }
    ),
    "RevisionPage": _object({"items": _many(reference("Revision")), "next": nullable(NUMBER)}),
    "Reference": _object({"source": TEXT, "path": TEXT, "target": TEXT, "exists": {"type": "boolean"}}),
    "References": _object({"references": _many(reference("Reference")), "used_by": _many(reference("Reference"))}),
    "Decision": _object(
        {
            "name": nullable(TEXT),
            "key": nullable(TEXT),
            "kind": nullable(TEXT),
            "entry": nullable(_OPEN),
            "strategy": TEXT,
            "made": nullable(TEXT),
            "score": nullable({"type": "number"}),
            "confidence": nullable({"type": "number"}),
            "threshold": nullable({"type": "number"}),
            "reason": TEXT,
            "latency_ms": {"type": "number"},
            "steps": _many(_OPEN),
            "cost": _OPEN,
            "generation": NUMBER,
            "cached": {"type": "boolean"},
            "considered": NUMBER,
            "filtered": NUMBER,
            "candidates": _many(_OPEN),
        }
    ),
    "Facets": _object(
        {
            "total": NUMBER,
            "counts": {"type": "object", "additionalProperties": _COUNTS},
            "complete": {"type": "boolean"},
        }
    ),
    "VectorCounts": _object({"fresh": NUMBER, "stale": NUMBER, "missing": NUMBER}),
    "LintFinding": _object(
        {"code": TEXT, "keys": _TEXTS, "message": TEXT, "evidence": TEXT, "facts": _OPEN},
        description="What makes routing go wrong: entries that are alike, rules that are never reached, and so on.",
    ),
    "Health": _object(
        {
            "total": NUMBER,
            "states": _COUNTS,
            "vectors": {"type": "object", "additionalProperties": reference("VectorCounts")},
            "broken_references": _many(reference("Reference")),
            "broken": NUMBER,
            "growth": _COUNTS,
            "lint": nullable(_many(reference("LintFinding"))),
            "lint_notes": _TEXTS,
        }
    ),
    "Written": _object({"written": NUMBER}),
    "Problem": _object(
        {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT, "code": TEXT, "facts": _OPEN},
        description="An answer that is no, as RFC 9457 has it; `code` and `facts` are those of CatalogError.",
    ),
}
