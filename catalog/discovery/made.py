"""Objects that a file makes anywhere: in functions and methods, as arguments, in lists, under ``with``, as a result.

An object that no import path leads to is kept with the reason; what a function returns is found by that function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from catalog.discovery.applied import is_applied
from catalog.discovery.handing import hands
from catalog.discovery.rules import Rules
from catalog.discovery.scopes import Namer, Scope, Scopes, holds, last_name, statements
from catalog.discovery.takes import Takes, path_of
from catalog.entry.key import name_fault
from catalog.source.checksum import Function

MADE = "made"
"""In an extract's items: what a call makes."""

GUARDED = "made under `if __name__ == '__main__'`, which importing does not run"
IN_PASSING = "made in passing; no name leads to it"

WITH = "with"
"""Holds what a ``with`` statement makes."""

_LONGEST_HOLDER = 60
_LISTING = ("list_tools", "list_prompts")
"""Decorators of a server: what the function makes is what the server offers."""
_FINISHING = frozenset({"compile", "build", "with_config", "bind_tools", "with_structured_output", "with_retry"})
"""Methods that give the object they belong to, or one that does its work."""
_BUILDERS = ("Graph", "Builder")
"""How the names end of what makes an object in steps."""
BLOCKS = (ast.If, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While, ast.Match)
"""Statements that hold others, of which some run."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LEAVES: frozenset[type[ast.AST]] = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store))
"""What most expressions end in; no call is below them."""
_HARMLESS = frozenset({"cache", "lru_cache", "cached", "cache_resource", "staticmethod", "classmethod", "override"})
"""Decorators that leave a function callable as it is written."""


class Around(NamedTuple):
    """Where a statement is.

    Attributes:
        scopes: the bodies around it.
        guarded: whether it is under ``if __name__ == "__main__"``.
        on: what the function around it lists the offers of, as targets.
    """

    scopes: Scopes
    guarded: bool = False
    on: tuple[list[str], ...] = ()

    @property
    def function(self) -> str:
        """The qualified name of the outermost function; empty outside of all."""
        names: list[str] = []
        for scope in self.scopes[1:]:
            names.append(getattr(scope.node, "name", ""))
            if scope.kind == "function":
                return ".".join(names)
        return ""


class Call(NamedTuple):
    """A call of what may be a known constructor.

    Attributes:
        node: the call.
        dotted: what is called.
        around: where.
        variable: the variable, attribute or argument it is given to; empty if there is none.
        holder: what it is put into, as written, or `WITH`.
        is_own: whether the variable holds the object itself.
        is_inline: whether it is an argument of a call, or a part of one.
        returned: whether it is all that the innermost function around returns, so that a call of it gives the object.
        awaited: whether what counts is the result of an object of a class: ``email = await GetEmail()``.
        handing: whose it is, if it makes nothing known and hands functions on (:mod:`catalog.discovery.handing`).
        applied: whether it is a decorator that is called with what it marks (:mod:`catalog.discovery.applied`).
    """

    node: ast.Call
    dotted: str
    around: Around
    variable: str = ""
    holder: str = ""
    is_own: bool = False
    is_inline: bool = False
    returned: bool = False
    awaited: bool = False
    handing: str | None = None
    applied: bool = False

    @property
    def maker(self) -> Function | None:
        """The innermost function around, unless another function makes it."""
        *outer, last = self.around.scopes
        is_reachable = last.kind == "function" and all(scope.kind != "function" for scope in outer)
        return last.node if is_reachable and isinstance(last.node, _FUNCTIONS) else None


class MadeObjects:
    """Finds the calls of one file."""

    def __init__(
        self,
        namer: Namer,
        takes: Takes,
        is_known: Callable[[str], bool],
        rules: Rules,
        lines: Sequence[int],
    ) -> None:
        """Look for calls of names that *is_known* accepts, and for such that hand functions to a framework.

        Only statements that hold one of the *lines* are looked at.
        """
        self.rules = rules
        self.lines = lines
        self.namer = namer
        self.takes = takes
        self.is_known = is_known

    def calls(self, tree: ast.Module) -> Iterator[Call]:
        """Yield the calls of known constructors in *tree*, each once."""
        by_maker: dict[int, tuple[Function, list[Call]]] = {}
        for call in self._body(tree.body, Around([self.namer.top])):
            if call.maker is None or call.handing is not None or call.applied:
                yield call
            else:
                by_maker.setdefault(id(call.maker), (call.maker, []))[1].append(call)
        for maker, calls in by_maker.values():
            results = _results(maker)
            given = [call for call in calls if _is_among(call, results)]
            for call in calls:
                yield call._replace(returned=True, is_inline=False) if [call] == given else call

    # --- statements ----------------------------------------------------------------------------------------

    def _body(self, body: Sequence[ast.stmt], around: Around) -> Iterator[Call]:
        waiting: list[tuple[ast.AST, Around]] = [(statement, around) for statement in reversed(body)]
        while waiting:
            node, here = waiting.pop()
            if isinstance(node, ast.stmt) and not holds(node, self.lines):
                continue
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                inner = here._replace(scopes=[*here.scopes, Scope(kind, node.body, node)])
                if kind == "function":
                    inner = inner._replace(on=self._listed(node, here.scopes) or here.on)
                waiting += [(statement, inner) for statement in reversed(node.body)]
                continue
            yield from self._statement(node, here)
            if isinstance(node, ast.If) and _is_guard(node.test):
                waiting += [(statement, here._replace(guarded=True)) for statement in reversed(node.body)]
                waiting += [(statement, here) for statement in reversed(node.orelse)]
            elif isinstance(node, BLOCKS) and here.scopes[-1].kind == "module":
                parts = self.namer.top.names.branches.parts(node)
                live = [statement for part in parts if part.may_run for statement in part.body]
                waiting += [(statement, here) for statement in reversed(live)]
            else:
                for field in ("finalbody", "orelse", "cases", "handlers", "body"):
                    waiting += [(statement, here) for statement in reversed(getattr(node, field, ()))]

    def _statement(self, node: ast.AST, around: Around) -> Iterator[Call]:
        """Yield the calls in the expressions of one statement, not those in its branches."""
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if node.value is not None:
                is_name = isinstance(target, (ast.Name, ast.Attribute))
                key = _key(target.slice) if isinstance(target, ast.Subscript) else ""
                for call in self._within(node.value, around, last_name(target) if is_name else "", key=key):
                    yield call._replace(holder=ast.unparse(target)[:_LONGEST_HOLDER])
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                name = getattr(item.optional_vars, "id", "")
                yield from self._within(item.context_expr, around, name, WITH if name else "")
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from self._within(child, around)

    def _within(
        self, value: ast.AST, around: Around, variable: str = "", holder: str = "", *, key: str = ""
    ) -> Iterator[Call]:
        """Yield the known calls in an expression; the one that is its value gets the *variable*, or the *key*."""
        own = finished(value) if isinstance(value, ast.expr) else None
        awaited: ast.expr | None = None
        waiting: list[tuple[Any, str, bool]] = [(own if key else value, key, False)]
        while waiting:
            node, argument, inline = waiting.pop()
            kind = node.__class__
            if kind in _LEAVES:
                continue
            if kind is ast.Attribute:
                waiting.append((node.value, argument, inline))
                continue
            if kind is ast.Await:
                awaited = node.value
            if kind is ast.Dict:
                waiting += [(each, name or argument, inline) for name, each in reversed(list(_pairs(node)))]
                continue
            if kind is not ast.Call:
                waiting += [(child, argument, inline) for child in reversed(list(ast.iter_child_nodes(node)))]
                continue
            dotted = self.namer.callee(node.func, around.scopes)
            if dotted is not None and self.is_known(dotted) and not self._makes_itself(dotted, around.scopes):
                is_value = node is own
                name = (is_value and variable) or argument
                if is_value and variable and around.scopes[-1].kind == "function":
                    name = built(name, dotted, node, node, around.scopes[-1].body)[0]
                is_own, is_inline = bool(variable) and is_value, inline and not is_value
                is_result = node is awaited and dotted.rpartition(".")[2][:1].isupper()
                yield Call(node, dotted, around, name, holder, is_own, is_inline, awaited=is_result)
            if (framework := hands(node, dotted, self.rules.framework_of)) is not None:  # what is known may be no entry
                yield Call(node, dotted or "", around, handing=framework)
            if is_applied(node, self.rules):
                yield Call(node, dotted or "", around, applied=True)
            waiting.append((node.func, "", inline))
            waiting += [(each, "", True) for each in reversed(node.args) if each.__class__ not in _LEAVES]
            waiting += [
                (each.value, each.arg or "", True)
                for each in reversed(node.keywords)
                if each.value.__class__ not in _LEAVES
            ]

    def _makes_itself(self, dotted: str, scopes: Scopes) -> bool:
        """Tell whether a method makes another object of its own class, which is no definition of anything."""
        return any(
            each.kind == "class" and dotted == ".".join([self.namer.module, *path_of(scopes[: place + 1])])
            for place, each in enumerate(scopes[:-1])
        )

    def _listed(self, node: ast.stmt, scopes: Scopes) -> tuple[list[str], ...]:
        """Return the server that a function lists the tools of, if it does."""
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and last_name(decorator) in _LISTING:
                owner = getattr(decorator.func, "value", None)
                if owner is not None:
                    return tuple(self.takes.targets(owner, scopes))
        return ()


def built(
    name: str, dotted: str, node: ast.expr | ast.stmt, value: ast.expr, body: Sequence[ast.stmt]
) -> tuple[str, int, ast.expr]:
    """Return name, line and value of what is made in steps: of `g` for ``b = StateGraph(S)``, ``g = b.compile()``.

    Args:
        name: of the variable that holds what *dotted* makes.
        dotted: what is called.
        node: where.
        value: what the variable is set to.
        body: the statements around it.
    """
    if dotted.endswith(_BUILDERS) and not (isinstance(value, ast.Call) and finished(value) is not value):
        for statement in statements(body):
            if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
                continue
            call = finished(statement.value)
            if isinstance(call, ast.Name) and call.id == name and call is not statement.value:
                return statement.targets[0].id, statement.lineno, statement.value
    return name, node.lineno, value


def finished(value: ast.expr) -> ast.expr:
    """Return the call that makes *value*, without ``await`` and the methods that finish it."""
    while True:
        if isinstance(value, ast.Await):
            value = value.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _FINISHING:
            value = value.func.value
        else:
            return value


def _pairs(table: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a table holds, each with the name that its key gives it; empty if the key is none."""
    for key, value in zip(table.keys, table.values, strict=True):
        if key is not None and not isinstance(key, ast.Constant):
            yield "", key
        name = _key(key)
        yield name, finished(value) if name else value


