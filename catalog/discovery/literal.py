"""The value of an expression, computed without running it: texts, numbers and lists, joined and cleaned."""

from __future__ import annotations

import ast
import inspect
import math
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
_LARGEST = 2**1024
"""Whole numbers from here on can't be written as JSON that others read, and as text may be longer than any file."""


class _TooMuch(Exception):
    """The value takes more to read, or to hold, than any that somebody wrote for a reader."""


class Budget:
    """What may be spent on values: with ``b = a + a; c = b + b; ...`` each name doubles a text.

    Attributes:
        steps: how many expressions may be read.
        characters: how many characters of texts may be put together, those on the way to the value included.
    """

    def __init__(self, steps: int, characters: int) -> None:
        """Begin with that much."""
        self.steps = steps
        self.characters = characters

    def spend(self, steps: int, characters: int) -> None:
        """Take away what was spent.

        Raises:
            _TooMuch: it is more than was left.
        """
        self.steps -= steps
        self.characters -= characters
        if self.steps < 0 or self.characters < 0:
            raise _TooMuch


def of_file() -> Budget:
    """Return what may be spent on all values of one file."""
    return Budget(2_000_000, 20_000_000)


class _Lookup:
    """Looks names up for one value, and counts what is spent on it."""

    def __init__(self, lookup: Lookup, budget: Budget | None) -> None:
        self.lookup = lookup
        self._all = budget or of_file()
        self._one = Budget(20_000, 1_000_000)

    def spend(self, steps: int, characters: int) -> None:
        self._one.spend(steps, characters)
        self._all.spend(steps, characters)


_CLEANERS: dict[str, Callable[[str], str]] = {"dedent": textwrap.dedent, "cleandoc": inspect.cleandoc}
_OF_KEYWORDS = frozenset({"dict", "ToolAnnotations"})
_METHODS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "removeprefix", "removesuffix"}
)


def known(value: Any) -> Value:
    """Return *value* in the form of a known one."""
    return ["=", value]


def read(node: ast.expr, lookup: Lookup, budget: Budget | None = None) -> Value:
    """Return the value of *node*, following the names *lookup* knows; None for one that is too large to be told."""
    try:
        return _read(node, _Lookup(lookup, budget), 0)
    except _TooMuch:
        return None


