"""Which branches of a module this Python would run, read from conditions and from what can be imported here.

Three answers: it runs, it doesn't, or reading alone can't tell.
"""

from __future__ import annotations

import ast
import operator
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from catalog.source.importable import is_importable, is_module, may_hold

Lookup = Callable[[str], Any]
"""Returns what a name is bound to in the module around a condition: an expression, an ``Imported``, or None."""

_DEEPEST = 20
"""How many names that stand for values are followed."""

_FAILED_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
"""What a handler may name to run when an import fails."""

_FACTS: dict[str, Callable[[], Any]] = {
    "sys.platform": lambda: sys.platform,
    "sys.version_info": lambda: tuple(sys.version_info),
    "sys.version_info.major": lambda: sys.version_info.major,
    "sys.version_info.minor": lambda: sys.version_info.minor,
    "sys.version_info.micro": lambda: sys.version_info.micro,
    "sys.hexversion": lambda: sys.hexversion,
    "sys.maxsize": lambda: sys.maxsize,
    "sys.byteorder": lambda: sys.byteorder,
    "sys.implementation.name": lambda: sys.implementation.name,
    "os.name": lambda: os.name,
    "os.sep": lambda: os.sep,
    "typing.TYPE_CHECKING": lambda: False,
    "typing_extensions.TYPE_CHECKING": lambda: False,
    "platform.system()": platform.system,
    "platform.machine()": platform.machine,
    "platform.python_implementation()": platform.python_implementation,
}
"""What is known of this Python without running the module that asks."""

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: lambda left, right: left is right if None in (left, right) else left == right,
    ast.IsNot: lambda left, right: left is not right if None in (left, right) else left != right,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_TEXT_METHODS = frozenset({"startswith", "endswith", "lower", "upper", "strip"})


_MOST_STEPS = 5_000
"""How many expressions are read for one condition: with ``b = a and a; c = b and b; ...`` each name doubles them."""


class _Unknown(Exception):
    """Reading can't tell."""


class Part(NamedTuple):
    """The statements of one branch.

    Attributes:
        body: the statements.
        runs: whether they run here; None where reading can't tell.
        elsewhere: whether they run where a package is installed that is missing here.
    """

    body: Sequence[ast.stmt]
    runs: bool | None
    elsewhere: bool = False

    @property
    def may_run(self) -> bool:
        """Whether they run here, perhaps, or elsewhere."""
        return self.runs is not False or self.elsewhere


