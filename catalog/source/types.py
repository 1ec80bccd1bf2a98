"""From an annotation in the source to a JSON Schema, in the form pydantic gives it."""

from __future__ import annotations

import ast
import math
from typing import Any

from catalog.source.checksum import unquoted
from catalog.source.define import docstring_of, fields_of
from catalog.source.docstrings import summary
from catalog.source.names import Names
from catalog.source.secret_defaults import without_secrets
from catalog.source.text import expression_text

Schema = dict[str, Any]

_PLAIN: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "complex": {"type": "string"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "format": "binary"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "Any": {},
    "object": {},
    "Text": {"type": "string"},
    "LiteralString": {"type": "string"},
    "dict": {"type": "object", "additionalProperties": True},
    "list": {"type": "array", "items": {}},
    "tuple": {"type": "array", "items": {}},
    "set": {"type": "array", "items": {}, "uniqueItems": True},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "timedelta": {"type": "string", "format": "duration"},
    "UUID": {"type": "string", "format": "uuid"},
    "Path": {"type": "string", "format": "path"},
    "PathLike": {"type": "string", "format": "path"},
    "HttpUrl": {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083},
    "AnyUrl": {"type": "string", "format": "uri", "minLength": 1},
    "EmailStr": {"type": "string", "format": "email"},
    "Decimal": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    "StrictStr": {"type": "string"},
    "StrictInt": {"type": "integer"},
    "StrictFloat": {"type": "number"},
    "StrictBool": {"type": "boolean"},
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0},
    "NonNegativeInt": {"type": "integer", "minimum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0},
    "NonNegativeFloat": {"type": "number", "minimum": 0},
}

_SAME_AS = {
    **dict.fromkeys(("Dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict"), "dict"),
    **dict.fromkeys(("List", "Sequence", "MutableSequence", "Iterable", "Collection", "Iterator"), "list"),
    **dict.fromkeys(("deque", "Deque", "Generator"), "list"),
    **dict.fromkeys(("Set", "FrozenSet", "frozenset", "AbstractSet", "MutableSet"), "set"),
    "Tuple": "tuple",
}

_WRAPPERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "InitVar", "SkipJsonSchema"})

_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "regex": "pattern",
    "title": "title",
}

_FIELD_MAKERS = frozenset(
    {
        "Field",
        "Query",
        "Body",
        "Path",
        "Header",
        "Form",
        "Param",
        "Parameter",
        "StringConstraints",
        "Doc",
        "Meta",
    }
)
"""Calls that describe a field, as a default or within ``Annotated``."""

_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})
_TYPED_DICTS = frozenset({"TypedDict", "NamedTuple"})

_DATA_DECORATORS = frozenset({"dataclass", "define", "frozen", "s"})
"""Decorators that make a class one of data; the last is ``attr.s``."""

UNKNOWN = "x-python-type"
"""Key of a schema for a class that reading one file doesn't explain; its value is the annotation."""

_DEEPEST = 4
"""How many classes and aliases are written out within each other."""


def type_schema(annotation: ast.expr | None, names: Names | None = None, inside: tuple[str, ...] = ()) -> Schema:
    """Return the JSON Schema of the values *annotation* allows; ``{}`` allows all.

    Args:
        annotation: as written, quoted or not.
        names: the names of the file, where enums, models and type aliases are looked up.
        inside: the classes and aliases it is part of; one that contains itself is not written out again.
    """
    node = unquoted(annotation)
    if node is None:
        return {}
    if isinstance(node, ast.Constant):
        return {"type": "null"} if node.value is None else {UNKNOWN: expression_text(node)}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _any_of([type_schema(member, names, inside) for member in _members(node)])
    if isinstance(node, ast.Subscript):
        return _generic(node, names, inside)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _named(node, names, inside)
    return {UNKNOWN: expression_text(node)}


def class_schema(node: ast.ClassDef, names: Names | None = None, inside: tuple[str, ...] = ()) -> Schema:
    """Return the JSON Schema of an enum, a pydantic model, a dataclass or a typed dictionary."""
    bases = {last_name(base) for base in node.bases}
    if bases & _ENUMS:
        return _enum(node, bases)
    properties: Schema = {}
    required: list[str] = []
    total = not any(k.arg == "total" and getattr(k.value, "value", None) is False for k in node.keywords)
    is_dict = "TypedDict" in bases
    inside = (*inside, node.name)
    for parent in _bases_here(node, names):
        if parent.name not in inside:
            above = class_schema(parent, names, inside)
            properties.update(above.get("properties", {}))
            required += above.get("required", [])
    for field in fields_of(node):
        name = field.target.id  # type: ignore[union-attr]
        properties[name], optional = value_schema(field.annotation, field.value, names, inside, name=name)
        wrapper = last_name(field.annotation.value) if isinstance(field.annotation, ast.Subscript) else ""
        if is_dict:
            optional = wrapper == "NotRequired" or not (total or wrapper == "Required")
        if name in required:  # a base's, which the class may give a default
            required.remove(name)
        if not optional:
            required.append(name)
    schema = object_schema(properties, required)
    about = summary(docstring_of(node))
    return {"description": about, **schema} if about else schema


