"""What the names of a module or class body are bound to, read from its statements."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.source.branches import Branches
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


Around = tuple[dict[str, Binding], set[str]]
"""What one body binds, and of which names that is unsure."""


@dataclass(slots=True)
class Names:
    """The names of one body.

    Attributes:
        bound: name to binding. Of several the last one counts; of several branches the one that runs here, if
            reading tells, else the first.
        stars: the modules whose public names are imported, in order.
        exported: what a literal ``__all__`` lists, or None.
        unsure: the names of which reading can't tell which binding counts.
        branches: tells which branches run.
        replaced: bindings that run only because an import fails here, and that import.
        entered: what ``with`` statements bind, as the expressions that are entered.
        around: these names and those of the bodies around, the outermost first; what conditions are looked up in.
            Not the objects themselves: in a circle, trees would wait for the collector.
    """

    bound: dict[str, Binding] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)
    exported: tuple[str, ...] | None = None
    unsure: set[str] = field(default_factory=set)
    branches: Branches = field(default_factory=lambda: Branches(None, lambda name: None), repr=False)
    replaced: dict[str, tuple[Binding, Imported]] = field(default_factory=dict, repr=False)
    entered: dict[str, ast.expr] = field(default_factory=dict, repr=False)
    around: list[Around] = field(default_factory=list, repr=False)

    def intended(self, name: str) -> Binding | None:
        """Return what *name* is bound to; of what stands in for an import that fails here, that import."""
        bound = self.bound.get(name)
        if not self.replaced:
            return bound
        replaced = self.replaced.get(name)
        return replaced[1] if replaced is not None and replaced[0] is bound else bound

    @property
    def is_dynamic(self) -> bool:
        """Whether a module-level ``__getattr__`` makes up names."""
        return "__getattr__" in self.bound


def names_of(body: Sequence[ast.stmt], path: str | None = None) -> Names:
    """Return what the statements of *body* bind, those in branches, loops and ``with`` blocks included.

    *path*, of the file, tells which of its imports would work.
    """
    around: list[Around] = []

    def lookup(name: str) -> Binding | None:
        for bound, unsure in reversed(around):
            if name in bound:
                return Opaque() if name in unsure else bound[name]
        return None

    branches = Branches(path, lookup)
    names = Names(branches=branches)
    names.around = around
    around.append((names.bound, names.unsure))
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


def _bind_expression(node: ast.Expr, names: Names) -> None:
    if isinstance(node.value, ast.NamedExpr):  # (mark := tool)
        _assign(node.value.target, node.value.value, names)


def _bind_annotated(node: ast.AnnAssign, names: Names) -> None:
    if node.value is not None:
        _assign(node.target, node.value, names)
    elif isinstance(node.target, ast.Name):
        names.bound.setdefault(node.target.id, Opaque())


def _bind_augmented(node: ast.AugAssign, names: Names) -> None:
    if isinstance(node.target, ast.Name) and node.target.id == "__all__":
        names.exported = None
    elif isinstance(node.target, ast.Name):
        names.unsure.add(node.target.id)


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


def _bind_for(node: ast.For | ast.AsyncFor, names: Names) -> None:
    _assign(node.target, None, names)
    _bind_branches(node, names)


def _bind_with(node: ast.With | ast.AsyncWith, names: Names) -> None:
    for item in node.items:
        if item.optional_vars is not None:
            _assign(item.optional_vars, None, names)
            if isinstance(item.optional_vars, ast.Name):
                names.entered[item.optional_vars.id] = item.context_expr
    _bind_branches(node, names)


def _bind_branches(node: ast.stmt, names: Names) -> None:
    """Bind what the branches of *node* bind that run; of those that may run, the first."""
    merged: dict[str, Binding] = {}
    guesses: dict[str, Binding] = {}
    test = getattr(node, "test", None)
    if isinstance(test, ast.NamedExpr):  # if (mark := tool):
        _assign(test.target, test.value, names)
    for part in names.branches.parts(node):
        branch = _names_within(part.body, names)
        if part.runs is False:
            # What only a branch that is left out binds is still the best guess on another machine. Of what runs
            # nowhere only imports are: a lazy package imports for type checkers what its __getattr__ returns.
            everywhere = isinstance(node, (ast.If, ast.While)) and _is_fixed(node.test)
            for name, binding in branch.bound.items():
                if not everywhere or isinstance(binding, Imported):
                    guesses.setdefault(name, binding)
            names.stars[:0] = branch.stars
            continue
        for name, binding in branch.bound.items():
            if part.runs is None:
                merged.setdefault(name, binding)
                names.unsure.add(name)
            else:
                merged[name] = binding
                (names.unsure.add if name in branch.unsure or _is_loop(node) else names.unsure.discard)(name)
        names.stars += branch.stars
        names.replaced.update(branch.replaced)
        if branch.exported is not None:
            names.exported = branch.exported
    names.bound.update(merged)
    for name, binding in guesses.items():
        runs = names.bound.setdefault(name, binding)
        if isinstance(binding, Imported) and runs is not binding:
            names.replaced[name] = (runs, binding)


def _names_within(body: Sequence[ast.stmt], names: Names) -> Names:
    inner = Names(branches=names.branches, around=names.around, entered=names.entered)
    names.around.append((inner.bound, inner.unsure))
    _bind(body, inner)
    names.around.pop()
    return inner


def _is_loop(node: ast.stmt) -> bool:
    return isinstance(node, (ast.For, ast.AsyncFor, ast.While))


def _is_fixed(test: ast.expr) -> bool:
    """Tell whether *test* has one answer on every machine."""
    if isinstance(test, ast.UnaryOp):
        test = test.operand
    return isinstance(test, ast.Constant) or getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING"


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


_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})

_BINDERS: dict[type[ast.stmt], Callable[[Any, Names], None]] = {
    ast.Assign: _bind_assignment,
    ast.AnnAssign: _bind_annotated,
    ast.AugAssign: _bind_augmented,
    ast.Expr: _bind_expression,
    ast.ImportFrom: _bind_from,
    ast.Import: _bind_import,
    ast.If: _bind_branches,
    ast.Try: _bind_branches,
    ast.TryStar: _bind_branches,
    ast.For: _bind_for,
    ast.AsyncFor: _bind_for,
    ast.While: _bind_branches,
    ast.With: _bind_with,
    ast.AsyncWith: _bind_with,
    ast.Match: _bind_branches,
    ast.Delete: _unbind,
}
"""What each kind of statement binds; kinds that bind nothing are not there."""
if sys.version_info >= (3, 12):
    _BINDERS[ast.TypeAlias] = _bind_type


def _texts(node: ast.expr | None) -> tuple[str, ...] | None:
    if not isinstance(node, (ast.Tuple, ast.List)):
        return None
    constants = [element.value for element in node.elts if isinstance(element, ast.Constant)]
    texts = tuple(value for value in constants if isinstance(value, str))
    return texts if len(texts) == len(node.elts) else None