class Branches:
    """Answers for the statements of one file.

    Attributes:
        tried: the modules whose being importable decided something, with the answer.
    """

    def __init__(self, path: str | None, lookup: Lookup) -> None:
        """Answer for the file at *path*, of which *lookup* tells what its names are bound to."""
        self.path = path
        self.lookup = lookup
        self.tried: dict[str, bool] = {}
        self._parts: dict[int, list[Part]] = {}
        self._steps = 0
        self._inside = 0  # how many answers are being worked out, each for another

    def parts(self, node: ast.stmt) -> list[Part]:
        """Return the branches of a statement that holds others, in the order they stand; kept for each statement."""
        parts = self._parts.get(id(node))
        if parts is None:
            parts = self._parts[id(node)] = list(self._split(node))
        return parts

    def _split(self, node: ast.stmt) -> Iterator[Part]:
        if isinstance(node, ast.If):
            truth = self.truth(node.test)
            yield Part(node.body, truth)
            yield Part(node.orelse, None if truth is None else not truth)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            yield from self._try(node)
        elif isinstance(node, ast.Match):
            yield from self._match(node)
        elif isinstance(node, ast.While):
            yield Part(node.body, self.truth(node.test) is not False)
            yield Part(node.orelse, True)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            yield Part([*node.body, *node.orelse], True)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            stop = self._stop(node.body) if any(_suppresses(item.context_expr) for item in node.items) else None
            yield Part(node.body if stop is None else node.body[:stop], True)
            if stop is not None:
                yield Part(node.body[stop:], False)

    def _try(self, node: ast.Try | ast.TryStar) -> Iterator[Part]:
        catches = [_catches(handler) for handler in node.handlers]
        stop = self._stop(node.body) if any(catches) else None
        if stop is not None:  # an import fails: what stands before it has run, then its handler
            yield Part(node.body[:stop], True)
            yield Part(node.body[stop:], False, elsewhere=True)
            yield Part(node.orelse, False, elsewhere=True)
        else:
            yield Part([*node.body, *node.orelse], True)
        is_certain = all(isinstance(statement, _CERTAIN) for statement in node.body)
        may_fail = None if stop is None and _may_fail_to_import(node.body) else False
        first = next((place for place, catching in enumerate(catches) if catching), None)
        for place, handler in enumerate(node.handlers):
            if stop is not None:
                yield Part(handler.body, place == first)
            elif is_certain:
                yield Part(handler.body, False)
            else:
                yield Part(handler.body, may_fail if _is_for_imports(handler) else None)
        yield Part(node.finalbody, True)

    def _match(self, node: ast.Match) -> Iterator[Part]:
        try:
            subject = self.value(node.subject)
        except _Unknown:
            for case in node.cases:
                yield Part(case.body, None)
            return
        taken: bool | None = False
        for case in node.cases:
            fits = None if case.guard is not None else self._fits(case.pattern, subject)
            runs = False if taken is True or fits is False else None if taken is None else fits
            yield Part(case.body, runs)
            if taken is not True and fits is not False:
                taken = fits

    def _fits(self, pattern: ast.pattern, subject: Any) -> bool | None:
        if isinstance(pattern, ast.MatchValue):
            try:
                return bool(self.value(pattern.value) == subject)
            except _Unknown:
                return None
        if isinstance(pattern, ast.MatchOr):
            answers = [self._fits(each, subject) for each in pattern.patterns]
            return True if True in answers else None if None in answers else False
        return True if isinstance(pattern, ast.MatchAs) and pattern.pattern is None else None

    # --- conditions ----------------------------------------------------------------------------------------

    def truth(self, test: ast.expr) -> bool | None:
        """Return whether *test* is true here, or None if reading alone can't tell."""
        self._steps = self._steps + 1 if self._inside else 0
        if self._inside > 2 * _DEEPEST or self._steps > _MOST_STEPS:
            return None
        self._inside += 1
        try:
            return self._truth(test)
        finally:
            self._inside -= 1

    def _truth(self, test: ast.expr) -> bool | None:
        if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
            other = test.comparators[0]
            if isinstance(other, ast.Constant) and other.value == "__main__":  # the module is imported, not started
                return {ast.Eq: False, ast.NotEq: True}.get(type(test.ops[0]))
        if isinstance(test, ast.BoolOp):
            answers = [self.truth(value) for value in test.values]
            decides = isinstance(test.op, ast.Or)
            return decides if decides in answers else None if None in answers else not decides
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.truth(test.operand)
            return None if inner is None else not inner
        try:
            return bool(self.value(test))
        except _Unknown:
            return None

    def value(self, node: ast.expr, depth: int = 0) -> Any:
        """Return the value of *node*.

        Raises:
            _Unknown: reading alone can't tell.
        """
        self._steps = self._steps + 1 if self._inside else 0
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            raise _Unknown
        self._inside += 1
        try:
            return self._value(node, depth + 1)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError):  # the module would fail here, too
            raise _Unknown from None
        finally:
            self._inside -= 1

    def _value(self, node: ast.expr, depth: int) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return tuple(self.value(element, depth) for element in node.elts)
        if isinstance(node, ast.Subscript):
            return self.value(node.value, depth)[self._index(node.slice, depth)]
        if isinstance(node, ast.Compare):
            left = self.value(node.left, depth)
            for operation, comparator in zip(node.ops, node.comparators, strict=True):
                right = self.value(comparator, depth)
                if not _COMPARISONS[type(operation)](left, right):
                    return False
                left = right
            return True
        if isinstance(node, (ast.BoolOp, ast.UnaryOp)):
            truth = self.truth(node)
            if truth is None:
                raise _Unknown
            return truth
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        if isinstance(node, ast.Name):
            bound = self.lookup(node.id)
            if isinstance(bound, ast.expr) and bound is not node:
                return self.value(bound, depth)
        return self._fact(self._dotted(node))

    def _index(self, node: ast.expr, depth: int) -> Any:
        if isinstance(node, ast.Slice):
            ends = [None if end is None else self.value(end, depth) for end in (node.lower, node.upper, node.step)]
            return slice(*ends)
        return self.value(node, depth)

    def _call(self, node: ast.Call, depth: int) -> Any:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "find_spec" and len(node.args) == 1:
            found = self.is_importable(str(self.value(node.args[0], depth)))
            return "spec" if found else None
        if name == "bool" and len(node.args) == 1:
            return bool(self.value(node.args[0], depth))
        if isinstance(node.func, ast.Attribute) and name in _TEXT_METHODS:
            text = self.value(node.func.value, depth)
            if isinstance(text, str):
                return getattr(text, name)(*[self.value(argument, depth) for argument in node.args])
        return self._fact(None if node.args or node.keywords else f"{self._dotted(node.func)}()")

    def _fact(self, dotted: str | None) -> Any:
        fact = _FACTS.get(dotted or "")
        if fact is None:
            raise _Unknown
        return fact()

    def _dotted(self, node: ast.expr) -> str | None:
        """Return the global name of *node*; of a name that nothing binds here, what it says."""
        if isinstance(node, ast.Attribute):
            above = self._dotted(node.value)
            return None if above is None else f"{above}.{node.attr}"
        if not isinstance(node, ast.Name):
            return None
        bound = self.lookup(node.id)
        module = getattr(bound, "module", None)
        if module is not None:
            name = getattr(bound, "name", None)
            return str(module) if name is None else f"{module}.{name}"
        if isinstance(bound, (ast.Name, ast.Attribute)) and bound is not node:
            return self._dotted(bound) if getattr(bound, "id", "") != node.id else None
        return None if bound is not None else "typing.TYPE_CHECKING" if node.id == "TYPE_CHECKING" else node.id

    # --- imports -------------------------------------------------------------------------------------------

    def _stop(self, body: Sequence[ast.stmt]) -> int | None:
        """Return the place of the first statement that surely raises an ImportError, or None."""
        for place, statement in enumerate(body):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                if not self._imports(statement):
                    return place
            elif isinstance(statement, ast.Raise):
                if _is_import_error(statement.exc):
                    return place
            elif isinstance(statement, (ast.Expr, ast.Assign)):
                module = _imported_by_call(statement.value)
                if module and not self.is_importable(module):
                    return place
        return None

    def _imports(self, statement: ast.Import | ast.ImportFrom) -> bool:
        """Tell whether an import statement would work, as far as files show; in doubt it would."""
        if isinstance(statement, ast.Import):
            return all(self.is_importable(alias.name) for alias in statement.names)
        if statement.level:
            return self._is_beside(statement)
        module = statement.module or ""
        return all(self.is_importable(module, alias.name) for alias in statement.names)

    def is_importable(self, module: str, name: str | None = None) -> bool:
        """Tell whether *module*, and *name* in it, can be imported here; nothing is."""
        key = module if name is None else f"{module}:{name}"
        answer = self.tried.get(key)
        if answer is None:
            answer = self.tried[key] = is_importable(key, self.path)
        return answer

    def _is_beside(self, statement: ast.ImportFrom) -> bool:
        """Tell whether a relative import would find its module."""
        folder = self.path
        for _ in range(statement.level):
            folder = os.path.dirname(folder) if folder else None
        if not folder:
            return True
        parts = (statement.module or "").split(".") if statement.module else []
        if not parts:  # `from . import name`: name may also be a variable of the package
            initial = os.path.join(folder, "__init__.py")
            return all(
                is_module(os.path.join(folder, alias.name)) or may_hold(initial, alias.name)
                for alias in statement.names
            )
        return is_module(os.path.join(folder, *parts))


