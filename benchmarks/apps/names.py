"""What a name in a file of a repository stands for: its dotted origin, followed through the repository's own files."""

from __future__ import annotations

import ast
import json
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
MAGIC = re.compile(r"^\s*[%!?]")
FURTHEST = 8
"""How many files a name is followed through."""


@dataclass(eq=False)
class Module:
    """One file, parsed.

    Attributes:
        path: below the repository.
        dotted: its name, up to the topmost folder with ``__init__.py``.
        imports: local names with their dotted origins, wherever in the file they are imported.
        defined: functions and classes at module level by name.
        inner: those below, too; a name that is there twice is the last.
        assigned: values of names, wherever they are assigned; the last of each.
        parents: the node around each node.
    """

    path: str
    dotted: str
    tree: ast.Module
    is_notebook: bool = False
    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    defined: dict[str, Definition] = field(default_factory=dict)
    inner: dict[str, list[Definition]] = field(default_factory=dict)
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    annotated: dict[str, ast.expr] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        package = self.dotted if self.path.endswith("__init__.py") else self.dotted.rpartition(".")[0]
        for node in ast.walk(self.tree):
            for below in ast.iter_child_nodes(node):
                self.parents[below] = node
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.imports[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node, package)
            elif isinstance(node, Definition):
                self.inner.setdefault(node.name, []).append(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem)):
                self._assignment(node)
            elif isinstance(node, ast.arg) and node.annotation is not None:
                self.annotated[node.arg] = node.annotation
        for statement in _at_module_level(self.tree.body):
            if isinstance(statement, Definition):
                self.defined[statement.name] = statement

    def _import_from(self, node: ast.ImportFrom, package: str) -> None:
        base = node.module or ""
        if node.level:
            parts = package.split(".") if package else []
            parts = parts[: len(parts) - node.level + 1] if node.level > 1 else parts
            base = ".".join([*parts, *([node.module] if node.module else [])])
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(base)
            else:
                self.imports[alias.asname or alias.name] = f"{base}.{alias.name}" if base else alias.name

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.withitem) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.withitem):
            if node.optional_vars is not None:
                self._assign(node.optional_vars, node.context_expr)
        elif node.value is not None:
            self._assign(node.target, node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        name = dotted_of(target)
        if name is not None:
            self.assigned.setdefault(name, []).append(value)

    def inside(self, node: ast.AST, *kinds: type[ast.AST]) -> ast.AST | None:
        """Return the nearest node of one of the *kinds* around *node*."""
        around = self.parents.get(node)
        while around is not None and not isinstance(around, kinds):
            around = self.parents.get(around)
        return around

    @cached_property
    def ends(self) -> list[ast.Call]:
        """Calls of ``compile`` and ``build`` that are assigned or returned."""
        values = [value for values in self.assigned.values() for value in values]
        values += [each.value for each in ast.walk(self.tree) if isinstance(each, ast.Return) and each.value]
        return [
            value
            for value in values
            if isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr in ("compile", "build")
        ]

    def values(self, node: ast.expr) -> list[ast.expr]:
        """Return what is assigned to a name, wherever that is; anything else as it is."""
        return self.assigned.get(node.id, []) if isinstance(node, ast.Name) else [node]

    def statement(self, node: ast.expr) -> ast.stmt:
        """Return the statement that *node* is part of."""
        around = self.inside(node, ast.stmt)
        assert isinstance(around, ast.stmt)
        return around

    def where(self, node: ast.AST) -> str:
        """Return where *node* is, as `Item.where` says it."""
        if self.is_notebook:
            return "notebook"
        around = self.inside(node, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        return "module" if around is None else "class" if isinstance(around, ast.ClassDef) else "function"


def _at_module_level(body: list[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            found += _at_module_level(statement.body)
            found += _at_module_level(getattr(statement, "orelse", []))
            for handler in getattr(statement, "handlers", []):
                found += _at_module_level(handler.body)
    return found


def dotted_of(node: ast.expr) -> str | None:
    """Return a name as it is written, with its dots; None for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted_of(node.value)
        return None if base is None else f"{base}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return dotted_of(node.value)
    return None


def returned_by(function: Function, *, plain: bool = False) -> list[ast.expr]:
    """Return what a function returns, a name by what was assigned to it last; *plain*: as it is written."""
    found = [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value is not None]
    if plain:
        return found
    assigned = {
        target.id: each.value
        for each in ast.walk(function)
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    return [assigned.get(each.id, each) if isinstance(each, ast.Name) else each for each in found]


def python_of_notebook(text: str) -> str:
    """Return the code cells of a notebook as one module; the lines for the notebook itself are left out."""
    lines: list[str] = []
    for cell in json.loads(text).get("cells", []):
        source = cell.get("source", [])
        code = source if isinstance(source, str) else "".join(source)
        if cell.get("cell_type") != "code" or code.lstrip().startswith("%%"):
            continue
        try:
            kept = "\n".join("pass" if MAGIC.match(line) else line for line in code.splitlines())
            ast.parse(kept)
        except (SyntaxError, ValueError):
            continue
        lines += [kept]
    return "\n".join(lines)


class Repository:
    """The Python files of a folder, each parsed when it is first asked for."""

    def __init__(self, top: Path, names: list[str]) -> None:
        self.top = top
        self.names = [name for name in names if name.endswith((".py", ".ipynb"))]
        self.broken: list[str] = []
        self._packages = {os.path.dirname(name) for name in names if os.path.basename(name) == "__init__.py"}
        self._all = frozenset(self.names)
        self._modules: dict[str, Module | None] = {}
        self._by_dotted = {self.dotted(name): name for name in self.names if name.endswith(".py")}
        self._by_end: dict[str, list[str]] = {}  # by file, or folder and file
        for name in self.names:
            end = name.removesuffix("/__init__.py") if name.endswith("/__init__.py") else name
            self._by_end.setdefault(os.path.basename(end), []).append(name)

    def dotted(self, name: str) -> str:
        """Return the dotted name of a file, up to the topmost folder with ``__init__.py``."""
        folder, last = os.path.split(name)
        parts = [] if last == "__init__.py" else [os.path.splitext(last)[0]]
        while folder in self._packages and folder:
            folder, part = os.path.split(folder)
            parts.append(part)
        return ".".join(reversed(parts))

    def module(self, name: str) -> Module | None:
        """Return a file, parsed; None where it is broken."""
        if name not in self._modules:
            self._modules[name] = self._parsed(name)
        return self._modules[name]

    def _parsed(self, name: str) -> Module | None:
        try:
            data = (self.top / name).read_bytes()
            code: str | bytes = python_of_notebook(data.decode("utf-8")) if name.endswith(".ipynb") else data
            return Module(name, self.dotted(name), ast.parse(code), name.endswith(".ipynb"))
        except (SyntaxError, ValueError, RecursionError, AttributeError):
            self.broken.append(name)
            return None

    def find(self, dotted: str, near: str) -> Module | None:
        """Return the file that ``import dotted`` means in the file *near*: the nearest of that name."""
        tail = dotted.replace(".", "/")
        folder = os.path.dirname(near)
        while True:
            for each in (folder, f"{folder}/src" if folder else "src"):
                for candidate in (f"{tail}.py", f"{tail}/__init__.py"):
                    path = f"{each}/{candidate}" if each else candidate
                    if path in self._all:
                        return self.module(path)
            if not folder:
                break
            folder = os.path.dirname(folder)
        path = self._by_dotted.get(dotted, "") or self._in_namespace(tail)
        return self.module(path) if path else None

    def _in_namespace(self, tail: str) -> str:
        """Return the one file whose path ends so: packages without ``__init__.py`` have parts in several folders."""
        last = os.path.basename(tail)
        ends = (f"/{tail}.py", f"/{tail}/__init__.py") if "/" in tail else ()
        found = [
            name for end in (f"{last}.py", last) for name in self._by_end.get(end, ()) if ends and name.endswith(ends)
        ]
        return found[0] if len(found) == 1 else ""

    def follow(self, module: Module, name: str) -> list[tuple[str, Module, str]]:
        """Return what *name* in *module* stands for, step by step: its dotted origin, and the file and name there.

        The last step is the definition where the repository holds it.
        """
        steps: list[tuple[str, Module, str]] = []
        for _ in range(FURTHEST):
            head, _, rest = name.partition(".")
            if head in module.imports:
                dotted = module.imports[head] + (f".{rest}" if rest else "")
            elif head in module.defined or head in module.inner or head in module.assigned:
                steps.append((f"{module.dotted}.{name}", module, name))
                return steps
            else:
                found = next((s for s in module.stars if self._star_has(s, head, module)), None)
                if found is None:
                    if module.stars and not steps:
                        steps += [(f"{star}.{name}", module, "") for star in module.stars]
                    return steps
                dotted = f"{found}.{name}"
            there = self._there(dotted, module)
            if there is None:
                steps.append((dotted, module, ""))
                return steps
            steps.append((dotted, *there))
            if there == (module, name):
                return steps
            module, name = there
        return steps

    def _star_has(self, star: str, name: str, module: Module) -> bool:
        there = self.find(star, module.path)
        return there is not None and (name in there.defined or name in there.imports or name in there.assigned)

    def _there(self, dotted: str, module: Module) -> tuple[Module, str] | None:
        head, _, last = dotted.rpartition(".")
        rest = last
        while head:
            there = self.find(head, module.path)
            if there is not None and there is not module:
                return there, rest
            head, _, part = head.rpartition(".")
            rest = f"{part}.{rest}"
        return None
