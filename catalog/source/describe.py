"""What a reference leads to, described: definition, parameters and purpose, in one walk."""

from __future__ import annotations

import ast
from typing import Any

from catalog.entry.limits import writable
from catalog.source.define import Definition
from catalog.source.docstrings import summary
from catalog.source.find import Missing, find_node
from catalog.source.locate import Locator
from catalog.source.parameters import parameters_schema


def find_described(ref: str, locator: Locator) -> tuple[Definition, dict[str, Any], str] | Missing:
    """Return definition, JSON Schema of the parameters and one-line purpose of what *ref* leads to.

    If it leads nowhere, return why. A value has no parameters: its schema is empty.
    """
    definition_and_node = find_node(ref, locator)
    if isinstance(definition_and_node, Missing):
        return definition_and_node
    definition, node = definition_and_node
    parameters: dict[str, Any] = {}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        parameters = parameters_schema(node, definition.docstring, locator.names(definition.path))
    # A text may hold half a surrogate pair, which nothing could store.
    return definition, writable(parameters), writable(summary(definition.docstring))
