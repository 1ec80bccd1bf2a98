"""Names within one file: what the body of a module, class or function binds, and the dotted names that gives."""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeGuard

from catalog.discovery.literal import Lookup, Value, of_file, read, texts
from catalog.discovery.prefilter import absolute
from catalog.discovery.rules import MARKING
from catalog.entry.kinds import is_kind_name
from catalog.source.checksum import Function
from catalog.source.names import Imported, Names, names_of

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_HOLDING: frozenset[type[ast.AST]] = frozenset(
    (ast.If, ast.Try, ast.TryStar, ast.ExceptHandler, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While)
) | {ast.Match, ast.match_case}
"""What holds statements and defines nothing."""

MAKERS = frozenset({"as_agent", "create_agent", "create_and_prepare_agent"})
"""Methods of objects that make agents: ``client.as_agent(name="x")``."""
_PARTS = frozenset({"agents", "assistants", "beta"})
"""The parts of a client that have such methods: ``client.beta.assistants.create(name="x")``."""
_MOST_ALIASES = 20
"""How many names that stand for names are followed within one file."""


class Scope:
    """One body. What it binds is read only when somebody asks: most bodies hold nothing."""

    def __init__(
        self, kind: str, body: Sequence[ast.stmt], node: Function | ast.ClassDef | None = None, near: str | None = None
    ) -> None:
        """Wrap the *body* of a ``module``, ``class`` or ``function`` in the file *near*."""
        self.kind = kind
        self.near = near
        self.body = body
        self.node = node
        self.grown: dict[str, list[ast.expr]] | None = None  # what is added to lists further down, once asked for

    @cached_property
    def names(self) -> Names:
        """What the statements bind."""
        names = names_of(self.body, self.near)
        if self.kind != "class":
            names.bound.update(names.entered)  # with FastMCP() as server
        return names

    @cached_property
    def types(self) -> dict[str, ast.expr]:
        """The annotations of parameters and variables."""
        annotations = annotated(self.body)
        if isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            args = self.node.args
            for parameter in (*args.posonlyargs, *args.args, *args.kwonlyargs):
                if parameter.annotation is not None:
                    annotations[parameter.arg] = parameter.annotation
        return annotations

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of a function's parameters."""
        if not isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return frozenset()
        args = self.node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
        return frozenset(parameter.arg for parameter in every)

    def binds(self, name: str) -> bool:
        """Tell whether *name* belongs to this body."""
        return name in self.names.bound or name in self.types or name in self.parameters


Scopes = list[Scope]
"""The bodies around a place, the module's first."""
Beside = Callable[[str], "str | None"]
"""Returns the package in which a dotted name that a file imports is that of a neighbour, as for a script that lies in a
package; None: the name is looked for as usual."""


