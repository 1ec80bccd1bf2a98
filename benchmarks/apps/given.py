"""Plain functions that are given to an agent: tools without a mark of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.apps.code import Counter
from benchmarks.apps.item import Item
from benchmarks.apps.names import Function, Module, Repository, dotted_of
from benchmarks.apps.words import CONSTRUCTORS, DECORATORS, FRAMEWORKS, GIVES, TAKES_FUNCTIONS, look_up

WRAPPERS = frozenset(
    ["FunctionTool", "LongRunningFunctionTool", "StructuredTool", "Tool", "tool", "function_tool", "Function"]
)
REGISTERS = frozenset(["register_for_llm", "register_function", "register_direct_function"])


class Given:
    """Finds the functions that are given to agents in the modules of one repository."""

    def __init__(self, repository: Repository, counter: Counter) -> None:
        self.repository = repository
        self.counter = counter

    def items(self, module: Module) -> Iterator[Item]:
        """Yield the functions that *module* gives to agents, wherever in the repository they are."""
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                for value, required in self._handed_over(module, node):
                    yield from self._functions(module, value, required, node, 0)

    def _handed_over(self, module: Module, node: ast.Call) -> Iterator[tuple[ast.expr, bool]]:
        """Yield the arguments of a call that hold functions, and whether a scan has to see that."""
        name = dotted_of(node.func) or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        last = name.rpartition(".")[2]
        known = self._is_known(module, name)
        if not known and last not in GIVES | REGISTERS and not self._is_applied(module, node):
            return
        for keyword in node.keywords:
            if keyword.arg in TAKES_FUNCTIONS:
                yield keyword.value, True
        if last in ("ToolNode", "bind_tools", "from_tools", "from_tools_or_functions") and node.args:
            yield node.args[0], True
        if last in ("create_react_agent", "create_agent") and len(node.args) > 1 and known:
            yield node.args[1], True
        if last == "register_function" and node.args and any(k.arg == "caller" for k in node.keywords):
            yield node.args[0], True
        elif last in ("register_function", "register_direct_function"):
            for argument in node.args:
                yield argument, False
        if self._is_applied(module, node):
            yield from ((argument, True) for argument in node.args[:1])
        if isinstance(node.func, (ast.Name, ast.Attribute)) and self._is_mark(module, node):
            yield from ((argument, True) for argument in node.args[:1])
        elif known and last in WRAPPERS | {"from_function", "from_defaults", "from_schema"}:
            functions = [k.value for k in node.keywords if k.arg in ("func", "fn", "function")]
            for place, argument in enumerate([*node.args[:1], *functions, *_coroutines(node)]):
                yield argument, not place  # a function and its async twin are one tool

    def _is_applied(self, module: Module, node: ast.Call) -> bool:
        """Tell whether a call marks its argument: ``server.tool(name="x")(f)``, ``server.add_tool(f)``."""
        mark: ast.expr = node.func
        if isinstance(mark, ast.Attribute) and mark.attr == "add_tool":
            mark = ast.Attribute(mark.value, "tool")
        elif not isinstance(mark, ast.Call):
            return False
        found = self.counter.decorator(module, mark)
        return found is not None and found[0].kinds[0] == "tool"

    def _is_mark(self, module: Module, node: ast.Call) -> bool:
        """Tell whether a call is a decorator of tools, called as a function: ``function_tool(lookup)``."""
        found = self.counter.word(DECORATORS, module, node.func)
        return found is not None and found[0].kinds == ("tool",)

    def _is_known(self, module: Module, name: str) -> bool:
        """Tell whether a call is one of a framework's, or of a class that derives from one of a framework's."""
        for called in (name, name.rpartition(".")[0]):
            for dotted, there, local in self.repository.follow(module, called) if called else ():
                if dotted.partition(".")[0] in FRAMEWORKS and (
                    dotted.rpartition(".")[2][:1].isupper() or look_up(CONSTRUCTORS, dotted)
                ):
                    return True
                definition = there.defined.get(local) if local else None
                if isinstance(definition, ast.ClassDef) and self.counter.derived(there, definition):
                    return True
        return False

    def _functions(self, module: Module, value: ast.expr, required: bool, call: ast.Call, depth: int) -> Iterator[Item]:
        """Yield the functions in what is handed over: a list, a name of one, a sum of several, wrapped or not."""
        if depth > 5:
            return
        if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            for each in value.elts:
                yield from self._functions(module, each, required, call, depth + 1)
        elif isinstance(value, ast.Starred):
            yield from self._functions(module, value.value, required, call, depth + 1)
        elif isinstance(value, ast.BinOp):
            for each in (value.left, value.right):
                yield from self._functions(module, each, required, call, depth + 1)
        elif isinstance(value, ast.Call) and dotted_of(value.func) in ("partial", "functools.partial"):
            for each in value.args[:1]:
                yield from self._functions(module, each, required, call, depth + 1)
        elif isinstance(value, ast.IfExp):
            for each in (value.body, value.orelse):
                yield from self._functions(module, each, required, call, depth + 1)
        elif isinstance(value, ast.Dict):
            for each in value.values:
                yield from self._functions(module, each, required, call, depth + 1)
        elif isinstance(value, (ast.Name, ast.Attribute)):
            yield from self._named(module, value, required, call, depth)

    def _named(
        self, module: Module, value: ast.Name | ast.Attribute, required: bool, call: ast.Call, depth: int
    ) -> Iterator[Item]:
        name = dotted_of(value) or ""
        if name.startswith(("self.", "cls.")):
            around = module.inside(value, ast.ClassDef)
            method = next(
                (
                    each
                    for each in getattr(around, "body", [])
                    if isinstance(each, Function) and each.name == name.partition(".")[2]
                ),
                None,
            )
            if method is not None:
                derived = self.counter.derived(module, around) if isinstance(around, ast.ClassDef) else None
                is_toolkit = derived is not None and derived[0].kinds[0] == "tool"
                yield from self._item(module, method, required and not is_toolkit, call)
            return
        for _, there, local in self.repository.follow(module, name)[-1:]:
            if not local:
                continue
            function = _function_of(there, local, value if there is module else None)
            if function is not None:
                yield from self._item(there, function, required, call, module)
            elif local in there.assigned and isinstance(value, ast.Name):
                for each in there.assigned[local]:
                    if each is not value and not isinstance(each, ast.Call):
                        yield from self._functions(there, each, required, call, depth + 1)

    def _item(
        self, module: Module, node: Function, required: bool, call: ast.Call, giver: Module | None = None
    ) -> Iterator[Item]:
        if any(self.counter.decorator(module, decorator) for decorator in node.decorator_list):
            return  # counted by its decorator
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        yield Item(
            ("prompt",) if "Prompt" in (dotted_of(call.func) or "") else ("tool",),
            node.name,
            module.path,
            node.lineno,
            "given",
            f"to {dotted_of(call.func) or 'an agent'}",
            module.where(node),
            ast.get_docstring(node) is not None,
            required,
            [
                (module.path, first, max(node.lineno, node.body[0].lineno)),
                ((giver or module).path, call.lineno, call.lineno),
            ],
        )


def _coroutines(node: ast.Call) -> list[ast.expr]:
    return [keyword.value for keyword in node.keywords if keyword.arg in ("coroutine", "async_fn")]


def _function_of(module: Module, local: str, used: ast.AST | None) -> Function | None:
    """Return the function of this name: the nearest around where it is used, else the one at module level."""
    candidates = [each for each in module.inner.get(local, []) if isinstance(each, Function)]
    if used is not None:
        around = used
        while around in module.parents:
            around = module.parents[around]
            here = [
                each
                for each in candidates
                if module.inside(each, ast.FunctionDef, ast.AsyncFunctionDef, ast.Module, ast.ClassDef) is around
            ]
            if here:  # of several, the last before it is used
                before = [each for each in here if each.lineno <= getattr(used, "lineno", 0)]
                return (before or here)[-1]
        return None
    defined = module.defined.get(local)
    if isinstance(defined, Function):
        return defined
    if "." in local:
        owner, _, method = local.rpartition(".")
        cls = module.defined.get(owner)
        if isinstance(cls, ast.ClassDef):
            return next((each for each in cls.body if isinstance(each, Function) and each.name == method), None)
    return None
