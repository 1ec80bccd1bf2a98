"""The marks that decorators leave: which could be known ones, under their own or another name, with their arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from catalog.discovery.literal import Value, known
from catalog.discovery.part_text import part_of_text
from catalog.discovery.rules import MARKING, Rules
from catalog.discovery.scopes import Namer, Scopes, last_name, marked_kind
from catalog.discovery.takes import Takes
from catalog.source.checksum import Function

SPEC = "TOOL_SPEC"
"""The variable of a module that says which of its functions is a tool of Strands."""

_SCHEMA = "raw_schema"
"""The argument of LiveKit's ``function_tool`` that is the definition of the tool."""
_OF_SCHEMA = frozenset({"name", "description", "parameters"})

_POSITIONS = 4
"""How many arguments by position are read; no rule names a later one."""


class Decorators:
    """Reads the decorators of one file.

    Attributes:
        aliases: names that known decorators may have in some file of the scan.
        makers: names of functions and classes that may make known objects.
    """

    def __init__(self, namer: Namer, rules: Rules) -> None:
        """Read by *rules*; *namer* says what names stand for."""
        self.namer = namer
        self.rules = rules
        self.aliases: frozenset[str] = frozenset()
        self.takes = Takes(namer)
        self.makers: frozenset[str] = frozenset()

    def marks_of(self, node: Function | ast.ClassDef, scopes: Scopes) -> list[dict[str, Any]]:
        """Return the decorators of *node* that could be known ones.

        In the body of a class a decorator of the method's own name is that of the module: ``@crew def crew(self)``.
        """
        return [
            mark
            for decorator in node.decorator_list
            for mark in self.marks(
                [decorator],
                scopes[:-1] if scopes[-1].kind == "class" and _first_name(decorator) == node.name else scopes,
            )
        ]

    def mark_of_spec(self, name: str) -> list[dict[str, Any]]:
        """Return the mark that a variable ``TOOL_SPEC = {"name": name, …}`` of the module leaves on a function."""
        spec = self.namer.top.names.bound.get(SPEC)
        if not isinstance(spec, ast.Dict):
            return []
        given: dict[str, Value] = {
            key.value: value
            for key, node in zip(spec.keys, spec.values, strict=True)
            if isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and (value := self._value(key.value, node, [self.namer.top])) is not None
        }
        if given.get("name") != known(name):
            return []
        schema = given.get("inputSchema")
        if schema is not None and schema[0] == "=" and isinstance(schema[1], dict) and "json" in schema[1]:
            given["inputSchema"] = known(schema[1]["json"])
        return [{"dotted": f"strands.{SPEC}", "given": given}]

    def marks(self, decorators: Iterable[ast.expr], scopes: Scopes) -> list[dict[str, Any]]:
        """Return the decorators that could be known ones: dotted name or method and owner, and arguments."""
        marks = []
        for decorator in decorators:
            decorator = self._unwrapped(decorator, scopes)
            target = decorator.func if isinstance(decorator, ast.Call) and not marked_kind(decorator) else decorator
            mark: dict[str, Any] = {}
            if isinstance(target, ast.Name):
                bound = self.namer.bound(target.id, scopes)
                if isinstance(bound, ast.Attribute):  # tool = server.tool
                    target = bound
            dotted = self.namer.expand(target, scopes)
            if dotted is not None and (self.is_known(dotted) or dotted.rpartition(".")[2] in self.aliases):
                mark["dotted"] = dotted
            if isinstance(target, ast.Attribute) and self.rules.is_word("methods", target.attr):
                mark["method"] = target.attr
                mark["owner"] = self.namer.owner(target.value, scopes)
                mark["called"] = last_name(target.value)
                mark["on"] = list(self.takes.targets(target.value, scopes))
                mark["line"] = decorator.lineno
            if mark:
                if not isinstance(decorator, ast.Call):
                    mark["bare"] = True
                mark["given"] = self.given(decorator, scopes) if isinstance(decorator, ast.Call) else {}
                marks.append(mark)
        return marks

    def _unwrapped(self, decorator: ast.expr, scopes: Scopes) -> ast.expr:
        """Return what a decorator is in the end: ``partial(tool, tags=…)``, ``mine = tool(tags=…)`` are calls of it."""
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        bound = self.namer.bound(target.id, scopes) if isinstance(target, ast.Name) else None
        made: Any = bound if isinstance(bound, ast.Call) else target if isinstance(target, ast.Call) else None
        if made is None and isinstance(decorator, ast.Call):
            made = decorator
        if made is None:
            return decorator
        if self.namer.expand(made.func, scopes) != "functools.partial":
            return bound if isinstance(bound, ast.Call) and target is decorator else decorator
        if not made.args:
            return decorator
        more = decorator.keywords if isinstance(decorator, ast.Call) and decorator is not made else []
        unwrapped = ast.copy_location(ast.Call(made.args[0], made.args[1:], [*made.keywords, *more]), made)
        inner = made.args[0]
        while (
            isinstance(inner, ast.Call) and inner.args and self.namer.expand(inner.func, scopes) == "functools.partial"
        ):
            arguments = [*inner.args[1:], *unwrapped.args]
            unwrapped = ast.copy_location(
                ast.Call(inner.args[0], arguments, [*inner.keywords, *unwrapped.keywords]), made
            )
            inner = inner.args[0]
        return unwrapped

    def given(self, call: ast.Call, scopes: Scopes) -> dict[str, Value]:
        """Return the arguments that fields are read from: names and, as texts, positions.

        What is called by a name of one's own passes arguments on, under whatever names it has for them.
        """
        own = last_name(call.func) in self.aliases or last_name(call.func) in self.makers
        given: dict[str, Value] = {}
        for place, argument in enumerate(call.args[:_POSITIONS]):
            if isinstance(argument, ast.Starred):  # how many it stands for can't be told
                break
            value = self._value(str(place), argument, scopes)
            if value is not None:
                given[str(place)] = value
        for keyword in call.keywords:
            if keyword.arg is not None and (own or keyword.arg in self.rules.read_names):
                value = self._value(keyword.arg, keyword.value, scopes)
                if value is not None:
                    given[keyword.arg] = value
            elif keyword.arg == _SCHEMA:
                given |= self._of_schema(keyword.value, scopes)
        return given

    def _of_schema(self, node: ast.expr, scopes: Scopes) -> dict[str, Value]:
        """Return what the definition of a tool, written as a dictionary, says of it."""
        bound = self.namer.bound(node.id, scopes) if isinstance(node, ast.Name) else node
        if not isinstance(bound, ast.Dict):
            return {}
        named = ((getattr(key, "value", None), value) for key, value in zip(bound.keys, bound.values, strict=True))
        return {
            name: value
            for name, node in named
            if name in _OF_SCHEMA and (value := self._value(name, node, scopes)) is not None
        }

    def _value(self, place: str, node: ast.expr, scopes: Scopes) -> Value:
        """Return the value of an argument; of a text of which not all can be told, the part that can."""
        value = self.namer.read(node, scopes)
        return part_of_text(node, self.namer, scopes) if value is None and place in self.rules.text_names else value

    def is_known(self, dotted: str) -> bool:
        """Tell whether *dotted* could be a known decorator, or that of some kind."""
        above, _, last = dotted.rpartition(".")
        return self.rules.is_word("decorators", last) or above.rpartition(".")[2] == MARKING


def _first_name(node: ast.expr) -> str:
    """Return the first part of a dotted name, called or not; empty for anything else."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")