_CERTAIN = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Pass,
)
"""Statements that don't fail once what they import is there."""


def _suppresses(context: ast.expr) -> bool:
    """Tell whether ``with`` *context* lets an ImportError pass."""
    if not isinstance(context, ast.Call):
        return False
    func = context.func
    if (func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")) != "suppress":
        return False
    return any(getattr(argument, "id", "") in _FAILED_IMPORTS for argument in context.args)


def _is_import_error(raised: ast.expr | None) -> bool:
    name = raised.func if isinstance(raised, ast.Call) else raised
    return getattr(name, "id", "") in ("ImportError", "ModuleNotFoundError")


def _imported_by_call(node: ast.expr) -> str | None:
    """Return the module that ``import_module("module")`` or ``__import__("module")`` names, or None."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or not isinstance(node.args[0], ast.Constant):
        return None
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    module = node.args[0].value
    if not isinstance(module, str) or module.startswith(".") or name not in ("import_module", "__import__"):
        return None
    return module


def _may_fail_to_import(body: Sequence[ast.stmt]) -> bool:
    """Tell whether *body* raises, or imports by a call, in a way that reading doesn't follow."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Raise):
                return True
            if isinstance(node, ast.Call) and _imported_by_call(node) is None:
                func = node.func
                name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
                if name in ("import_module", "__import__"):
                    return True
    return False


def _is_for_imports(handler: ast.ExceptHandler) -> bool:
    """Tell whether *handler* runs for failed imports only."""
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(getattr(name, "id", "") in ("ImportError", "ModuleNotFoundError") for name in names)


def _catches(handler: ast.ExceptHandler) -> bool:
    """Tell whether *handler* runs when an import fails."""
    if handler.type is None:
        return True
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(getattr(name, "id", "") in _FAILED_IMPORTS for name in names)