def _key(key: ast.expr | None) -> str:
    """Return the text that *key* is if an entry may be called so, else an empty one."""
    text = key.value if isinstance(key, ast.Constant) else None
    return text if isinstance(text, str) and name_fault(text) is None else ""


def _results(function: Function) -> list[ast.expr]:
    """Return what a function returns, as the calls and names that make it."""
    returned = [
        each.value for each in statements(function.body) if isinstance(each, ast.Return) and each.value is not None
    ]
    return [finished(value) for value in returned if not isinstance(value, ast.Constant)]


def _is_among(call: Call, results: list[ast.expr]) -> bool:
    """Tell whether *call* makes one of the *results*."""
    return any(
        value is call.node or (call.is_own and isinstance(value, ast.Name) and value.id == call.variable)
        for value in results
    )


def why_unreachable(call: Call, function: str) -> str:
    """Return why no import path leads to what *call* makes; *function* is the innermost one around it."""
    if function:
        return f"defined inside {function}()"
    if call.around.guarded:
        return GUARDED
    if call.holder == WITH:
        return f"made by `with … as {call.variable}`, which ends with its block"
    return f"made inside {call.holder}; no import path leads to it" if call.holder else IN_PASSING


def function_around(scopes: Scopes) -> str:
    """Return the innermost function as people call it: ``main``, ``Crew.build``; empty outside of all."""
    last = next((place for place in reversed(range(len(scopes))) if scopes[place].kind == "function"), None)
    if last is None:
        return ""
    names = [name for name in path_of(scopes[: last + 1])[:-1] if name != "<locals>"]
    return ".".join(names)


