"""The attributes of a class that fields of an entry are read from."""

from __future__ import annotations

import ast

from catalog.discovery.literal import Value
from catalog.discovery.part_text import part_of_text
from catalog.discovery.rules import Rules
from catalog.discovery.scopes import Namer, Scope, Scopes, last_name
from catalog.source.checksum import Function


class Attributes:
    """Reads the classes of one file."""

    def __init__(self, namer: Namer, rules: Rules) -> None:
        """Read what *rules* name; *namer* says what names stand for."""
        self.namer = namer
        self.rules = rules

    def of(self, node: ast.ClassDef, around: Scopes) -> dict[str, Value]:
        """Return the attributes of the class *node* in the bodies *around*; None is one whose value can't be told."""
        attributes: dict[str, Value] = {}
        wanted, read = self.rules.read_names, self.namer.read
        scopes = [*around, Scope("class", node.body, node)]
        init: Function | None = None
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name) and target.id in wanted:
                        attributes[target.id] = read(statement.value, scopes)
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                if statement.target.id in wanted:
                    default = statement.value
                    attributes[statement.target.id] = None if default is None else read(default, scopes)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if statement.name == "__init__":
                    init = statement
                elif statement.name in wanted and _is_property(statement):
                    last = statement.body[-1] if statement.body else None
                    value = last.value if isinstance(last, ast.Return) else None
                    inner = [*scopes, Scope("function", statement.body, statement)]
                    attributes[statement.name] = None if value is None else read(value, inner)
        if init is not None:
            self._set_in_init(init, attributes, [*scopes, Scope("function", init.body, init)])
        return attributes

    def _set_in_init(self, init: Function, attributes: dict[str, Value], scopes: Scopes) -> None:
        """Add to *attributes* what ``__init__`` sets to a literal where the class body doesn't.

        Two ways: ``self.name = …`` and ``super().__init__(name=…)``.
        """
        for statement in init.body:
            pairs: list[tuple[str, ast.expr]] = []
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
                if getattr(statement.targets[0].value, "id", "") == "self":
                    pairs.append((statement.targets[0].attr, statement.value))
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                to_base = getattr(statement.value.func, "attr", "") == "__init__"
                keywords = statement.value.keywords if to_base else ()
                pairs += [(keyword.arg, keyword.value) for keyword in keywords if keyword.arg]
            for name, expression in pairs:
                if name in self.rules.read_names and attributes.get(name) is None:
                    value = self.namer.read(expression, scopes)
                    if value is None and name in self.rules.text_names:
                        value = part_of_text(expression, self.namer, scopes)
                    if value is not None:
                        attributes[name] = value


def _is_property(node: Function) -> bool:
    return any(last_name(decorator) == "property" for decorator in node.decorator_list)