class Namer:
    """Says what expressions in one file stand for."""

    def __init__(
        self,
        module: str,
        is_package: bool,
        body: Sequence[ast.stmt],
        path: str | None = None,
        beside: Beside = lambda dotted: None,
    ) -> None:
        """Read the names of the *body* of *module*, which is in the file *path*; *beside* tells of its neighbours."""
        self.module = module
        self._beside = beside
        self.is_package = is_package
        self.top = Scope("module", body, near=path)
        self._budget = of_file()
        self._imported: dict[int, tuple[Imported, str | None]] = {}  # with the binding, so that its id stays its own

    def imported(self, binding: Imported) -> str | None:
        """Return the dotted name of what *binding* imports, or None if that lies outside of all packages."""
        known = self._imported.get(id(binding))
        if known is None:
            known = self._imported[id(binding)] = binding, self._dotted(binding)
        return known[1]

    def _dotted(self, binding: Imported) -> str | None:
        source = absolute("." * binding.level + binding.module, self.module, self.is_package)
        if source is None:
            return None
        dotted = source if binding.name is None else f"{source}.{binding.name}"
        package = self._beside(dotted) if not binding.level else None
        return dotted if package is None else f"{package}.{dotted}"

    def bound(self, name: str, scopes: Scopes) -> Any:
        """Return what *name* is bound to, or None."""
        scope = self.scope(name, scopes)
        return None if scope is None else scope.names.intended(name)

    def scope(self, name: str, scopes: Scopes) -> Scope | None:
        """Return the scope that binds *name*; the body of a class is seen only from itself."""
        for scope in reversed(scopes):
            if scope.kind == "class" and scope is not scopes[-1]:
                continue
            if scope.binds(name):
                return scope
        return None

    def expand(self, node: ast.expr, scopes: Scopes, depth: int = 0) -> str | None:
        """Return the dotted name *node* stands for, imports followed, or None if it is no global name."""
        parts: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call) and (kind := marked_kind(node)):  # followed as mark.dataset
                parts.append(kind)
                node = node.func
            elif isinstance(node, ast.Subscript) and last_name(node.value)[:1].isupper():  # Agent[Deps](...)
                node = node.value
            else:
                break
        if not isinstance(node, ast.Name) or depth > _MOST_ALIASES:
            return None
        first = self._global(node.id, scopes, depth)
        return None if first is None else ".".join([first, *reversed(parts)])

    def _global(self, name: str, scopes: Scopes, depth: int) -> str | None:
        scope = self.scope(name, scopes)
        if scope is None:
            return f"builtins.{name}" if hasattr(builtins, name) else f"{self.module}.{name}"
        binding = scope.names.intended(name)
        if isinstance(binding, Imported):
            return self.imported(binding)
        if is_alias(binding) and not _is_same(binding, name):
            return self.expand(binding, scopes[: scopes.index(scope) + 1], depth + 1)
        if scope.kind == "module":
            return f"{self.module}.{name}"
        if isinstance(binding, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inside = [
                around.node.name + (".<locals>" if around.kind == "function" else "")
                for around in scopes[1 : scopes.index(scope) + 1]
                if around.node is not None
            ]
            return ".".join([self.module, *inside, name])
        return None

    def member(self, names: Sequence[str]) -> Any:
        """Return what a module-level name, or an attribute in the body of a module-level class, is bound to."""
        binding: Any = self.top.names.bound.get(names[0])
        if len(names) == 2 and isinstance(binding, ast.ClassDef):
            return names_of(binding.body).bound.get(names[1])
        return binding if len(names) == 1 else None

    def callee(self, node: ast.expr, scopes: Scopes) -> str | None:
        """Return the dotted name of what is called; of a method that makes agents that of the class of its object."""
        if isinstance(node, ast.Attribute):
            name, of = node.attr, node.value
            if name == "create" and isinstance(of, ast.Attribute) and of.attr in _PARTS:  # client.agents.create(…)
                name = "create_agent"
            while name in MAKERS and isinstance(of, ast.Attribute) and of.attr in _PARTS:
                of = of.value
            owner = self.owner(of, scopes) if name in MAKERS else None
            if owner is not None and owner[0] == "type":
                return f"{owner[1]}.{name}"
        return self.expand(node, scopes)

    def base(self, node: ast.expr, scopes: Scopes) -> str | None:
        """Return the dotted name of a base class."""
        if isinstance(node, ast.Subscript):  # Generic[T]
            node = node.value
        if isinstance(node, ast.Call) and node.args:  # with_metaclass(Meta, Base), cast(...)
            node = node.args[-1]
        return self.expand(node, scopes)

    def type_of(self, node: ast.expr | None, scopes: Scopes) -> str | None:
        """Return the dotted class an annotation names: ``Server`` of ``Server | None``, ``"Server"``, ``Server[T]``."""
        for _ in range(10):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    node = ast.parse(node.value.strip(), mode="eval").body
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    return None
            elif isinstance(node, ast.BinOp):
                node = node.right if isinstance(node.left, ast.Constant) and node.left.value is None else node.left
            elif isinstance(node, ast.Subscript):
                wrapped = last_name(node.value) in ("Optional", "Annotated", "ClassVar", "Final", "Awaitable")
                inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
                node = inner if wrapped else node.value
            else:
                break
        return self.expand(node, scopes) if isinstance(node, (ast.Name, ast.Attribute)) else None

    def owner(self, node: ast.expr, scopes: Scopes) -> list[str] | None:
        """Return what is known of the object whose method decorates, as JSON: its class, its own name, or None.

        Of the form ``["type", dotted]`` or ``["object", dotted]``.
        """
        if isinstance(node, ast.Call):
            dotted = self.expand(node.func, scopes)
            return None if dotted is None else ["type", dotted]
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("self", "cls"):
            return self._owner_attribute(node.attr, scopes)
        if isinstance(node, ast.Name):
            scope = self.scope(node.id, scopes)
            if scope is not None:
                within = scopes[: scopes.index(scope) + 1]
                binding = scope.names.bound.get(node.id)
                annotation = scope.types.get(node.id)
                if isinstance(binding, ast.Await):
                    binding = binding.value
                if isinstance(binding, ast.Call):
                    dotted = self.expand(binding.func, within)
                    if dotted is not None:
                        return ["type", dotted]
                if annotation is not None:
                    dotted = self.type_of(annotation, within)
                    if dotted is not None:
                        return ["type", dotted]
                if scope.kind == "function" and not isinstance(binding, (Imported, ast.Name, ast.Attribute)):
                    return None
        dotted = self.expand(node, scopes)
        return None if dotted is None else ["object", dotted]

    def _owner_attribute(self, name: str, scopes: Scopes) -> list[str] | None:
        """Return what ``self.name`` is, from the class body or any method that sets it."""
        scope = next((around for around in reversed(scopes) if around.kind == "class"), None)
        if scope is None or not isinstance(scope.node, ast.ClassDef):
            return None
        within = [*scopes[: scopes.index(scope)], scope]
        for node in ast.walk(scope.node):
            if isinstance(node, ast.AnnAssign):
                target: ast.expr = node.target
                dotted = self.type_of(node.annotation, within)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                target = node.targets[0]
                dotted = self.expand(node.value.func, within)
            else:
                continue
            if dotted is not None and last_name(target) == name:
                return ["type", dotted]
        return None

    def read(self, node: ast.expr, scopes: Scopes) -> Value:
        """Return the value of *node* as far as reading tells."""
        return read(node, self._lookup(scopes), self._budget)

    def texts(self, node: ast.expr, scopes: Scopes) -> list[str]:
        """Return the texts of messages and templates in *node*, as far as reading tells."""
        return texts(node, self._lookup(scopes), self._budget)

    def _lookup(self, scopes: Scopes) -> Lookup:
        def lookup(name: ast.expr) -> ast.expr | str | None:
            if isinstance(name, ast.Name):
                scope = self.scope(name.id, scopes)
                if scope is None:  # nothing here binds it; a star import may
                    return f"{self.module}.{name.id}" if self.top.names.stars else None
                binding = scope.names.bound.get(name.id)
                if isinstance(binding, Imported):
                    return self.imported(binding)
                return binding if isinstance(binding, ast.expr) and not _is_same(binding, name.id) else None
            if isinstance(name, ast.Attribute) and name.attr == "value":  # of a member of an enumeration
                name = name.value
            dotted = self.expand(name, scopes)
            if dotted is not None and dotted.startswith(self.module + "."):
                member = self.member(dotted.removeprefix(self.module + ".").split("."))
                if isinstance(member, ast.expr):
                    return member
            first = dotted.partition(".")[0] if dotted else ""
            return dotted if first and first != "builtins" else None

        return lookup


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body in order, those in its branches too, but none of other definitions."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if statement.__class__ in _HOLDING:
            for inner in ("finalbody", "orelse", "cases", "handlers", "body"):
                waiting += reversed(getattr(statement, inner, ()))


def holds(node: ast.stmt, lines: Sequence[int]) -> bool:
    """Tell whether one of the *lines*, which are in order, is among those of a statement."""
    place = bisect_left(lines, node.lineno)
    return place < len(lines) and lines[place] <= (node.end_lineno or node.lineno)


def is_alias(binding: object) -> TypeGuard[ast.expr]:
    """Tell whether a name bound to *binding* is another name for something, or the decorator of a kind."""
    return isinstance(binding, (ast.Name, ast.Attribute)) or (
        isinstance(binding, ast.expr) and marked_kind(binding) != ""
    )


def marked_kind(node: ast.expr) -> str:
    """Return the kind in ``mark("dataset")``, whoever's function that is; empty for anything else."""
    if not (isinstance(node, ast.Call) and last_name(node.func) == MARKING and node.args):
        return ""
    kind = getattr(node.args[0], "value", None)
    return kind if isinstance(kind, str) and is_kind_name(kind) else ""


def annotated(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """Return the annotated variables of *body* with their annotations."""
    return {
        statement.target.id: statement.annotation
        for statement in body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }


def _is_same(binding: ast.expr, name: str) -> bool:
    return isinstance(binding, ast.Name) and binding.id == name


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, called or not; empty for anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