def call_fault(node: Function, *, in_class: bool, of_object: bool = False) -> str:
    """Return why a function can't be called without arguments, as the end of a sentence; empty if it can.

    *of_object* tells that a method is called as one of an object there is.
    """
    marks = {last_name(decorator) for decorator in node.decorator_list}
    if marks - _HARMLESS:
        return f"which @{sorted(marks - _HARMLESS)[0]} wraps"
    if isinstance(node, ast.AsyncFunctionDef):
        return "which is async"
    if any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in _own_nodes(node)):
        return "which is a generator"
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    needed = positional[: len(positional) - len(arguments.defaults)]
    if in_class and not marks & {"staticmethod"}:
        if "classmethod" not in marks and not of_object:
            return "which is a method"
        needed = needed[1:]
    needed += [
        each for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    return "which needs arguments" if needed else ""


def written_call(node: Function, name: str) -> str:
    """Return how people would write a call of the function: ``build_agent(model, tools)``."""
    arguments = node.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    shown = [each for each in names if each not in ("self", "cls")]
    return f"{name}({', '.join(shown[:4])}{', …' if len(shown) > 4 else ''})"


def _own_nodes(node: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, but none of the functions within it."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)):
            continue
        yield inner
        waiting += ast.iter_child_nodes(inner)


def _is_guard(test: ast.expr) -> bool:
    """Tell whether *test* is ``__name__ == "__main__"``."""
    return (
        isinstance(test, ast.Compare)
        and getattr(test.left, "id", "") == "__name__"
        and any(getattr(other, "value", None) == "__main__" for other in test.comparators)
    )
