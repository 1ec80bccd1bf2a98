"""Schemas of an OpenAPI document as plain JSON Schema, what they refer to beside them; circles stay circles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote

MOST_STEPS = 20
"""How many references in a row are followed."""
LONGEST = 60_000
"""Characters of all definitions that a tool has; what would make it more is left out by name."""

_LEFT_OUT = frozenset(("xml", "discriminator", "externalDocs", "example", "nullable"))
_HOLDERS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Words whose members are schemas by a name of the author's own."""
_VERBATIM = frozenset(("enum", "const", "default", "examples", "required"))


class _Definition(NamedTuple):
    schema: Any
    length: int
    refers: tuple[str, ...]  # by pointer, to other definitions


class Schemas:
    """The schemas of one document."""

    def __init__(self, data: dict[str, Any]) -> None:
        """Take the schemas out of *data*, the whole document."""
        self._data = data
        self._names: dict[str, str] = {}  # by pointer: as it is called in `$defs`
        self._made: dict[str, _Definition] = {}
        self._wanted: dict[str, None] = {}

    def followed(self, node: Any) -> Any:
        """Return *node*, or what it refers to: for parameters, bodies and paths, which are taken over as they are."""
        for _ in range(MOST_STEPS):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            node = self._at(node["$ref"])
        return None

    @contextmanager
    def collecting(self) -> Iterator[Callable[[], dict[str, Any]]]:
        """Give a function that returns the definitions which the schemas made within this context refer to."""
        self._wanted = {}
        yield self._definitions

    def schema(self, node: Any) -> Any:
        """Return the schema *node* as JSON Schema of today; references lead to ``$defs``."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            return {}
        made: dict[str, Any] = {}
        for word, part in node.items():
            if word in _VERBATIM:
                made[word] = part
            elif word == "$ref" and isinstance(part, str):
                made |= self._reference(part)
            elif word in _HOLDERS and isinstance(part, dict):
                made[word] = {name: self.schema(inner) for name, inner in part.items()}
            elif isinstance(part, dict):
                made[word] = self.schema(part)
            elif isinstance(part, list):
                made[word] = [self.schema(inner) if isinstance(inner, dict) else inner for inner in part]
            elif word not in _LEFT_OUT and not word.startswith("x-"):
                made[word] = part
        for word in _LEFT_OUT & set(made):
            del made[word]
        return _modern(made, node)

    def _reference(self, pointer: str) -> dict[str, Any]:
        if not pointer.startswith("#"):
            return {"description": f"see {pointer}, in another document"}
        if self._at(pointer) is None:
            return {"description": f"see {pointer}, which the document does not hold"}
        self._wanted[pointer] = None
        return {"$ref": f"#/$defs/{self._name(pointer)}"}

    def _name(self, pointer: str) -> str:
        if pointer not in self._names:
            last = unquote(pointer.rpartition("/")[2]) or "document"
            wanted = "".join(char if char.isalnum() or char in "._-" else "_" for char in last)[:100]
            name, number = wanted, 1
            while name in self._names.values():
                number += 1
                name = f"{wanted}_{number}"
            self._names[pointer] = name
        return self._names[pointer]

    def _at(self, pointer: str) -> Any:
        if not pointer.startswith("#"):
            return None
        node: Any = self._data
        for part in pointer[1:].split("/")[1:]:
            part = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and part.isdecimal() and int(part[:6]) < len(node):
                node = node[int(part[:6])]
            elif isinstance(node, dict) and part in node:
                node = node[part]
            else:
                return None
        return node

    def _definitions(self) -> dict[str, Any]:
        """Return what is referred to, nearest first, as far as it is not too much."""
        found: dict[str, Any] = {}
        waiting, seen, length = list(self._wanted), set(self._wanted), 0
        for pointer in waiting:  # it grows meanwhile
            definition = self._definition(pointer)
            length += definition.length
            if length > LONGEST:
                found[self._name(pointer)] = {"description": f"{pointer}; left out, as all would be too much"}
                continue
            found[self._name(pointer)] = definition.schema
            waiting += [other for other in definition.refers if other not in seen]
            seen.update(definition.refers)
        return dict(sorted(found.items()))

    def _definition(self, pointer: str) -> _Definition:
        if pointer not in self._made:
            outer, self._wanted = self._wanted, {}
            schema = self.schema(self._at(pointer))
            self._made[pointer] = _Definition(schema, len(json.dumps(schema)), tuple(self._wanted))
            self._wanted = outer
        return self._made[pointer]


def _modern(made: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return *made* with what OpenAPI 3.0 wrote in words of its own as JSON Schema has it."""
    if node.get("nullable") is True:
        if isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
            if isinstance(made.get("enum"), list) and None not in made["enum"]:
                made["enum"] = [*made["enum"], None]
        elif "$ref" in made or any(word in made for word in ("allOf", "oneOf", "anyOf")):
            made = {"anyOf": [made, {"type": "null"}]}
    for limit, excluded in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(excluded), bool) and made.pop(excluded) and limit in made:
            made[excluded] = made.pop(limit)
    if "example" in node and "examples" not in made:
        made["examples"] = [node["example"]]
    return made
