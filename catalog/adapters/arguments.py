"""Arguments of a model, looked at before anything is called: what is missing, unknown or of a wrong type is named."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}
_DEEPEST = 20
_MOST = 5


class UnfitError(Exception):
    """The arguments of a call do not fit; the text says so to the model."""


ANY: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
"""The schema of arguments of which nothing is known."""


def as_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* as providers take it: one of an object, with ``properties``, no alternatives at the top."""
    reference = schema.get("$ref")
    if isinstance(reference, str):  # as pydantic has it of a model that refers to itself
        meant = _follow(reference, schema)
        if isinstance(meant, Mapping) and meant is not schema and "$ref" not in meant:
            schema = {**meant, **{word: part for word, part in schema.items() if word != "$ref"}}
    made = {word: part for word, part in schema.items() if word not in ("anyOf", "oneOf", "allOf", "not", "enum")}
    properties = schema.get("properties")
    made = {**made, "type": "object", "properties": dict(properties) if isinstance(properties, Mapping) else {}}
    if len(made) < len(schema):
        made["additionalProperties"] = True
    if "required" in made and not isinstance(made["required"], (list, tuple)):
        del made["required"]
    return made


def parsed(arguments: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Return what a model gave as a mapping; some give JSON as text.

    Raises:
        UnfitError: it is no JSON object.
    """
    if arguments is None:
        return {}
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError) as error:
            raise UnfitError(f"the arguments are not JSON: {error}") from None
    if not isinstance(arguments, Mapping):
        raise UnfitError("the arguments are no JSON object; give one, with a member for each parameter")
    return dict(arguments)


def check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise where *arguments* do not fit the *schema*.

    Raises:
        UnfitError: it names what is missing, unknown or of a wrong type.
    """
    wrong = faults(arguments, schema)
    if wrong:
        raise UnfitError("; ".join(wrong))


def faults(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with *arguments*, in words, the first few faults; empty if they fit the *schema*."""
    found = []
    for fault in _object(arguments, schema, schema, "", 0):
        found.append(fault)
        if len(found) == _MOST:
            break
    return found


def _object(value: Mapping[str, Any], schema: Mapping[str, Any], root: Any, at: str, depth: int) -> Iterator[str]:
    properties = schema.get("properties")
    known: Mapping[str, Any] = properties if isinstance(properties, Mapping) else {}
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{at}{name} is missing"
    more = schema.get("additionalProperties", bool(at))  # a function takes no more, the data within may hold more
    for name, part in value.items():
        if name in known:
            yield from _value(part, known[name], root, f"{at}{name}", depth + 1)
        elif isinstance(more, Mapping):
            yield from _value(part, more, root, f"{at}{name}", depth + 1)
        elif more is False and not schema.get("patternProperties"):
            names = ", ".join(map(str, known)) or "none"
            yield f"{at}{name!s:.60} is unknown; known: {names:.300}"


def _value(value: Any, schema: Any, root: Any, at: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _value(value, _follow(reference, root), root, at, depth + 1)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(choices, list) and choices:
        tried = [next(_value(value, choice, root, at, depth + 1), None) for choice in choices]
        if None not in tried:
            said = [fault for fault in tried if not str(fault).endswith("not null")]
            yield str(said[0]) if len(said) == 1 else f"{at} is {_shown(value)}, which is none of what is allowed"
        return
    types = schema.get("type")
    names = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    if names and not any(_is(value, name) for name in names):
        yield f"{at} is {_shown(value)}, not {' or '.join(map(str, names))}"
    elif isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        yield f"{at} is {_shown(value)}, not one of {json.dumps(schema['enum'], default=str):.300}"
    elif "const" in schema and value != schema["const"]:
        yield f"{at} is {_shown(value)}, not {_shown(schema['const'])}"
    elif isinstance(value, Mapping):
        yield from _object(value, schema, root, f"{at}.", depth)
    elif isinstance(value, (list, tuple)) and isinstance(schema.get("items"), Mapping):
        for place, part in enumerate(value):
            yield from _value(part, schema["items"], root, f"{at}[{place}]", depth + 1)


def _is(value: Any, name: str) -> bool:
    known = _TYPES.get(name)
    if known is None:
        return True
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, known) or (name == "integer" and isinstance(value, float) and value.is_integer())


def _follow(reference: str, root: Any) -> Any:
    if not reference.startswith("#"):
        return None
    for part in reference.lstrip("#/").split("/"):
        root = root.get(part) if isinstance(root, Mapping) and part else root
    return root


def _shown(value: Any) -> str:
    try:
        return f"{json.dumps(value, ensure_ascii=False):.60}"
    except (TypeError, ValueError, RecursionError):
        return f"{type(value).__name__}"


_WORDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}


def from_signature(signature: str | None) -> dict[str, Any] | None:
    """Return the JSON Schema that the text of a *signature* gives, or None: it gives none."""
    if not signature:
        return None
    text = signature[signature.find("(") :]
    try:
        (node,) = ast.parse(f"def f{text}: ...").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(node, ast.FunctionDef):
        return None
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    optional = {arg.arg for arg in positional[len(positional) - len(args.defaults) :]}
    optional |= {arg.arg for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is not None}
    known = [arg for arg in (*positional, *args.kwonlyargs) if arg.arg not in ("self", "cls")]
    types = {arg.arg: _WORDS.get(getattr(arg.annotation, "id", ""), "") for arg in known}
    return {
        "type": "object",
        "properties": {name: {"type": word} if word else {} for name, word in types.items()},
        "required": [arg.arg for arg in known if arg.arg not in optional],
        **({"additionalProperties": True} if args.kwarg is not None else {}),
    }