def _read(node: ast.expr, lookup: _Lookup, depth: int) -> Value:
    lookup.spend(1, 0)
    if depth > _DEEPEST:
        return None
    if isinstance(node, ast.Constant):
        return _constant(node.value, lookup)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return _sequence(node.elts, lookup, depth)
    if isinstance(node, ast.Dict):
        return _mapping(node, lookup, depth)
    if isinstance(node, ast.JoinedStr):
        return _joined(node, lookup, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _added(lookup, _read(node.left, lookup, depth + 1), _read(node.right, lookup, depth + 1))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _read(node.operand, lookup, depth + 1)
        if inner and inner[0] == "=" and type(inner[1]) in (int, float):
            return known(-inner[1])
        return None
    if isinstance(node, (ast.Name, ast.Attribute)):
        meaning = lookup.lookup(node)
        if isinstance(meaning, ast.expr):
            return _read(meaning, lookup, depth + 1)
        return None if meaning is None else ["+", [{"name": meaning}]]
    if isinstance(node, ast.Call):
        return _called(node, lookup, depth)
    return None


def texts(node: ast.expr, lookup: Lookup, budget: Budget | None = None) -> list[str]:
    """Return the texts that can be told of messages and templates, in order.

    Those of lists, of mappings, of pairs of a role and a text, and of what objects are made of, as in
    ``[("system", "Be kind."), HumanMessagePromptTemplate.from_template("{question}"), placeholder]``.
    """
    try:
        return _texts(node, _Lookup(lookup, budget), 0)
    except _TooMuch:
        return []


def _texts(node: ast.expr, lookup: _Lookup, depth: int) -> list[str]:
    lookup.spend(1, 0)
    if depth > _DEEPEST:
        return []
    value = _read(node, lookup, depth)
    if value is not None and value[0] == "=":
        return list(texts_in(value[1]))
    if isinstance(node, (ast.Name, ast.Attribute)):
        meaning = lookup.lookup(node)
        return _texts(meaning, lookup, depth + 1) if isinstance(meaning, ast.expr) else []
    return [text for part in _spoken(node) for text in _texts(part, lookup, depth + 1)]


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


def _sequence(nodes: list[ast.expr], lookup: _Lookup, depth: int) -> Value:
    values = []
    for node in nodes:
        value = _read(node, lookup, depth + 1)
        if value is None or value[0] != "=":
            return None
        values.append(value[1])
    return known(values)


def _mapping(node: ast.Dict, lookup: _Lookup, depth: int) -> Value:
    pairs = {}
    for key, value in zip(node.keys, node.values, strict=True):
        name = _read(key, lookup, depth + 1) if key is not None else None
        part = _read(value, lookup, depth + 1)
        if name is None or name[0] != "=" or not isinstance(name[1], str) or part is None or part[0] != "=":
            return None
        pairs[name[1]] = part[1]
    return known(pairs)


def _joined(node: ast.JoinedStr, lookup: _Lookup, depth: int) -> Value:
    parts: list[Value] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion not in (-1, 115):  # none, or !s
                return None
            value = _read(part.value, lookup, depth + 1)
            if value and value[0] == "=" and type(value[1]) is int:
                value = known(str(value[1]))
        else:
            value = _read(part, lookup, depth + 1)
        parts.append(value)
    return _added(lookup, known(""), *parts)


def _added(lookup: _Lookup, *values: Value) -> Value:
    """Return the sum of texts, some of them named in other modules, or of lists."""
    parts: list[Any] = []
    for value in values:
        if value is None:
            return None
        parts += _parts(value)
    # Before it is put together, as what is too long to be held must not be made.
    lookup.spend(len(parts), sum(len(part) for part in parts if isinstance(part, (str, list))))
    if all(isinstance(part, str) for part in parts):
        return known("".join(parts))
    if all(isinstance(part, list) for part in parts):
        return known([element for part in parts for element in part])
    return ["+", parts] if all(isinstance(part, (str, dict)) for part in parts) else None


def _parts(value: list[Any]) -> list[Any]:
    return value[1] if value[0] == "+" else [value[1]]


def _called(node: ast.Call, lookup: _Lookup, depth: int) -> Value:
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name in ("Field", "PrivateAttr"):  # pydantic: the default is the first argument or named
        default = next((keyword.value for keyword in node.keywords if keyword.arg == "default"), None)
        default = default or (node.args[0] if node.args else None)
        return None if default is None else _read(default, lookup, depth + 1)
    if name in _OF_KEYWORDS and not node.args:
        keys: list[ast.expr | None] = [ast.Constant(keyword.arg) if keyword.arg else None for keyword in node.keywords]
        return _mapping(ast.Dict(keys, [keyword.value for keyword in node.keywords]), lookup, depth)
    if name in _CLEANERS and len(node.args) == 1:
        text = _read(node.args[0], lookup, depth + 1)
        return known(_CLEANERS[name](text[1])) if text and _is_text(text) else None  # no longer, tabs apart
    if isinstance(func, ast.Attribute) and name in _METHODS and not node.keywords:
        text = _read(func.value, lookup, depth + 1)
        arguments = [_read(argument, lookup, depth + 1) for argument in node.args]
        if text and _is_text(text) and all(_is_text(argument) for argument in arguments):
            return _cleaned(lookup, text[1], name, [argument[1] for argument in arguments if argument])
    return None


def _cleaned(lookup: _Lookup, text: str, method: str, arguments: list[str]) -> Value:
    grown = 0
    if method == "replace" and len(arguments) == 2:
        old, new = arguments
        grown = (text.count(old) if old else len(text) + 1) * max(0, len(new) - len(old))
    lookup.spend(1, len(text) + grown)
    try:
        return known(getattr(text, method)(*arguments))
    except TypeError:  # too many or too few of them: it would fail when it runs, too
        return None


def _constant(value: object, lookup: _Lookup) -> Value:
    if isinstance(value, str):
        lookup.spend(0, len(value))
        # Half a surrogate pair has no bytes in any encoding, so nothing could keep it.
        return known(value if value.isascii() else value.encode("utf-8", "replace").decode())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return None
    return known(value) if value is None or isinstance(value, (bool, int, float)) else None


def _is_text(value: Value) -> bool:
    return value is not None and value[0] == "=" and isinstance(value[1], str)
