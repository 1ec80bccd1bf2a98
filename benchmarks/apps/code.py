"""What the Python files of a repository hold: decorated functions, derived classes, constructed objects."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.apps.calls import has_text, name_in_call, name_of_target, shown, texts_in_call
from benchmarks.apps.item import Item
from benchmarks.apps.names import Definition, Function, Module, Repository, dotted_of, returned_by
from benchmarks.apps.words import (
    BASES,
    CALLED_MCP,
    CONSTRUCTORS,
    CREW,
    DECORATORS,
    METHODS,
    Table,
    Word,
    is_model,
    look_up,
    object_of,
)

_MAKES = re.compile(r"from_|create$|create_and_prepare_agent$")
"""Methods of a class that make an object of it."""
_COMPOUND = (ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.If, ast.While, ast.Try, ast.Match, Definition)


class Counter:
    """Counts what the modules of one repository hold."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._derived: dict[tuple[str, str], tuple[Word, str] | None] = {}
        self._wrappers: dict[tuple[str, str], tuple[Word, str] | None] = {}
        self._factories: dict[tuple[str, int], tuple[Word, str] | None] = {}
        self._asked: set[tuple[str, int]] = set()

    def items(self, module: Module) -> Iterator[Item]:
        """Yield what *module* holds."""
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield from self._decorated(module, node)
            elif isinstance(node, ast.ClassDef):
                yield from self._class(module, node)
            elif isinstance(node, ast.Call):
                yield from self._constructed(module, node)
                yield from self._listed(module, node)
        yield from self._tool_spec(module)

    # --- what a name means ----------------------------------------------------------------------------------

    def word(self, table: Table, module: Module, node: ast.expr) -> tuple[Word, str] | None:
        """Return what the table says of the object that the expression names, and its dotted origin."""
        name = dotted_of(node)
        if name is None:
            return None
        for dotted, _, _ in self.repository.follow(module, name):
            found = look_up(table, dotted)
            if found is not None:
                return found, dotted
        return None

    def origin(self, module: Module, node: ast.expr) -> str:
        """Return the dotted origin of what the expression names, as far as it can be followed; or nothing."""
        name = dotted_of(node)
        steps = self.repository.follow(module, name) if name else []
        return steps[-1][0] if steps else ""

    # --- decorated ------------------------------------------------------------------------------------------

    def _decorated(self, module: Module, node: Function) -> Iterator[Item]:
        for decorator in node.decorator_list:
            found = self.decorator(module, decorator)
            if found is not None and isinstance(decorator, ast.Call) and found[1].startswith("fast_agent."):
                item = _of_definition(module, node, found, "decorated")  # any number of them on one function
                yield replace(item, name=name_in_call(decorator) or node.name, text=has_text(decorator), names=())
            elif found is not None:
                yield _of_definition(module, node, found, "decorated")
                return

    def decorator(self, module: Module, decorator: ast.expr) -> tuple[Word, str] | None:
        """Return what a decorator makes of a function, and whose it is; None for any other decorator."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = dotted_of(called)
        if name is None:
            return None
        if "." not in name or name.partition(".")[0] in module.imports:
            found = self.word(DECORATORS, module, called)
            if found is not None:
                return found
            crew = CREW.get(name.rpartition(".")[2])
            if crew is not None and any(
                step[0].startswith("crewai.project") for step in self.repository.follow(module, name)
            ):
                return crew, f"crewai.project.{name}"
            found = self._wrapper(module, name)
            if found is not None:
                return found
        base, _, method = name.rpartition(".")
        if base and any(method in methods for methods in METHODS.values()):
            kind = self._object(module, base)
            word = METHODS.get(kind or "", {}).get(method)
            return None if word is None else (word, f"{kind}.{method}")
        return None

    def _object(self, module: Module, name: str) -> str | None:
        """Return what the object of this *name* is: a key of `METHODS`."""
        values = module.assigned.get(name, [])
        annotation = module.annotated.get(name)
        for node in [*values, *([annotation] if annotation is not None else [])]:
            made = node.func if isinstance(node, ast.Call) else node
            for dotted, there, local in self.repository.follow(module, dotted_of(made) or ""):
                known = object_of(dotted) or self._object_of_class(there, local)
                if known:
                    return known
        if name.partition(".")[0] in module.imports:
            for _, there, local in self.repository.follow(module, name):
                if local and there is not module:
                    return self._object(there, local)
        elif (
            annotation is None
            and not any(isinstance(each, ast.Call) for each in values)
            and CALLED_MCP.match(name.rpartition(".")[2])
        ):
            return "mcp"
        return None

    def _object_of_class(self, module: Module, local: str) -> str | None:
        """Return what an object of the repository's own class is, by its bases."""
        definition = module.defined.get(local)
        for base in definition.bases if isinstance(definition, ast.ClassDef) else ():
            for dotted, _, _ in self.repository.follow(module, dotted_of(base) or ""):
                if object_of(dotted):
                    return object_of(dotted)
        return None

    def _wrapper(self, module: Module, name: str) -> tuple[Word, str] | None:
        """Return what a decorator of the repository's own makes: it returns what a known decorator returns."""
        steps = self.repository.follow(module, name)
        if not steps or not steps[-1][2]:
            return None
        _, there, local = steps[-1]
        key = (there.path, local)
        if key not in self._wrappers:
            self._wrappers[key] = None
            self._wrappers[key] = self._made_by(there, local)
        return self._wrappers[key]

    def _made_by(self, module: Module, local: str) -> tuple[Word, str] | None:
        definition = module.defined.get(local)
        if isinstance(definition, Function):
            values = [
                each.value for each in ast.walk(definition) if isinstance(each, ast.Return) and each.value is not None
            ]
        elif local in module.assigned and "." not in local:
            values = module.assigned[local]
        else:
            return None
        for value in values:
            calls = [value]
            while isinstance(calls[-1], ast.Call):
                calls.append(calls[-1].func)
                if dotted_of(calls[-1]) in ("partial", "functools.partial"):
                    calls += value.args[:1] if isinstance(value, ast.Call) else []
            for each in calls:
                found = self.word(DECORATORS, module, each)
                if found is not None and not isinstance(definition, ast.ClassDef):
                    return found[0], f"{found[1]} in {module.dotted}.{local}"
        return None

    # --- derived --------------------------------------------------------------------------------------------

    def _class(self, module: Module, node: ast.ClassDef) -> Iterator[Item]:
        marks = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
        marked = next(filter(None, (self.word(DECORATORS, module, each) for each in marks)), None)
        if marked is not None:
            yield _of_definition(module, node, marked, "decorated")
            return
        found = self.derived(module, node)
        if found is None:
            return
        word, origin = found
        if _is_abstract(node):
            word = word._replace(required=False)
        yield _of_definition(module, node, (word, origin), "derived")

    def derived(self, module: Module, node: ast.ClassDef) -> tuple[Word, str] | None:
        """Return what a class is by its bases, and the known base; through any number of others."""
        key = (module.path, f"{node.name}:{node.lineno}")
        if key not in self._derived:
            self._derived[key] = None  # a class that derives from itself ends here
            self._derived[key] = self._by_bases(module, node)
        return self._derived[key]

    def _by_bases(self, module: Module, node: ast.ClassDef) -> tuple[Word, str] | None:
        for base in node.bases:
            name = dotted_of(base)
            if name is None:
                continue
            for dotted, there, local in self.repository.follow(module, name):
                found = look_up(BASES, dotted)
                if found is not None and dotted != f"{module.dotted}.{node.name}":
                    return found, dotted
                definition = there.defined.get(local) if local else None
                if definition is None and local and there is module:
                    definition = next(iter(there.inner.get(local, [])), None)
                if isinstance(definition, ast.ClassDef) and definition is not node:
                    inherited = self.derived(there, definition)
                    if inherited is not None:
                        return inherited
        return None

    # --- constructed ----------------------------------------------------------------------------------------

    def _constructed(self, module: Module, node: ast.Call) -> Iterator[Item]:
        if _decorates(module, node):
            return
        found = self.constructor(module, node)
        if found is None:
            return
        word, origin = found
        statement = module.statement(node)
        name = name_in_call(node) or name_of_target(statement, node)
        if word.required and not name and not isinstance(statement, ast.Return):
            word = word._replace(required=False)  # a nameless object made in passing
        if word.kinds[0] == "model" and not (isinstance(statement, ast.Assign) and statement.value is node):
            word = word._replace(required=False)
        if self._is_replaced(module, statement, node):
            word = word._replace(required=False)  # its name stands for a later object
        function = module.inside(node, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(function, Function) and any(self.decorator(module, d) for d in function.decorator_list):
            word = word._replace(required=False)  # what a method of a crew returns is the method's
        whole = node if isinstance(statement, _COMPOUND) else statement
        first, last = whole.lineno, whole.end_lineno or whole.lineno
        factory = _made_in(module, function, statement)
        also = [
            name_of_target(statement, node),
            *([function.name] if factory and isinstance(function, Function) else []),
        ]
        yield Item(
            word.kinds,
            name,
            module.path,
            node.lineno,
            "constructed",
            origin,
            module.where(node),
            has_text(node),
            word.required,
            [(module.path, first, last), *self._compiled(module, statement), *factory],
            (*texts_in_call(node), *also, origin, *self._compiled_names(module, statement)),
        )

    def _is_replaced(self, module: Module, statement: ast.stmt, node: ast.Call) -> bool:
        """Tell whether the name of an object at module level is given to another of its kind further down."""
        name = name_of_target(statement, node)
        if not name or not isinstance(module.parents.get(statement), ast.Module):
            return False
        later = (each for each in module.assigned.get(name, ()) if each.lineno > node.lineno)
        return any(
            self.constructor(module, each) is not None
            and isinstance(module.parents.get(module.statement(each)), ast.Module)
            for each in later
            if isinstance(each, ast.Call)
        )

    def constructor(self, module: Module, node: ast.Call) -> tuple[Word, str] | None:
        """Return what a call makes, and what is called; None for any other call."""
        name = dotted_of(node.func) or (f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else "")
        if name.endswith((".as_agent", ".create_agent")) and _uses(module, "agent_framework"):
            told = any(keyword.arg in ("name", "instructions") for keyword in node.keywords)
            return Word(("agent",), told), f"agent_framework.{name.rpartition('.')[2]}"
        if "." in name and name.partition(".")[0] not in module.imports:
            return self._by_factory(module, name) or self._of_another(module, node, name)
        for called in (name, name.rpartition(".")[0]):  # a class, or a method of one that makes it
            for dotted, there, local in self.repository.follow(module, called) if called else ():
                found = look_up(CONSTRUCTORS, dotted)
                if found is not None:
                    if called != name and not _MAKES.match(name.rpartition(".")[2]):
                        return None
                    return found, dotted
                if is_model(dotted) and (called == name or name.endswith(".create")):
                    return Word(("model",)), dotted
                definition = there.defined.get(local) if local else None
                if isinstance(definition, ast.ClassDef) and called == name:
                    derived = self.derived(there, definition)
                    if derived is not None and (kind := derived[0].kinds[0]) in ("agent", "model", "mcp_server"):
                        return derived[0]._replace(required=kind == "mcp_server"), dotted
        return self._by_factory(module, name)

    def _by_factory(self, module: Module, name: str) -> tuple[Word, str] | None:
        """Return what a call of a function or method of the repository's own makes: it may be counted or not."""
        for _, there, local in self.repository.follow(module, name)[-1:]:
            there, function = (there, there.defined[local]) if local in there.defined else self._method(there, local)
            if not isinstance(function, Function):
                return None
            key = (there.path, function.lineno)
            if key not in self._factories:
                self._factories[key] = None  # a function that returns what it returns ends here
                returned = [call for each in returned_by(function) for call in there.values(each)]
                calls = (each for each in returned if isinstance(each, ast.Call))
                found = next(filter(None, (self.constructor(there, each) for each in calls)), None)
                self._factories[key] = None if found is None else (found[0]._replace(required=False), found[1])
            return self._factories[key]
        return None

    def _of_another(self, module: Module, node: ast.Call, name: str) -> tuple[Word, str] | None:
        """Return what is compiled of another agent, kept in a variable or given: it may be counted or not."""
        base, _, method = name.rpartition(".")
        if method not in ("compile", "build") or (module.path, node.lineno) in self._asked:
            return None
        self._asked.add((module.path, node.lineno))
        given = [value for each in node.args[:1] for value in (each, *module.values(each))]
        others = [each for each in (*module.assigned.get(base, ()), *given) if each is not node]
        calls = [each.value if isinstance(each, ast.Await) else each for each in others]
        made = (self.constructor(module, each) for each in calls if isinstance(each, ast.Call))
        found = next(filter(None, made), None)
        self._asked.discard((module.path, node.lineno))
        return None if found is None else (found[0]._replace(required=False), found[1])

    def _method(self, module: Module, name: str) -> tuple[Module, Function | None]:
        """Return the method that ``name`` is, of an object whose class the repository holds, and its module."""
        base, _, method = name.rpartition(".")
        for value in module.assigned.get(base, ()):
            made = dotted_of(value.func) if isinstance(value, ast.Call) else None
            for _, there, local in self.repository.follow(module, made)[-1:] if made else ():
                definition = there.defined.get(local)
                for each in definition.body if isinstance(definition, ast.ClassDef) else ():
                    if isinstance(each, Function) and each.name == method:
                        return there, each
        return module, None

    def _listed(self, module: Module, node: ast.Call) -> Iterator[Item]:
        """Yield a tool or prompt that an MCP server of the low level says it has, where its name can be read."""
        kind = {"Tool": "tool", "Prompt": "prompt"}.get((dotted_of(node.func) or "").rpartition(".")[2])
        if kind is None or not self.origin(module, node.func).startswith(("mcp.", "mcp_types.")):
            return
        around = module.inside(node, ast.FunctionDef, ast.AsyncFunctionDef)
        marks = {
            (dotted_of(d.func if isinstance(d, ast.Call) else d) or "").rpartition(".")[2]
            for d in getattr(around, "decorator_list", ())
        }
        if f"list_{kind}s" in marks:
            name = next((shown(k.value) for k in node.keywords if k.arg == "name"), "")
            spans = [(module.path, node.lineno, node.lineno)]
            origin = f"mcp.types.{kind.title()}"
            yield Item(
                (kind,), name, module.path, node.lineno, "constructed", origin, "function", has_text(node), True, spans
            )

    def _tool_spec(self, module: Module) -> Iterator[Item]:
        """Yield the tool that a module with ``TOOL_SPEC`` is for Strands: the function of the name it gives."""
        for value in module.assigned.get("TOOL_SPEC", ()):
            table = (
                {shown(k): v for k, v in zip(value.keys, value.values, strict=True) if k}
                if isinstance(value, ast.Dict)
                else {}
            )
            name = shown(table["name"]) if "name" in table else ""
            function = module.defined.get(name)
            if name and function is not None:
                first = min(each.lineno for each in (function, *getattr(function, "decorator_list", ())))
                spans = [(module.path, value.lineno, value.lineno), (module.path, first, function.lineno)]
                line = function.lineno
                yield Item(
                    ("tool",), name, module.path, line, "decorated", "strands TOOL_SPEC", "module", True, True, spans
                )

    def _compiled(self, module: Module, statement: ast.AST) -> list[tuple[str, int, int]]:
        """Return where what a statement assigns is compiled or built: the object may be counted there."""
        names = _targets(statement)
        return [
            (module.path, end.lineno, end.end_lineno or end.lineno)
            for end in module.ends
            if isinstance(end.func, ast.Attribute) and dotted_of(end.func.value) in names
        ]

    def _compiled_names(self, module: Module, statement: ast.AST) -> list[str]:
        """Return the names of what is compiled or built of what a statement assigns."""
        names = _targets(statement)
        return [name for name, values in module.assigned.items() if any(_compiles(value, names) for value in values)]


def _targets(statement: ast.AST) -> set[str | None]:
    """Return the names that a statement assigns to."""
    if isinstance(statement, ast.Assign):
        return {dotted_of(target) for target in statement.targets} - {None}
    return {dotted_of(statement.target)} - {None} if isinstance(statement, ast.AnnAssign) else set()


def _compiles(node: ast.expr, names: set[str | None]) -> bool:
    """Tell whether *node* compiles or builds what one of the *names* stands for."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("compile", "build")
        and dotted_of(node.func.value) in names
    )


def _uses(module: Module, package: str) -> bool:
    return any(dotted.partition(".")[0] == package for dotted in module.imports.values())


def _of_definition(module: Module, node: Definition, found: tuple[Word, str], how: str) -> Item:
    word, origin = found
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = max(node.lineno, node.body[0].lineno)
    return Item(
        word.kinds,
        node.name,
        module.path,
        node.lineno,
        how,
        origin,
        module.where(node),
        ast.get_docstring(node) is not None or any(has_text(d) for d in node.decorator_list),
        word.required,
        [(module.path, first, last)],
        (*(_configured(node) if origin.startswith("crewai.project") else ()), *_named_by(node)),
    )


def _named_by(node: Definition) -> list[str]:
    """Return the names that decorators give: ``@tool(name="Wikipedia")``."""
    calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
    texts = [str(each.args[0].value) for each in calls if each.args and isinstance(each.args[0], ast.Constant)]
    return [name for name in (*map(name_in_call, calls), *texts) if name]


def _configured(node: Definition) -> tuple[str, ...]:
    """Return the keys that a method of a crew reads its texts by: ``self.agents_config["writer"]``."""
    keys = (each.slice for each in ast.walk(node) if isinstance(each, ast.Subscript))
    return tuple(key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _is_abstract(node: ast.ClassDef) -> bool:
    """Tell whether a class is there to be derived from."""
    bases = {dotted_of(base) for base in node.bases}
    return bool(bases & {"ABC", "abc.ABC", "Protocol", "typing.Protocol"}) or any(
        (dotted_of(decorator) or "").endswith("abstractmethod")
        for each in node.body
        if isinstance(each, Function)
        for decorator in each.decorator_list
    )


def _decorates(module: Module, node: ast.Call) -> bool:
    around = module.parents.get(node)
    return isinstance(around, Definition) and node in around.decorator_list


def _made_in(module: Module, function: ast.AST | None, statement: ast.AST) -> list[tuple[str, int, int]]:
    """Return where the *function* begins that returns what is made in it: a factory may be what a scan names."""
    if not isinstance(function, Function):
        return []
    names = {dotted_of(target) for target in getattr(statement, "targets", ())} - {None}
    if isinstance(statement, ast.Return) or any(
        isinstance(each, ast.Name) and each.id in names
        for value in returned_by(function, plain=True)
        for each in ast.walk(value)
    ):
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        calls = [
            each
            for values in module.assigned.values()
            for each in values
            if isinstance(each, ast.Call) and dotted_of(each.func) == function.name
        ]  # a variable that holds what it made may be what a scan names
        return [(module.path, first, function.lineno), *((module.path, c.lineno, c.lineno) for c in calls)]
    return []
