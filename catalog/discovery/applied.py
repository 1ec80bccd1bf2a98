"""Decorators that are called as functions: ``server.tool(name="x")(f)``; ``server.add_tool(f)`` does the same."""

from __future__ import annotations

import ast
from typing import Any

from catalog.discovery.decorators import Decorators
from catalog.discovery.handing import ADDERS
from catalog.discovery.rules import Rules
from catalog.discovery.scopes import Scopes, last_name

_NAMES = (ast.Name, ast.Attribute)


def is_applied(node: ast.Call, rules: Rules) -> bool:
    """Tell whether *node* may give a function, or an object, to what a known decorator belongs to."""
    if not node.args or not isinstance(node.args[0], _NAMES):
        return False
    if isinstance(node.func, ast.Call):
        name = last_name(node.func)
        return rules.is_word("methods", name) or rules.is_word("decorators", name)
    return isinstance(node.func, ast.Attribute) and node.func.attr in ADDERS


def marks_of(node: ast.Call, decorators: Decorators, scopes: Scopes) -> list[dict[str, Any]]:
    """Return the marks that the call *node* leaves on what it is given first."""
    func = node.func
    if isinstance(func, ast.Call):
        return decorators.marks([func], scopes)
    if not isinstance(func, ast.Attribute):
        return []
    method = ast.copy_location(ast.Attribute(func.value, ADDERS[func.attr], ast.Load()), func)
    positions = node.args[1:2]  # add_tool(f, name)
    return decorators.marks([ast.copy_location(ast.Call(method, positions, node.keywords), node)], scopes)
