"""Semantic Kernel: folders with ``skprompt.txt`` and ``config.json``, and functions in YAML with their template."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import LARGEST, Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.prompt import options_of, prompt_item
from catalog.source.read import read_bytes

KERNEL = "semantic-kernel"


def read(document: Document) -> Iterator[Item]:
    """Yield the prompt of a folder, called as it is, or that of a table in YAML."""
    if document.name == "skprompt.txt":
        yield _prompt(document, _configuration(document), document.text, os.path.basename(document.folder))
        return
    table = document.yaml
    if not isinstance(table, dict) or "template_format" not in table or not isinstance(table.get("template"), str):
        return
    if "_type" in table or not any(word in table for word in ("input_variables", "execution_settings", "name")):
        return  # it is LangChain's, or somebody else's
    yield _prompt(document, table, table["template"], None)


def _configuration(document: Document) -> Mapping[str, Any]:
    path = os.path.join(document.folder, "config.json")
    if not os.path.isfile(path) or os.path.islink(path):
        return {}
    beside = Document(path, document.place, read_bytes(path, LARGEST))
    if not isinstance(beside.json, dict):
        raise DocumentFault("config.json beside it holds no table")
    return beside.json


def _prompt(document: Document, table: Mapping[str, Any], text: str, folder: str | None) -> Item:
    form = table.get("template_format", KERNEL)
    settings = table.get("execution_settings")
    services = settings if isinstance(settings, Mapping) else {}
    first = services.get("default", next(iter(services.values()), None))
    named = {name: each for name, each in services.items() if isinstance(each, Mapping)}
    models = [each["model_id"] for each in named.values() if isinstance(each.get("model_id"), str)]
    return prompt_item(
        document,
        text,
        form.lower() if isinstance(form, str) else KERNEL,
        name=table.get("name") or folder,
        description=table.get("description"),
        inputs=_inputs(table.get("input_variables")),
        metadata={"model": models[0] if models else None, "model_options": options_of(first)},
    )


def _inputs(variables: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for each in variables if isinstance(variables, list) else ():
        if not isinstance(each, Mapping) or not isinstance(each.get("name"), str):
            continue
        schema: dict[str, Any] = {}
        if isinstance(each.get("description"), str) and each["description"]:
            schema["description"] = each["description"]
        if "default" in each and isinstance(each["default"], (str, int, float, bool)):
            schema["default"] = each["default"]
        if each.get("is_required") is True:
            schema["required"] = True
        inputs[each["name"]] = schema
    return inputs
