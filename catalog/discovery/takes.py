"""What a call is given: the objects, functions and lists of them among its arguments, as far as one file tells.

Each target says how it is known: ``["name", dotted]`` a name at module level, here or elsewhere; ``["called", dotted]``
what a call of it gives; ``["made", "line:column"]`` a call in this file; ``["text", text]`` a literal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from catalog.discovery.scopes import Namer, Scope, Scopes, last_name, statements

Target = list[str]
Take = list[str]
"""An argument (a keyword, or a position as text), and the target it is given."""

_MOST = 2_000
"""How many objects one call is given at most; nobody gives as many."""
_MOST_STEPS = 200_000
"""How many expressions of one file are read for this."""
_DEEPEST = 20
_COLLECTED = {"agents": "agent", "tasks": "task"}
"""Attributes that CrewAI fills with what the methods with a decorator return."""
_POSITIONS = 4
"""How many arguments by position count."""

_WRAPPERS = re.compile(r"(?:tool|function|from_defaults|partial|handoff|list|tuple|set|sorted)\Z", re.IGNORECASE)
"""Names of calls that hand on what they are given first: ``FunctionTool(f)``, ``partial(f, x=1)``, ``list(TOOLS)``."""
_TEXTS = ("model", "llm", "lm", "model_name", "0")
"""The arguments whose texts may name an entry."""
WRAPPED = ("0", "func", "fn", "f", "function", "callable", "coroutine", "async_fn", "agent", "tools", "target")
"""The arguments of a wrapper that may be what it wraps."""


class Takes:
    """Reads what the calls of one file are given."""

    def __init__(self, namer: Namer) -> None:
        """Read in the file of *namer*."""
        self.namer = namer
        self._steps = 0

    def of(self, call: ast.Call, scopes: Scopes) -> list[Take]:
        """Return what *call* is given, by argument."""
        takes: list[Take] = []
        arguments: list[tuple[str, ast.expr]] = []
        for place, argument in enumerate(call.args[:_POSITIONS]):
            arguments.append((str(place), argument))
            if isinstance(argument, ast.Starred):
                break
        arguments += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
        for name, value in arguments:
            listed = _is_list(value)
            for target in self.targets(value, scopes):
                if target[0] == "text" and name not in _TEXTS:
                    continue
                takes.append([f"{name}*" if listed and name.isdecimal() else name, *target])
                if len(takes) >= _MOST:
                    return takes
        return takes

    def targets(self, node: ast.expr, scopes: Scopes, depth: int = 0, been: set[int] | None = None) -> Iterator[Target]:
        """Yield what the expression *node* stands for, the elements of lists each.

        *been* has the values of names that were followed already: lists may hold each other.
        """
        been = set() if been is None else been
        self._steps += 1
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            return
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and depth <= 1 and 0 < len(node.value) <= 200:
                yield ["text", node.value]
        elif isinstance(node, (ast.Name, ast.Attribute)):
            yield from self._named(node, scopes, depth, been)
        elif isinstance(node, ast.Call):
            yield from self._called(node, scopes, depth, been)
        else:
            for part in _parts(node):
                yield from self.targets(part, scopes, depth + 1, been)

    def _called(self, node: ast.Call, scopes: Scopes, depth: int, been: set[int]) -> Iterator[Target]:
        yield ["made", f"{node.lineno}:{node.col_offset}"]
        dotted = self.namer.expand(node.func, scopes)
        if dotted is not None:
            yield ["called", dotted]
        if isinstance(node.func, ast.Attribute):  # agent.as_tool(), client.list_tools(): what it is a method of
            for form, target in self.targets(node.func.value, scopes, depth + 1, been):
                if form != "text":
                    yield ["called" if form == "name" else form, target]
        if _WRAPPERS.search(last_name(node.func)):
            for inner in wrapped_in(node):
                yield from self.targets(inner, scopes, depth + 1, been)

    def _named(self, node: ast.Name | ast.Attribute, scopes: Scopes, depth: int, been: set[int]) -> Iterator[Target]:
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("self", "cls"):
            yield from self._own(node.attr, scopes, depth, been)
            return
        if isinstance(node, ast.Name):
            scope = self.namer.scope(node.id, scopes)
            binding = None if scope is None else scope.names.intended(node.id)
            if scope is not None and isinstance(binding, ast.expr) and not _is_itself(binding, node.id):
                within = scopes[: scopes.index(scope) + 1]
                if id(binding) not in been:
                    been.add(id(binding))
                    yield from self.targets(binding, within, depth + 1, been)
                    for more in self._grown(node.id, scope):
                        yield from self.targets(more, within, depth + 1, been)
                if scope.kind == "module":
                    yield ["name", f"{self.namer.module}.{node.id}"]
                return
            if scope is not None and binding is None and (default := _default_of(scope.node, node.id)) is not None:
                yield from self.targets(default, scopes[: scopes.index(scope)], depth + 1, been)
                return
        dotted = self.namer.expand(node, scopes)
        if dotted is not None:
            yield ["name", dotted]
        if isinstance(node, ast.Attribute):  # a method of an object: toolkit.search
            owner = self.namer.owner(node.value, scopes)
            if owner is not None and owner[0] == "type":
                yield ["name", f"{owner[1]}.{node.attr}"]

    def _grown(self, name: str, scope: Scope) -> list[ast.expr]:
        """Return what is added to the list *name* in its own body: ``tools.append(f)``, ``tools += [f]``."""
        if scope.grown is None:
            scope.grown = {}
            for statement in statements(scope.body):
                if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                    scope.grown.setdefault(statement.target.id, []).append(statement.value)
                elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                    func = statement.value.func
                    if isinstance(func, ast.Attribute) and func.attr in ("append", "extend", "insert", "add"):
                        grown = scope.grown.setdefault(getattr(func.value, "id", ""), [])
                        grown += statement.value.args[-1:]
        return scope.grown.get(name, [])

    def _own(self, name: str, scopes: Scopes, depth: int, been: set[int]) -> Iterator[Target]:
        """Yield what ``self.name`` is: a method of the class around, or what one of its methods sets."""
        place = next((place for place in reversed(range(len(scopes))) if scopes[place].kind == "class"), None)
        if place is None:
            return
        body = scopes[place].body
        within = scopes[: place + 1]
        for statement in body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
                yield ["name", ".".join([self.namer.module, *path_of(within), name])]
                return
        if name in _COLLECTED:
            for method in body:
                marks = getattr(method, "decorator_list", ())
                if any(last_name(mark) == _COLLECTED[name] for mark in marks):
                    yield ["name", ".".join([self.namer.module, *path_of(within), getattr(method, "name", "")])]
        for method in body:
            if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for statement in statements(method.body):
                value = _set_to(statement, name)
                if value is not None:
                    inner = Scope("function", method.body, method)
                    yield from self.targets(value, [*within, inner], depth + 1, been)
                    return


def wrapped_in(call: ast.Call) -> list[ast.expr]:
    """Return the arguments of a wrapper that may be what it wraps."""
    first = [argument for argument in call.args[:1] if not isinstance(argument, ast.Starred)]
    return first + [keyword.value for keyword in call.keywords if keyword.arg in WRAPPED]


def path_of(scopes: Scopes) -> list[str]:
    """Return the names that lead to a body from its module, ``<locals>`` after each function."""
    names: list[str] = []
    for scope in scopes[1:]:
        if scope.node is not None:
            names.append(scope.node.name)
            if scope.kind == "function":
                names.append("<locals>")
    return names


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    """Return the expressions that hold what *node* holds."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return node.elts
    if isinstance(node, (ast.Starred, ast.Await)):
        return (node.value,)
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.BitOr)):
        return (node.left, node.right)
    if isinstance(node, ast.IfExp):
        return (node.body, node.orelse)
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.NamedExpr):
        return (node.value,)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):  # [tool(f) for f in (a, b)]
        return (node.generators[0].iter,)
    return ()


def _default_of(node: object, name: str) -> ast.expr | None:
    """Return what a parameter of a function is, if a call does not say it: *f* of ``def build(tool=f)``."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return next((default for parameter, default in pairs if parameter.arg == name), None)


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.ListComp))


def _is_itself(binding: ast.expr, name: str) -> bool:
    return isinstance(binding, ast.Name) and binding.id == name


def _set_to(statement: ast.stmt, name: str) -> ast.expr | None:
    """Return what *statement* sets ``self.name`` to, if it does."""
    if isinstance(statement, ast.Assign):
        targets: Sequence[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return None
    for target in targets:
        if isinstance(target, ast.Attribute) and target.attr == name and getattr(target.value, "id", "") == "self":
            return statement.value
    return None