def object_schema(properties: Schema, required: list[str]) -> Schema:
    """Return the schema of an object with these *properties*; ``required`` is left out when empty."""
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def value_schema(
    annotation: ast.expr | None,
    default: ast.expr | None,
    names: Names | None = None,
    inside: tuple[str, ...] = (),
    *,
    name: str | None = None,
) -> tuple[Schema, bool]:
    """Return the schema of a parameter or field called *name*, and whether it may be left out.

    What ``Field(…)`` says, as the default or within ``Annotated``, is part of the schema.
    """
    schema = dict(type_schema(annotation, names, inside))
    if default is None:
        return schema, False
    if isinstance(default, ast.Call) and last_name(default.func) in _FIELD_MAKERS | {"field", "attrib", "ib"}:
        _describe(default, schema)
        keywords = {keyword.arg: keyword.value for keyword in default.keywords}
        if "default_factory" in keywords or "factory" in keywords:
            return schema, True
        first = default.args[0] if default.args else keywords.get("default")
        if first is None or (isinstance(first, ast.Constant) and first.value is ...):
            return schema, False
        default = first
    elif isinstance(default, ast.Constant) and default.value is ...:
        return schema, False
    is_literal, value = json_value(default)
    if is_literal and without_secrets(name, default) is default:
        schema["default"] = value
    return schema, True


def json_value(node: ast.expr) -> tuple[bool, Any]:
    """Return whether *node* is a literal that JSON can hold, and its value (tuples as lists)."""
    if isinstance(node, (ast.List, ast.Tuple)):
        parts = [json_value(element) for element in node.elts]
        return all(is_literal for is_literal, _ in parts), [value for _, value in parts]
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        parts = [json_value(value) for value in node.values]
        if all(isinstance(key, str) for key in keys) and all(is_literal for is_literal, _ in parts):
            return True, {str(key): value for key, (_, value) in zip(keys, parts, strict=True)}
        return False, None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        is_literal, value = json_value(node.operand)
        number = is_literal and isinstance(value, (int, float)) and not isinstance(value, bool)
        return (True, -value) if number else (False, None)
    if isinstance(node, ast.Constant):
        value = node.value
        if value is None or isinstance(value, bool):
            return True, value
        if isinstance(value, str):
            return value.isascii() or _is_text(value), value
        if isinstance(value, int):
            return value.bit_length() < 2000, value
        if isinstance(value, float):
            return math.isfinite(value), value
    return False, None


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, of what is subscripted or called; empty for anything else."""
    while isinstance(node, (ast.Subscript, ast.Call)):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _named(node: ast.Name | ast.Attribute, names: Names | None, inside: tuple[str, ...]) -> Schema:
    name = last_name(node)
    bound = names.bound.get(name) if names is not None and isinstance(node, ast.Name) else None
    if bound is not None and (name in inside or len(inside) >= _DEEPEST):
        return {UNKNOWN: name}
    if isinstance(bound, ast.ClassDef):
        bases = {last_name(base) for base in bound.bases}
        decorated = any(last_name(decorator) in _DATA_DECORATORS for decorator in bound.decorator_list)
        if bases & (_ENUMS | _TYPED_DICTS) or decorated or _is_model(bound, names, ()):
            return class_schema(bound, names, inside)
        return {UNKNOWN: name}
    if isinstance(bound, ast.Call):
        maker = last_name(bound.func)
        if maker == "NewType" and len(bound.args) == 2:
            return type_schema(bound.args[1], names, (*inside, name))
        if maker == "TypeVar":
            return {}
    elif isinstance(bound, ast.expr) and not (isinstance(bound, ast.Name) and bound.id == name):
        return type_schema(bound, names, (*inside, name))
    plain = _PLAIN.get(_SAME_AS.get(name, name))
    return dict(plain) if plain is not None else {UNKNOWN: expression_text(node)}


def _generic(node: ast.Subscript, names: Names | None, inside: tuple[str, ...]) -> Schema:
    name = last_name(node.value)
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Optional":
        return _any_of([type_schema(parts[0], names, inside), {"type": "null"}])
    if name == "Union":
        return _any_of([type_schema(part, names, inside) for part in parts])
    if name == "Literal":
        return _literal(parts)
    if name == "Annotated":
        schema = dict(type_schema(parts[0], names, inside))
        for part in parts[1:]:
            _describe(part, schema)
        return schema
    if name in _WRAPPERS:
        return type_schema(parts[0], names, inside)
    same = _SAME_AS.get(name, name)
    if same == "dict":
        value = type_schema(parts[-1], names, inside) if len(parts) == 2 else {}
        return {"type": "object", "additionalProperties": value or True}
    if same == "list":
        return {"type": "array", "items": type_schema(parts[0], names, inside)}
    if same == "set":
        return {"type": "array", "items": type_schema(parts[0], names, inside), "uniqueItems": True}
    if same == "tuple":
        if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
            return {"type": "array", "items": type_schema(parts[0], names, inside)}
        items = [type_schema(part, names, inside) for part in parts]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if name in ("type", "Type", "Callable", "Awaitable", "Coroutine"):
        return {UNKNOWN: expression_text(node)}
    plain = _named(node.value, names, inside) if isinstance(node.value, (ast.Name, ast.Attribute)) else {}
    return plain if plain and UNKNOWN not in plain else {UNKNOWN: expression_text(node)}


def _describe(node: ast.expr, schema: Schema) -> None:
    """Add to *schema* what a ``Field(…)``, another such call or a bare text says."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _is_text(node.value):
            schema.setdefault("description", " ".join(node.value.split()))
        return
    if not isinstance(node, ast.Call):
        return
    maker = last_name(node.func)
    if maker == "Doc" and node.args:
        _describe(node.args[0], schema)
        return
    for keyword in node.keywords:
        is_literal, value = json_value(keyword.value)
        if not is_literal or value is None or keyword.arg is None:
            continue
        if keyword.arg in ("description", "doc", "help") and isinstance(value, str):
            schema["description"] = " ".join(value.split())
        elif keyword.arg in _LIMITS:
            schema[_LIMITS[keyword.arg]] = value
        elif keyword.arg in ("min_length", "max_length"):
            array = schema.get("type") == "array"
            schema[keyword.arg[:3] + ("Items" if array else "Length")] = value
        elif keyword.arg == "examples" and isinstance(value, list):
            schema["examples"] = value
    if maker in ("Ge", "Gt", "Le", "Lt") and node.args:  # annotated_types
        is_literal, value = json_value(node.args[0])
        if is_literal:
            schema[_LIMITS[maker.lower()]] = value


