"""Dotprompt: a Handlebars template with a table of YAML in front; its schemas are Picoschema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.picoschema import schema_of
from catalog.discovery.documents.prompt import options_of, prompt_item, table_of, texts_of
from catalog.entry.template import HANDLEBARS

_COMMENTS = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n)+(?=---)")
"""A licence, or empty lines, before the table."""


def read(document: Document) -> Iterator[Item]:
    """Yield the prompt; a file whose name begins with ``_`` is a part of others, and none."""
    name = document.name.removesuffix(".prompt")
    if name.startswith("_"):
        return
    above = _COMMENTS.match(document.data)
    lines = 0
    if above is not None:
        lines = above[0].count(b"\n")
        document = Document(document.path, document.place, document.data[above.end() :])
    table, text, line = document.front_matter
    given, output = table_of(table.get("input")), table_of(table.get("output"))
    model = table.get("model")
    name, _, variant = name.partition(".")
    yield prompt_item(
        document,
        text,
        HANDLEBARS,
        name=table.get("name") or (f"{name}.{variant}" if variant else name),
        description=table.get("description"),
        inputs=_inputs(given),
        line=line + lines,
        metadata={
            "model": model if isinstance(model, str) else None,
            "model_options": options_of(table.get("config")),
            "tools": list(texts_of(table.get("tools"))),
            "output_schema": schema_of(output.get("schema")),
            "variant": table.get("variant") if isinstance(table.get("variant"), str) else variant,
        },
    )


def _inputs(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of each input; of those that are required it says so."""
    schema = schema_of(given.get("schema"))
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    needed = texts_of(schema.get("required"))
    inputs = {str(name): dict(each) for name, each in properties.items() if isinstance(each, Mapping)}
    for name, each in inputs.items():
        if not isinstance(each.get("required"), list):
            each["required"] = name in needed
    defaults = given.get("default")
    for name, value in defaults.items() if isinstance(defaults, Mapping) else ():
        inputs.setdefault(str(name), {})["default"] = value
        inputs[str(name)].pop("required", None)
    return inputs
