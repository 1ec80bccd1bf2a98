"""What an entry takes, in words: parameters as rows, and the signature as its definition would begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.characters import json_text

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

REQUIRED = "required"


class Parameter(NamedTuple):
    """A parameter as people read it.

    Attributes:
        name: of the parameter.
        type: what its JSON Schema allows, in a few words.
        default: as JSON, or as the signature writes it; ``required`` where there is none; empty where none is known.
        description: what it is for.
    """

    name: str
    type: str
    default: str
    description: str

    def to_dict(self) -> dict[str, str]:
        """Return the parameter as data for JSON."""
        return self._asdict()


def parameter_rows(entry: Entry) -> list[Parameter]:
    """Return the parameters of what *entry* stands for, in the order of its JSON Schema."""
    return list(_rows(entry.parameters, entry.signature or ""))


def _rows(schema: dict[str, Any], signature: str) -> Iterator[Parameter]:
    """Yield what a JSON Schema of arguments lists.

    A default that is no JSON, such as an object, is shown as the *signature* writes it.
    """
    required = schema.get("required")
    required = required if isinstance(required, list) else ()
    properties = schema.get("properties")
    written: dict[str, str] | None = None
    for name, member in properties.items() if isinstance(properties, dict) else ():
        about = member if isinstance(member, dict) else {}
        if name in required:
            default = REQUIRED
        elif "default" in about:
            default = json_text(about["default"])
        else:
            written = _written_defaults(signature) if written is None else written
            default = written.get(name, "")
        yield Parameter(name, _type(about), default, str(about.get("description", "")))


def _written_defaults(signature: str) -> dict[str, str]:
    """Return the defaults of a signature by parameter, as they are written; of a class, those of what is called."""
    import ast  # only where a signature says more than the schema

    for place in reversed([0, *(place + 2 for place, _ in enumerate(signature) if signature.startswith("; ", place))]):
        head = signature[place:].removeprefix("async ")
        try:
            (node,) = ast.parse(f"def {head if head[:1].isidentifier() else f'f{head}'}: ...").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # cut within a text, or no signature at all
            continue
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            positional = [*arguments.posonlyargs, *arguments.args]
            pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
            pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
            return {argument.arg: ast.unparse(default) for argument, default in pairs}
    return {}


def _type(schema: dict[str, Any]) -> str:
    """Return the type a JSON Schema allows, in a few words."""
    if isinstance(schema.get("enum"), list):
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            return " | ".join(_type(part) for part in schema[word] if isinstance(part, dict))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(map(str, kind))
    items = schema.get("items")
    if kind == "array" and isinstance(items, dict) and items:
        return f"array of {_type(items)}"
    return str(kind)


def signature_line(entry: Entry) -> str:
    """Return the signature of what *entry* stands for as its definition would begin; empty where none is known.

    ``async fetch(url)`` for a coroutine function, ``chart = Agent(_, tools)`` for a value that a call makes, and
    ``limits: dict`` for any other value.
    """
    if not entry.signature:
        return ""
    name, signature = (entry.ref or entry.name).rpartition(":")[2], entry.signature
    start, rest = ("async ", signature[6:]) if signature.startswith("async ") else ("", signature)
    if rest.startswith(("(", "[")):
        return f"{start}{name}{rest}"
    return (
        f"{name} = {signature}" if signature.endswith(")") or signature.startswith("lambda") else f"{name}: {signature}"
    )
