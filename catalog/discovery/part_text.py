"""Texts of which not all can be told: what a reader gets of them is worth more than nothing as a description.

``f"Answer about {repo}."`` keeps its placeholder; of a sum, a choice or a call whose result can't be told counts what
is there; a function stands for its docstring, its call for the text it returns.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from catalog.discovery.literal import Value
from catalog.discovery.scopes import Namer, Scope, Scopes, last_name
from catalog.source.docstrings import summary

PART = "~"
"""Begins a value of which not all can be told: its parts are texts and names of other places."""

_DEEPEST = 30
_MOST = 200
"""How many parts one text has."""

_WITHOUT_TEXT = frozenset({"open", "Path", "getenv", "get", "read_text", "load", "loads", "Field", "from_file"})
"""Calls whose arguments say where a text is, not what it says."""
_OF_TEXT = frozenset({"format", "strip", "lstrip", "rstrip", "replace", "format_map", "removeprefix", "removesuffix"})
_PLACEHOLDER = re.compile(r"%[^a-zA-Z%]*[a-zA-Z]|\{[^{}]*\}")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def part_of_text(node: ast.expr, namer: Namer, scopes: Scopes) -> Value:
    """Return what can be told of the text *node* stands for, or None for what has none."""
    parts = _Parts(namer)
    parts.add(node, scopes, 0)
    says = any(isinstance(part, dict) or _PLACEHOLDER.sub("", part).strip() for part in parts.found)
    return [PART, parts.found] if says else None


def text_given_by(node: ast.FunctionDef | ast.AsyncFunctionDef, namer: Namer, *, called: bool) -> Value:
    """Return the text that a call of the function at module level gives; what it is for, if it is not called."""
    doc = summary(ast.get_docstring(node) or "")
    if doc and not called:
        return ["=", doc]
    scopes = [namer.top, Scope("function", node.body, node)]
    for returned in own_returns(node):
        value = namer.read(returned, scopes) or part_of_text(returned, namer, scopes)
        if value is not None:
            return value
    return ["=", doc] if doc else None


def own_returns(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """Return what the ``return`` statements of a function return, not those of functions within it."""
    found: list[ast.expr] = []
    waiting: list[ast.AST] = list(reversed(node.body))
    while waiting and len(found) < _MOST:
        statement = waiting.pop()
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef, ast.expr)):
            continue
        if isinstance(statement, ast.Return) and statement.value is not None:
            found.append(statement.value)
        waiting += reversed(list(ast.iter_child_nodes(statement)))
    return found


_STEPS = 2_000
"""How many expressions are looked at for one text: calls that are given what other calls gave double them each time."""


class _Parts:
    def __init__(self, namer: Namer) -> None:
        self.namer = namer
        self.found: list[Any] = []
        self._left = _STEPS
        self._unknown: set[tuple[str, int, int]] = set()

    def _read(self, node: ast.expr, scopes: Scopes) -> Value:
        """Return the value of *node*; a name whose value can't be told is not read again for each place it stands at.

        With ``b = a + a; c = b + b; ...`` there are so many places that all a file may spend would be spent on them.
        """
        if not isinstance(node, ast.Name):
            return self.namer.read(node, scopes)
        place = (node.id, node.lineno, id(scopes[-1]) if scopes else 0)
        value = None if place in self._unknown else self.namer.read(node, scopes)
        if value is None:
            self._unknown.add(place)
        return value

    def add(self, node: ast.expr, scopes: Scopes, depth: int) -> None:
        """Add what can be told of *node*."""
        self._left -= 1
        if depth > _DEEPEST or len(self.found) > _MOST or self._left < 0:
            return
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value.strip():
                self.found.append(node.value.encode("utf-8", "replace").decode())
        elif isinstance(node, ast.JoinedStr):
            self._add_joined(node, scopes, depth)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
            self.add(node.left, scopes, depth + 1)
            if isinstance(node.op, ast.Add):
                self.add(node.right, scopes, depth + 1)
        elif isinstance(node, (ast.IfExp, ast.BoolOp)):
            self._add_first([node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values, scopes, depth)
        elif isinstance(node, (ast.Await, ast.NamedExpr)):
            self.add(node.value, scopes, depth + 1)
        elif isinstance(node, (ast.List, ast.Tuple)):
            self._add_lines(node.elts, scopes, depth)
        elif isinstance(node, ast.Call):
            self._add_call(node, scopes, depth)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            self._add_name(node, scopes, depth)

    def _add_first(self, choices: list[ast.expr], scopes: Scopes, depth: int) -> None:
        """Add the first of *choices* that has a text, else the first that names one of which another place tells."""
        before, named = len(self.found), list[Any]()
        for choice in choices:
            self.add(choice, scopes, depth + 1)
            if any(isinstance(part, str) for part in self.found[before:]):
                return
            named = named or self.found[before:]
            del self.found[before:]
        self.found += named

    def _add_lines(self, lines: list[ast.expr], scopes: Scopes, depth: int) -> None:
        for line in lines:
            before = len(self.found)
            self.add(line, scopes, depth + 1)
            if len(self.found) > before:
                self.found.append("\n")

    def _add_joined(self, node: ast.JoinedStr, scopes: Scopes, depth: int) -> None:
        texts = [part for part in node.values if isinstance(part, ast.Constant) and str(part.value).strip()]
        for part in node.values:
            if not isinstance(part, ast.FormattedValue):
                self.found.append(str(getattr(part, "value", "")).encode("utf-8", "replace").decode())
                continue
            value = self._read(part.value, scopes)
            if value is not None and value[0] == "+" and len(value[1]) == 1:
                self.found.append({**value[1][0], "shown": _shown(part.value)})
            elif value is not None and value[0] == "=" and isinstance(value[1], (str, int)) and not part.format_spec:
                self.found.append(str(value[1]))
            elif texts:  # a text that is nothing but a placeholder says nothing
                self.found.append(_shown(part.value))
            else:
                self.add(part.value, scopes, depth + 1)

    def _add_call(self, node: ast.Call, scopes: Scopes, depth: int) -> None:
        name = last_name(node)
        if isinstance(node.func, ast.Attribute) and name in _OF_TEXT:
            self.add(node.func.value, scopes, depth + 1)
            return
        before = len(self.found)
        if name not in _WITHOUT_TEXT:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(argument, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Name, ast.Call)):
                    self.add(argument, scopes, depth + 1)
                if any(isinstance(part, str) and part.strip() for part in self.found[before:]):
                    return
        del self.found[before:]
        dotted = self.namer.expand(node.func, scopes)
        if dotted is not None:
            self.found.append({"name": dotted, "given": "called"})

    def _add_name(self, node: ast.Name | ast.Attribute, scopes: Scopes, depth: int) -> None:
        value = self._read(node, scopes)
        if value is not None:
            self.found += [str(value[1])] if value[0] == "=" and isinstance(value[1], str) else []
            self.found += value[1] if value[0] == "+" else []
            return
        if isinstance(node, ast.Name):
            for place in reversed(range(len(scopes))):
                scope = scopes[place]
                if scope.kind == "class" and place != len(scopes) - 1:
                    continue
                if not scope.binds(node.id):
                    continue
                bound = scope.names.intended(node.id)
                if isinstance(bound, ast.expr) and not (isinstance(bound, ast.Name) and bound.id == node.id):
                    self.add(bound, scopes[: place + 1], depth + 1)
                    return
                default = _default(scope, node.id)
                if default is not None:
                    self.add(default, scopes[:place], depth + 1)
                    return
                break
        dotted = self.namer.expand(node, scopes)
        if dotted is not None:
            self.found.append({"name": dotted, "given": "doc"})


def _shown(node: ast.expr) -> str:
    """Return the placeholder of an expression, for people: ``{repo}``, ``{…}`` for what is long."""
    text = ast.unparse(node)
    return f"{{{text}}}" if len(text) <= 40 else "{…}"


def _default(scope: Scope, name: str) -> ast.expr | None:
    """Return the default of the parameter *name* of a function, or None."""
    if not isinstance(scope.node, _FUNCTIONS):
        return None
    arguments = scope.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return next((default for parameter, default in pairs if parameter.arg == name), None)
