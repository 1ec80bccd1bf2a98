"""The value of an expression, computed without running it: texts, numbers and lists, joined and cleaned."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

Value = list[Any] | None
"""``["=", value]`` for a known value, ``["+", parts]`` for a text of which parts are named in another module
(each part a text or ``{"name": dotted}``), None for what can't be told. Plain lists, so that it goes into JSON."""

Lookup = Callable[[ast.expr], "ast.expr | str | None"]
"""Return what a name stands for: an expression of the same file, a dotted name elsewhere, or None."""

SAID = "said"
"""Among the arguments of a call: all texts of its template or messages that can be told, where not all can."""

_DEEPEST = 100
"""How many expressions within each other are read, names that lead to names included."""
_CLEANERS: dict[str, Callable[[str], str]] = {"dedent": textwrap.dedent, "cleandoc": inspect.cleandoc}
_OF_KEYWORDS = frozenset({"dict", "ToolAnnotations"})
_METHODS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "removeprefix", "removesuffix"}
)


def known(value: Any) -> Value:
    """Return *value* in the form of a known one."""
    return ["=", value]


def read(node: ast.expr, lookup: Lookup, depth: int = 0) -> Value:
    """Return the value of *node*, following the names *lookup* knows."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, ast.Constant):
        value = node.value
        return known(value) if value is None or isinstance(value, (str, bool, int, float)) else None
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return _sequence(node.elts, lookup, depth)
    if isinstance(node, ast.Dict):
        return _mapping(node, lookup, depth)
    if isinstance(node, ast.JoinedStr):
        return _joined(node, lookup, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _added(read(node.left, lookup, depth + 1), read(node.right, lookup, depth + 1))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = read(node.operand, lookup, depth + 1)
        if inner and inner[0] == "=" and type(inner[1]) in (int, float):
            return known(-inner[1])
        return None
    if isinstance(node, (ast.Name, ast.Attribute)):
        meaning = lookup(node)
        if isinstance(meaning, ast.expr):
            return read(meaning, lookup, depth + 1)
        return None if meaning is None else ["+", [{"name": meaning}]]
    if isinstance(node, ast.Call):
        return _called(node, lookup, depth)
    return None


def texts(node: ast.expr, lookup: Lookup, depth: int = 0) -> list[str]:
    """Return the texts that can be told of messages and templates, in order.

    Those of lists, of mappings, of pairs of a role and a text, and of what objects are made of, as in
    ``[("system", "Be kind."), HumanMessagePromptTemplate.from_template("{question}"), placeholder]``.
    """
    if depth > _DEEPEST:
        return []
    value = read(node, lookup, depth)
    if value is not None and value[0] == "=":
        return list(texts_in(value[1]))
    if isinstance(node, (ast.Name, ast.Attribute)):
        meaning = lookup(node)
        return texts(meaning, lookup, depth + 1) if isinstance(meaning, ast.expr) else []
    return [text for part in _spoken(node) for text in texts(part, lookup, depth + 1)]


_OF_MESSAGES = frozenset({"role", "type", "name", "id"})
_SPOKEN = frozenset({"template", "content", "prompt", "text", "messages", "blocks"})
_WITHOUT_TEXT = frozenset({"MessagesPlaceholder", "from_file", "open", "Path"})


def _spoken(node: ast.expr) -> list[ast.expr]:
    """Return the parts of an expression that may hold what a message says."""
    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
        return node.elts[1:]  # a role and what it says
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return node.elts
    if isinstance(node, ast.Dict):
        named = zip(node.keys, node.values, strict=True)
        return [part for key, part in named if not (isinstance(key, ast.Constant) and key.value in _OF_MESSAGES)]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _WITHOUT_TEXT:
            return [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg in _SPOKEN)]
    return []


def texts_in(data: Any) -> Iterator[str]:
    """Yield the texts of messages that are data: of pairs of a role and a text the text."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, part in data.items():
            if key not in _OF_MESSAGES:
                yield from texts_in(part)
    elif isinstance(data, list):
        of_role = len(data) == 2 and all(isinstance(part, str) for part in data) and data[0].isidentifier()
        for part in data[1:] if of_role else data:
            yield from texts_in(part)


def _sequence(nodes: list[ast.expr], lookup: Lookup, depth: int) -> Value:
    values = []
    for node in nodes:
        value = read(node, lookup, depth + 1)
        if value is None or value[0] != "=":
            return None
        values.append(value[1])
    return known(values)


def _mapping(node: ast.Dict, lookup: Lookup, depth: int) -> Value:
    pairs = {}
    for key, value in zip(node.keys, node.values, strict=True):
        name = read(key, lookup, depth + 1) if key is not None else None
        part = read(value, lookup, depth + 1)
        if name is None or name[0] != "=" or not isinstance(name[1], str) or part is None or part[0] != "=":
            return None
        pairs[name[1]] = part[1]
    return known(pairs)


def _joined(node: ast.JoinedStr, lookup: Lookup, depth: int) -> Value:
    whole: Value = known("")
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion not in (-1, 115):  # none, or !s
                return None
            value = read(part.value, lookup, depth + 1)
            if value and value[0] == "=" and type(value[1]) is int:
                value = known(str(value[1]))
        else:
            value = read(part, lookup, depth + 1)
        whole = _added(whole, value)
    return whole


def _added(left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if left[0] == right[0] == "=":
        a, b = left[1], right[1]
        if isinstance(a, str) and isinstance(b, str):
            return known(a + b)
        return known(a + b) if isinstance(a, list) and isinstance(b, list) else None
    parts = [*_parts(left), *_parts(right)]
    return ["+", parts] if all(isinstance(part, (str, dict)) for part in parts) else None


def _parts(value: list[Any]) -> list[Any]:
    return value[1] if value[0] == "+" else [value[1]]


def _called(node: ast.Call, lookup: Lookup, depth: int) -> Value:
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name in ("Field", "PrivateAttr"):  # pydantic: the default is the first argument or named
        default = next((keyword.value for keyword in node.keywords if keyword.arg == "default"), None)
        default = default or (node.args[0] if node.args else None)
        return None if default is None else read(default, lookup, depth + 1)
    if name in _OF_KEYWORDS and not node.args:
        keys: list[ast.expr | None] = [ast.Constant(keyword.arg) if keyword.arg else None for keyword in node.keywords]
        return _mapping(ast.Dict(keys, [keyword.value for keyword in node.keywords]), lookup, depth)
    if name in _CLEANERS and len(node.args) == 1:
        text = read(node.args[0], lookup, depth + 1)
        return known(_CLEANERS[name](text[1])) if text and _is_text(text) else None
    if isinstance(func, ast.Attribute) and name in _METHODS and not node.keywords:
        text = read(func.value, lookup, depth + 1)
        arguments = [read(argument, lookup, depth + 1) for argument in node.args]
        if text and _is_text(text) and all(_is_text(argument) for argument in arguments):
            try:
                return known(getattr(text[1], name)(*[argument[1] for argument in arguments if argument]))
            except TypeError:  # too many or too few of them: it would fail when it runs, too
                return None
    return None


def _is_text(value: Value) -> bool:
    return value is not None and value[0] == "=" and isinstance(value[1], str)
