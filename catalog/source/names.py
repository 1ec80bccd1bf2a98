"""What the names of a module or class body are bound to, read from its statements."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.source.checksum import Function


@dataclass(frozen=True, slots=True)
class Imported:
    """``from module import name``, or ``import module`` where *name* is None; *level* counts leading dots."""

    module: str
    name: str | None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Opaque:
    """Bound to something the source doesn't show: a loop variable, a part of what a call returned."""


Binding = Function | ast.ClassDef | ast.expr | Imported | Opaque
"""What a name is bound to: a definition, the expression assigned, an import, or something opaque."""


@dataclass(slots=True)
class Names:
    """The names of one body.

    Attributes:
        bound: name to binding. Of several the last one counts; of two branches the one this Python takes,
            if the condition tells (``TYPE_CHECKING``, ``sys.version_info``), else the first; of a ``try``
            its own body before the handlers.
        stars: the modules whose public names are imported, in order.
        exported: what a literal ``__all__`` lists, or None.
    """

    bound: dict[str, Binding] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)
    exported: tuple[str, ...] | None = None

    @property
    def is_dynamic(self) -> bool:
        """Whether a module-level ``__getattr__`` makes up names."""
        return "__getattr__" in self.bound


def names_of(body: Sequence[ast.stmt]) -> Names:
    """Return what the statements of *body* bind, those in branches, loops and ``with`` blocks included."""
    names = Names()
    _bind(body, names)
    return names


def _bind(body: Sequence[ast.stmt], names: Names) -> None:
    bound, binders = names.bound, _BINDERS
    for node in body:
        kind = node.__class__
        if kind in _DEFINITIONS:
            bound[node.name] = node  # type: ignore[attr-defined,assignment]
        elif kind in binders:
            binders[kind](node, names)


def _bind_assignment(node: ast.Assign, names: Names) -> None:
    for target in node.targets:
        _assign(target, node.value, names)


def _bind_annotated(node: ast.AnnAssign, names: Names) -> None:
    if node.value is not None:
        _assign(node.target, node.value, names)
    elif isinstance(node.target, ast.Name):
        names.bound.setdefault(node.target.id, Opaque())


def _bind_augmented(node: ast.AugAssign, names: Names) -> None:
    if isinstance(node.target, ast.Name) and node.target.id == "__all__":
        names.exported = None


def _bind_from(node: ast.ImportFrom, names: Names) -> None:
    for alias in node.names:
        if alias.name == "*":
            names.stars.append(Imported(node.module or "", None, node.level))
        else:
            names.bound[alias.asname or alias.name] = Imported(node.module or "", alias.name, node.level)


def _bind_import(node: ast.Import, names: Names) -> None:
    for alias in node.names:
        if alias.asname:
            names.bound[alias.asname] = Imported(alias.name, None)
        else:
            top = alias.name.partition(".")[0]
            names.bound[top] = Imported(top, None)


def _bind_try(node: ast.Try | ast.TryStar, names: Names) -> None:
    _prefer_first(names, [*node.body, *node.orelse], *[handler.body for handler in node.handlers])
    _bind(node.finalbody, names)


def _bind_for(node: ast.For | ast.AsyncFor, names: Names) -> None:
    _assign(node.target, None, names)
    _bind([*node.body, *node.orelse], names)


def _bind_while(node: ast.While, names: Names) -> None:
    _bind([*node.body, *node.orelse], names)


def _bind_with(node: ast.With | ast.AsyncWith, names: Names) -> None:
    for item in node.items:
        if item.optional_vars is not None:
            _assign(item.optional_vars, None, names)
    _bind(node.body, names)


def _bind_match(node: ast.Match, names: Names) -> None:
    _prefer_first(names, *[case.body for case in node.cases])


def _unbind(node: ast.Delete, names: Names) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            names.bound.pop(target.id, None)


def _bind_type(node: Any, names: Names) -> None:
    names.bound[node.name.id] = node.value


def _assign(target: ast.expr, value: ast.expr | None, names: Names) -> None:
    if isinstance(target, ast.Name):
        names.bound[target.id] = Opaque() if value is None else value
        if target.id == "__all__":
            names.exported = _texts(value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values: Sequence[ast.expr | None] = [None] * len(target.elts)
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            values = value.elts
        for element, part in zip(target.elts, values, strict=True):
            _assign(element, part, names)
    elif isinstance(target, ast.Starred):
        _assign(target.value, None, names)


def _bind_if(node: ast.If, names: Names) -> None:
    truth = _truth(node.test)
    if truth is None:
        _prefer_first(names, node.body, node.orelse)
        return
    taken, skipped = (node.body, node.orelse) if truth else (node.orelse, node.body)
    _bind(taken, names)
    # What only the skipped branch binds is still the best guess: a lazy package imports for type checkers
    # what its __getattr__ returns.
    other = names_of(skipped)
    for name, binding in other.bound.items():
        names.bound.setdefault(name, binding)
    names.stars[:0] = other.stars


_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})

_BINDERS: dict[type[ast.stmt], Callable[[Any, Names], None]] = {
    ast.Assign: _bind_assignment,
    ast.AnnAssign: _bind_annotated,
    ast.AugAssign: _bind_augmented,
    ast.ImportFrom: _bind_from,
    ast.Import: _bind_import,
    ast.If: _bind_if,
    ast.Try: _bind_try,
    ast.TryStar: _bind_try,
    ast.For: _bind_for,
    ast.AsyncFor: _bind_for,
    ast.While: _bind_while,
    ast.With: _bind_with,
    ast.AsyncWith: _bind_with,
    ast.Match: _bind_match,
    ast.Delete: _unbind,
}
"""What each kind of statement binds; kinds that bind nothing are not there."""
if sys.version_info >= (3, 12):
    _BINDERS[ast.TypeAlias] = _bind_type


def _prefer_first(names: Names, *branches: Sequence[ast.stmt]) -> None:
    merged: dict[str, Binding] = {}
    for body in branches:
        branch = names_of(body)
        for name, binding in branch.bound.items():
            merged.setdefault(name, binding)
        names.stars += branch.stars
        if branch.exported is not None:
            names.exported = branch.exported
    names.bound.update(merged)


def _truth(test: ast.expr) -> bool | None:
    """Return whether this Python takes the branch, or None if reading alone can't tell."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand)
        return None if inner is None else not inner
    if getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Attribute):
        version = _version(test.comparators[0])
        if test.left.attr == "version_info" and version is not None:
            here = sys.version_info[: len(version)]
            answers: dict[type[ast.cmpop], bool] = {
                ast.GtE: here >= version,
                ast.Gt: sys.version_info > version,
                ast.Lt: here < version,
                ast.LtE: sys.version_info <= version,
            }
            return answers.get(type(test.ops[0]))
    return None


def _version(node: ast.expr) -> tuple[int, ...] | None:
    if not isinstance(node, ast.Tuple):
        return None
    numbers = [element.value if isinstance(element, ast.Constant) else None for element in node.elts]
    whole = tuple(number for number in numbers if isinstance(number, int))
    return whole if len(whole) == len(numbers) else None


def _texts(node: ast.expr | None) -> tuple[str, ...] | None:
    if not isinstance(node, (ast.Tuple, ast.List)):
        return None
    constants = [element.value for element in node.elts if isinstance(element, ast.Constant)]
    texts = tuple(value for value in constants if isinstance(value, str))
    return texts if len(texts) == len(node.elts) else None