def _literal(members: list[ast.expr]) -> Schema:
    values = [value for is_literal, value in map(json_value, members) if is_literal]
    if len(values) != len(members):
        return {UNKNOWN: f"Literal[{', '.join(map(expression_text, members))}]"}
    return _one_of(values)


def _one_of(values: list[Any]) -> Schema:
    words = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    types = {words.get(type(value), "") for value in values}
    schema: Schema = {"const": values[0]} if len(values) == 1 else {"enum": values}
    if len(types) == 1 and "" not in types:
        schema["type"] = types.pop()
    return schema


def _enum(node: ast.ClassDef, bases: set[str]) -> Schema:
    values: list[Any] = []
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name.startswith("_"):
                continue
            is_literal, value = json_value(statement.value)
            if not is_literal and last_name(statement.value) == "auto":
                is_literal, value = True, name.lower() if "StrEnum" in bases else len(values) + 1
            if not is_literal:
                return {UNKNOWN: node.name}
            values.append(value)
    return _one_of(values) if values else {UNKNOWN: node.name}


def _any_of(parts: list[Schema]) -> Schema:
    flat: list[Schema] = []
    for part in parts:
        for schema in part["anyOf"] if set(part) == {"anyOf"} else [part]:
            if schema not in flat:
                flat.append(schema)
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _members(node: ast.expr) -> list[ast.expr]:
    members: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        members.append(node.right)
        node = node.left
    return [node, *reversed(members)]


def _bases_here(node: ast.ClassDef, names: Names | None) -> list[ast.ClassDef]:
    if names is None:
        return []
    bases = [names.bound.get(base.id) for base in reversed(node.bases) if isinstance(base, ast.Name)]
    return [base for base in bases if isinstance(base, ast.ClassDef) and base is not node]


def _is_model(node: ast.ClassDef, names: Names | None, seen: tuple[str, ...]) -> bool:
    if any(last_name(base).endswith(("BaseModel", "TypedDict", "Struct")) for base in node.bases):
        return True
    below = (*seen, node.name)
    return any(_is_model(base, names, below) for base in _bases_here(node, names) if base.name not in below)


def _is_text(value: str) -> bool:
    """Tell whether UTF-8 has bytes for it: not for half a surrogate pair."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
