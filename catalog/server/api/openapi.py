"""The description of the API, made of the table that routes and validates: it can't say anything else."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from catalog import __version__
from catalog.server.api.operations import JSON, LINES, Operation
from catalog.server.api.schemas import SCHEMAS, TEXT, reference
from catalog.server.api.table import OPERATIONS
from catalog.server.problems import MEDIA_TYPE, TITLES

_ALWAYS = (400, 401, 403, 421, 429, 500, 503)
"""Statuses of problems that every operation may answer with."""

_KEY = {
    "kind": "The kind of the entry.",
    "name": "Its name; a `/` in it is escaped where it would be taken for a part of the path.",
}


def document(prefix: str) -> dict[str, Any]:
    """Return the OpenAPI document of a server under a *prefix*."""
    schemas = dict(SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "catalog",
            "version": __version__,
            "summary": "Every tool, model, prompt and agent of your LLM applications.",
        },
        "servers": [{"url": prefix or "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the right to {operation.right}.",
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body is not None:
        _add(schemas, operation.body)
        content = {JSON: {"schema": reference(operation.body.__name__)}}
        described["requestBody"] = {"required": True, "content": content}
    if operation.lines:
        described["requestBody"] = {
            "required": True,
            "content": {
                LINES: {"schema": {**TEXT, "description": "One JSON object a line, with the fields of an entry."}}
            },
        }
    return described


def _add(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if operation.is_about_an_entry:
        for name, told in _KEY.items():
            schema = {**TEXT, "minLength": 1, "maxLength": 40 if name == "kind" else 200}
            found.append({"name": name, "in": "path", "required": True, "description": told, "schema": schema})
    if operation.query is not None:
        properties = operation.query.model_json_schema()["properties"]
        for name, field in operation.query.model_fields.items():
            schema = dict(properties[name])
            told = schema.pop("description", "")
            schema.pop("title", None)
            found.append(
                {"name": name, "in": "query", "required": field.is_required(), "description": told, "schema": schema}
            )
    found += [{"name": name, "in": "header", "required": False, "schema": TEXT} for name in operation.headers]
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, told in operation.statuses.items():
        responses[str(status)] = {"description": told}
        if operation.result and status not in (204, 304):
            responses[str(status)]["content"] = {form: {"schema": schema} for form, schema in operation.result.items()}
    more = {422}
    if operation.body is not None or operation.lines:
        more |= {413, 415}
    problem = {"content": {MEDIA_TYPE: {"schema": reference("Problem")}}}
    for status in sorted({*_ALWAYS, *operation.problems, *more}):
        responses[str(status)] = {"description": f"{TITLES[status]}.", **problem}
    return responses
