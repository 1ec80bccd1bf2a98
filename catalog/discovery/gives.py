"""What a call of a function gives, as far as its annotation and its ``return`` statements tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from catalog.discovery.decorators import Decorators
from catalog.discovery.literal import Value
from catalog.discovery.part_text import own_returns
from catalog.discovery.scopes import Scope, Scopes, last_name
from catalog.source.checksum import Function

Given = dict[str, list[dict[str, Any]]]
"""``bare``: what a call gives; ``called``: what a call of that gives, or what it gives if it is a decorator itself.

Each result has the dotted name that is called, or the class it has (``type``), the arguments it is ``given``, and
which of them are parameters (``passed``: place to the name and position of the parameter)."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAKING = {"__new__": "bare", "__call__": "called"}
"""Methods of a class by which a call of it, or of its objects, gives something else."""
_DEEPEST = 20
_MOST = 40
"""How many results of one function are looked at."""


class _Result(NamedTuple):
    how: str  # "call", "name" or "function"
    dotted: str
    given: dict[str, Value]
    passed: dict[str, list[Any]]
    node: Function | ast.Lambda | None = None
    scopes: Scopes | None = None  # those around the function


class Gives:
    """Reads the functions of one file."""

    def __init__(self, decorators: Decorators) -> None:
        """Read with the names and rules of *decorators*."""
        self.namer = decorators.namer
        self.decorators = decorators

    def of(self, qualname: str) -> Given:
        """Return what the function, method or class *qualname* at module level gives when it is called."""
        scopes: Scopes = [self.namer.top]
        nodes = self._definitions(qualname.split("."), scopes)
        given: Given = {"bare": [], "called": []}
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                inside = [*scopes, Scope("class", node.body, node)]
                for method, target in _MAKING.items():
                    for function in _named(node.body, method):
                        given[target] += self._calls(function, inside)
            else:
                self._add(given, node, scopes)
        return {key: results[:_MOST] for key, results in given.items()}

    def _definitions(self, names: list[str], scopes: Scopes) -> list[Function | ast.ClassDef]:
        """Return the definitions of the last of *names*, overloads too; *scopes* become those around it."""
        for name in names[:-1]:
            outer = scopes[-1].names.bound.get(name)
            if not isinstance(outer, ast.ClassDef):
                return []
            scopes.append(Scope("class", outer.body, outer))
        bound = scopes[-1].names.bound.get(names[-1])
        if isinstance(bound, ast.ClassDef):
            return [bound]
        if not isinstance(bound, _FUNCTIONS):
            return []
        return [bound, *(node for node in _named(scopes[-1].body, names[-1]) if node is not bound)]

    def _add(self, given: Given, node: Function, scopes: Scopes) -> None:
        for result in self._results(node, scopes, 0):
            if result.how == "function" and result.node is not None:
                given["called"] += self._calls(result.node, result.scopes or [])
            else:
                if result.how == "call":
                    given["bare"].append(_plain(result))
                given["called"].append(_plain(result))
        if node.returns is not None:
            for level, annotation in self._types(node.returns, scopes):
                dotted = self.namer.type_of(annotation, scopes)
                if dotted is not None:
                    given[level].append({"type": dotted, "given": {}, "passed": {}})

    def _calls(self, node: Function | ast.Lambda, scopes: Scopes) -> list[dict[str, Any]]:
        found = [_plain(result) for result in self._results(node, scopes, 0) if result.how == "call"]
        returns = getattr(node, "returns", None)
        dotted = self.namer.type_of(returns, scopes) if returns is not None else None
        return found if dotted is None else [*found, {"type": dotted, "given": {}, "passed": {}}]

    def _types(self, annotation: ast.expr, scopes: Scopes) -> Iterator[tuple[str, ast.expr]]:
        """Yield the classes an annotation names: ``bare`` as they are, ``called`` as what a callable returns."""
        waiting = [annotation]
        for _ in range(_MOST):
            if not waiting:
                return
            node = waiting.pop()
            if isinstance(node, ast.BinOp):
                waiting += [node.left, node.right]
            elif isinstance(node, ast.Subscript):
                inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                wrapper = last_name(node.value)
                if wrapper == "Callable" and inner:
                    yield "called", inner[-1]
                elif wrapper == "Union":
                    waiting += inner
                else:
                    yield "bare", node
            else:
                yield "bare", node

    # --- results -------------------------------------------------------------------------------------------

    def _results(self, node: Function | ast.Lambda, scopes: Scopes, depth: int) -> Iterator[_Result]:
        """Yield what *node*, defined in *scopes*, returns."""
        if depth > _DEEPEST:
            return
        if isinstance(node, ast.Lambda):
            yield from self._value(node.body, [*scopes, _parameters(node)], depth + 1)
            return
        inner = [*scopes, Scope("function", node.body, node)]
        for statement in own_returns(node):
            yield from self._value(statement, inner, depth + 1)

    def _value(self, node: ast.expr, scopes: Scopes, depth: int) -> Iterator[_Result]:
        if depth > _DEEPEST:
            return
        if isinstance(node, (ast.Await, ast.NamedExpr)):
            yield from self._value(node.value, scopes, depth + 1)
        elif isinstance(node, ast.IfExp):
            for branch in (node.body, node.orelse):
                yield from self._value(branch, scopes, depth + 1)
        elif isinstance(node, ast.BoolOp):
            for branch in node.values:
                yield from self._value(branch, scopes, depth + 1)
        elif isinstance(node, ast.Lambda):
            yield _Result("function", "", {}, {}, node, scopes)
        elif isinstance(node, ast.Call):
            yield from self._call(node, scopes, depth)
        elif isinstance(node, ast.Name):
            yield from self._name(node, scopes, depth)
        elif isinstance(node, ast.Attribute):
            dotted = self.namer.expand(node, scopes)
            if dotted is not None:
                yield _Result("name", dotted, {}, {})

    def _name(self, node: ast.Name, scopes: Scopes, depth: int) -> Iterator[_Result]:
        bound, around = self._bound(node.id, scopes)
        if isinstance(bound, _FUNCTIONS) and len(around) > 1:
            yield _Result("function", "", {}, {}, bound, around)
        elif isinstance(bound, ast.expr) and len(around) > 1:
            yield from self._value(bound, around, depth + 1)
        else:
            dotted = self.namer.expand(node, scopes)
            if dotted is not None:
                yield _Result("name", dotted, {}, {})

    def _call(self, node: ast.Call, scopes: Scopes, depth: int) -> Iterator[_Result]:
        func = node.func
        if isinstance(func, ast.Call):  # tool(name="x")(f), wraps(f)(wrapper)
            if self.namer.expand(func.func, scopes) == "functools.wraps":
                for argument in node.args[:1]:
                    yield from self._value(argument, scopes, depth + 1)
            else:
                yield from self._call(func, scopes, depth + 1)
            return
        if isinstance(func, ast.Name):
            bound, around = self._bound(func.id, scopes)
            if isinstance(bound, _FUNCTIONS) and len(around) > 1:
                yield from self._results(bound, around, depth + 1)
                return
        dotted = self.namer.expand(func, scopes)
        if dotted == "functools.partial" and node.args:
            inner = ast.copy_location(ast.Call(node.args[0], node.args[1:], node.keywords), node)
            for result in self._value(node.args[0], scopes, depth + 1):
                yield result._replace(**self._given(inner, scopes))
        elif dotted == "typing.cast" and len(node.args) == 2:
            yield from self._value(node.args[1], scopes, depth + 1)
        elif dotted is not None:
            yield _Result("call", dotted, **self._given(node, scopes))

    def _given(self, call: ast.Call, scopes: Scopes) -> dict[str, Any]:
        """Return the arguments of *call* that can be told, and those that are parameters of a function around it."""
        passed: dict[str, list[Any]] = {}
        places = [*((str(place), value) for place, value in enumerate(call.args)),
                  *((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)]  # fmt: skip
        for place, value in places:
            if isinstance(value, ast.BoolOp):  # name or function.__name__
                value = value.values[0]
            if isinstance(value, ast.Name):
                scope = next((each for each in reversed(scopes) if value.id in each.parameters), None)
                if scope is not None:
                    passed[place] = [value.id, _position(scope, value.id)]
        return {"given": self.decorators.given(call, scopes), "passed": passed}

    def _bound(self, name: str, scopes: Scopes) -> tuple[Any, Scopes]:
        """Return what *name* is bound to, and the bodies around that."""
        for place in reversed(range(len(scopes))):
            scope = scopes[place]
            if scope.kind == "class" and place != len(scopes) - 1:
                continue
            if scope.binds(name):
                return scope.names.intended(name), scopes[: place + 1]
        return None, scopes[:1]


def _plain(result: _Result) -> dict[str, Any]:
    return {"dotted": result.dotted, "given": result.given, "passed": result.passed}


def gives_nothing(bound: object) -> bool:
    """Tell whether *bound* is a class of which a call gives an object of it and, as it has no bases, nothing else."""
    return isinstance(bound, ast.ClassDef) and not bound.bases and not any(_named(bound.body, name) for name in _MAKING)


def _named(body: list[ast.stmt] | Any, name: str) -> list[Function]:
    return [node for node in body if isinstance(node, _FUNCTIONS) and node.name == name]


def _parameters(node: ast.Lambda) -> Scope:
    """Return the scope of a lambda, whose parameters hide other names."""
    function = ast.FunctionDef(name="<lambda>", args=node.args, body=[], decorator_list=[], returns=None)
    return Scope("function", [], function)


def _position(scope: Scope, name: str) -> int:
    """Return the position of a parameter, -1 for one that is given by name only; ``self`` doesn't count."""
    if not isinstance(scope.node, _FUNCTIONS):
        return -1
    arguments = scope.node.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args) if each.arg not in ("self", "cls")]
    return names.index(name) if name in names else -1
