"""What the names of a module or class body are bound to, read from its statements."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

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


def _bind(body: Sequence[ast.stmt], names: Names) -> None:  # noqa: C901  # one branch a kind of statement
    bound = names.bound
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound[node.name] = node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                _assign(target, node.value, names)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                _assign(node.target, node.value, names)
            elif isinstance(node.target, ast.Name):
                bound.setdefault(node.target.id, Opaque())
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name) and node.target.id == "__all__":
                names.exported = None
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    names.stars.append(Imported(node.module or "", None, node.level))
                else:
                    bound[alias.asname or alias.name] = Imported(node.module or "", alias.name, node.level)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    bound[alias.asname] = Imported(alias.name, None)
                else:
                    top = alias.name.partition(".")[0]
                    bound[top] = Imported(top, None)
        elif isinstance(node, ast.If):
            _bind_if(node, names)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            _prefer_first(names, [*node.body, *node.orelse], *[handler.body for handler in node.handlers])
            _bind(node.finalbody, names)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            _assign(node.target, None, names)
            _bind([*node.body, *node.orelse], names)
        elif isinstance(node, ast.While):
            _bind([*node.body, *node.orelse], names)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    _assign(item.optional_vars, None, names)
            _bind(node.body, names)
        elif isinstance(node, ast.Match):
            _prefer_first(names, *[case.body for case in node.cases])
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.pop(target.id, None)
        elif type(node).__name__ == "TypeAlias":  # since Python 3.12
            bound[node.name.id] = node.value  # type: ignore[attr-defined]


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
