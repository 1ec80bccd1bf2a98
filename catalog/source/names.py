"""What the names of a module or class body are bound to, read from its statements."""

from __future__ import annotations

import ast
import os.path
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
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
            if the condition tells (see :func:`truth_of`), else the first; of a ``try`` its own body before the
            handlers, unless it imports what is not here.
        stars: the modules whose public names are imported, in order.
        near: the file, which tells whether a module that a ``try`` imports is one beside it; empty: not known.
        keeps_imports: whether an import that fails here counts all the same: what a framework's name stands for is the
            same where the framework is not installed.
        exported: what a literal ``__all__`` lists, or None.
    """

    bound: dict[str, Binding] = field(default_factory=dict)
    near: str = ""
    keeps_imports: bool = False
    stars: list[Imported] = field(default_factory=list)
    exported: tuple[str, ...] | None = None

    @property
    def is_dynamic(self) -> bool:
        """Whether a module-level ``__getattr__`` makes up names."""
        return "__getattr__" in self.bound


def names_of(body: Sequence[ast.stmt], near: str = "", *, keeps_imports: bool = False) -> Names:
    """Return what the statements of *body* bind, those in branches, loops and ``with`` blocks included.

    Args:
        body: of a module or a class.
        near: the file it is in.
        keeps_imports: whether an import that fails here counts all the same.
    """
    names = Names(near=near, keeps_imports=keeps_imports)
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
    body, handlers = [*node.body, *node.orelse], [handler.body for handler in node.handlers]
    if not fails(node, names.near):
        _prefer_first(names, body, *handlers)
    else:
        _prefer_first(names, *handlers, body)
        if names.keeps_imports:
            tried = names_of(body, names.near, keeps_imports=True).bound
            names.bound.update({name: bound for name, bound in tried.items() if isinstance(bound, Imported)})
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
    truth = truth_of(node.test)
    if truth is None:
        _prefer_first(names, node.body, node.orelse)
        return
    taken, skipped = (node.body, node.orelse) if truth else (node.orelse, node.body)
    _bind(taken, names)
    # What only the skipped branch binds is still the best guess: a lazy package imports for type checkers
    # what its __getattr__ returns.
    other = names_of(skipped, names.near, keeps_imports=names.keeps_imports)
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
        branch = names_of(body, names.near, keeps_imports=names.keeps_imports)
        for name, binding in branch.bound.items():
            merged.setdefault(name, binding)
        names.stars += branch.stars
        if branch.exported is not None:
            names.exported = branch.exported
    names.bound.update(merged)


def truth_of(test: ast.expr) -> bool | None:
    """Return whether this Python, on this system, takes the branch; None if reading alone can't tell.

    Understood are constants, ``TYPE_CHECKING``, ``sys.version_info``, ``sys.platform`` and ``os.name`` compared with
    constants, ``sys.platform.startswith``, ``platform.system()``, and these joined by ``not``, ``and`` and ``or``.
    """
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth_of(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = {truth_of(value) for value in test.values}
        decides = isinstance(test.op, ast.Or)  # one True decides an `or`, one False an `and`
        return decides if decides in parts else None if None in parts else not decides
    if getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Call) and getattr(test.func, "attr", "") == "startswith" and len(test.args) == 1:
        here, prefix = _fact(test.func.value), _constant(test.args[0])  # type: ignore[attr-defined]
        return here.startswith(prefix) if isinstance(here, str) and isinstance(prefix, (str, tuple)) else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        here, other = _fact(test.left), _constant(test.comparators[0])
        if here is None or other is None:
            return None
        if isinstance(here, tuple) and isinstance(other, tuple) and type(test.ops[0]) in (ast.GtE, ast.Lt):
            here = here[: len(other)]
        compare = _COMPARED.get(type(test.ops[0]))
        try:
            return None if compare is None else bool(compare(here, other))
        except TypeError:
            return None
    return None


_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda here, other: here == other,
    ast.NotEq: lambda here, other: here != other,
    ast.GtE: lambda here, other: here >= other,
    ast.Gt: lambda here, other: here > other,
    ast.Lt: lambda here, other: here < other,
    ast.LtE: lambda here, other: here <= other,
    ast.In: lambda here, other: here in other,
    ast.NotIn: lambda here, other: here not in other,
}


def _fact(node: ast.expr) -> Any:
    """Return what *node* is on this system: version or platform; None if it is something else."""
    if isinstance(node, ast.Subscript):
        whole, cut = _fact(node.value), node.slice
        place = cut.upper if isinstance(cut, ast.Slice) and cut.lower is None and cut.step is None else cut
        number = place.value if isinstance(place, ast.Constant) else None
        if not isinstance(whole, tuple) or not isinstance(number, int) or not 0 <= number <= len(whole):
            return None
        return whole[:number] if place is not cut else whole[number] if number < 3 else None
    text = ast.unparse(node) if isinstance(node, (ast.Attribute, ast.Call)) else getattr(node, "id", "")
    if text in ("sys.version_info", "version_info"):
        return tuple(sys.version_info)
    if text in ("sys.platform", "platform.system().lower()"):
        return sys.platform if text == "sys.platform" else _system().lower()
    if text == "os.name":
        return os.name
    return _system() if text == "platform.system()" else None


def _system() -> str:
    return {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(sys.platform, sys.platform)


def _constant(node: ast.expr) -> Any:
    """Return the text, number, or tuple of these, that *node* is; None if it is something else."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        parts = tuple(_constant(element) for element in node.elts)
        return None if None in parts else parts
    return None


def fails(node: ast.Try | ast.TryStar, near: str) -> bool:
    """Tell whether the body of a ``try`` imports a module that is not here, where a handler is for that.

    Args:
        node: the statement.
        near: the file it is in: a module beside it, or beside a folder above, may be the module that is meant.
    """
    if not near or not any(_is_for_imports(handler.type) for handler in node.handlers):
        return False
    modules = [
        name
        for statement in node.body
        for name in (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""]
            if isinstance(statement, ast.ImportFrom) and not statement.level
            else []
        )
    ]
    return any(_is_missing(name.partition(".")[0], near) for name in modules)


def _is_for_imports(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Tuple):
        return any(map(_is_for_imports, node.elts))
    return node is None or getattr(node, "id", "") in ("ImportError", "ModuleNotFoundError", "Exception")


def _is_missing(top: str, near: str) -> bool:
    if top in sys.stdlib_module_names or top in sys.modules:
        return False
    try:
        if PathFinder.find_spec(top) is not None:
            return False
    except (ImportError, ValueError, OSError):
        return False
    folder = os.path.dirname(near)
    for _ in range(_NEAR):
        if os.path.exists(os.path.join(folder, top)) or os.path.exists(os.path.join(folder, f"{top}.py")):
            return False
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return True


_NEAR = 8
"""In how many folders above a file a module that it imports is looked for."""


def _texts(node: ast.expr | None) -> tuple[str, ...] | None:
    if not isinstance(node, (ast.Tuple, ast.List)):
        return None
    constants = [element.value for element in node.elts if isinstance(element, ast.Constant)]
    texts = tuple(value for value in constants if isinstance(value, str))
    return texts if len(texts) == len(node.elts) else None
