"""Prompty: a prompt in Markdown with a table of YAML in front; the words of its first and of its second version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.prompt import options_of, prompt_item, table_of, texts_of
from catalog.entry.template import JINJA

_TYPES = {
    "string": "string",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "array": "array",
    "list": "array",
    "object": "object",
    "dict": "object",
    "thread": "array",
}


def read(document: Document) -> Iterator[Item]:
    """Yield the prompt; its inputs are the parameters, and of the model its name and settings are kept."""
    table, text, line = document.front_matter
    more = {**table, **table_of(table.get("metadata"))}
    yield prompt_item(
        document,
        text,
        _language(table.get("template")),
        name=table.get("name"),
        description=table.get("description"),
        inputs=_inputs(table),
        tags=more.get("tags"),
        line=line,
        metadata={
            "authors": list(texts_of(more.get("authors"))),
            "version": str(more["version"]) if isinstance(more.get("version"), (str, int, float)) else None,
            "tools": _tools(table.get("tools")),
            **_model(table.get("model")),
        },
    )


def _language(template: Any) -> str:
    """Return the language of the placeholders: ``template`` itself, its ``format`` or the ``kind`` of that."""
    for word in ("format", "kind"):
        if isinstance(template, Mapping):
            template = template.get(word, template.get("type"))
    return template.lower() if isinstance(template, str) else JINJA


def _inputs(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of each input: a list of named ones, a table of them, or a table of values."""
    given = table.get("inputs")
    if isinstance(given, Mapping) and isinstance(given.get("properties"), Mapping) and given.get("type") == "object":
        given = given["properties"]
    if isinstance(given, list):
        named = {
            each["name"]: each for each in given if isinstance(each, Mapping) and isinstance(each.get("name"), str)
        }
    else:
        named = {str(name): each for name, each in given.items()} if isinstance(given, Mapping) else {}
    schemas = {name: _schema(each) for name, each in named.items()}
    sample = table.get("sample")
    for name, value in sample.items() if isinstance(sample, Mapping) else ():
        schemas.setdefault(str(name), {})["examples"] = [value]
    return schemas


def _schema(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        return {} if given is None else {"default": given}
    kind = given.get("kind", given.get("type"))
    schema: dict[str, Any] = {"type": _TYPES[kind]} if kind in _TYPES else {}
    for word in ("description", "default"):
        if given.get(word) not in (None, ""):
            schema[word] = given[word]
    example = given.get("example", given.get("sample"))
    if example is not None:
        schema["examples"] = [example]
    if isinstance(given.get("enumValues"), list):
        schema["enum"] = given["enumValues"]
    required = given.get("required", given.get("is_required"))
    if isinstance(required, bool):
        schema["required"] = required
    return schema


def _tools(tools: Any) -> list[str]:
    if not isinstance(tools, list):
        return []
    return [each["name"] for each in tools if isinstance(each, Mapping) and isinstance(each.get("name"), str)]


def _model(model: Any) -> dict[str, Any]:
    """Return the name and the settings of the model; where it is reached, and with which key, is nobody's business."""
    if isinstance(model, str):
        return {} if model.startswith("${") else {"model": model}
    if not isinstance(model, Mapping):
        return {}
    configuration = table_of(model.get("configuration"))
    names = (model.get("id"), configuration.get("name"), configuration.get("azure_deployment"))
    name = next((each for each in names if isinstance(each, str) and not each.startswith("${")), None)
    provider = model.get("provider", configuration.get("type"))
    return {
        "model": name,
        "model_provider": provider if isinstance(provider, str) else None,
        "model_options": options_of(model.get("options", model.get("parameters"))),
    }
