"""Tools written as data for a model: a dictionary with a name and a schema, in one of the providers' forms."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.apps.item import Item
from benchmarks.apps.names import Module

SCHEMAS = {"input_schema": "anthropic", "inputSchema": "mcp or bedrock", "parameters": "openai"}


def written(module: Module) -> Iterator[Item]:
    """Yield the tools that *module* has as data, each name once; a function of the name may stand for one."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if not isinstance(node, (ast.Dict, ast.Call)):
            continue
        table = _table(node)
        key = next((each for each in SCHEMAS if each in table), None)
        name = getattr(table.get("name"), "value", None)
        if key is None or not isinstance(name, str) or not name or name in names or "arguments" in table:
            continue
        outer = module.parents.get(node)
        around = _table(outer)
        is_function = getattr({**around, **table}.get("type"), "value", None) == "function"
        is_schema = "description" in table and "properties" in _table(table[key])
        if key == "parameters" and not (is_function or is_schema):
            continue
        names.add(name)
        if "TOOL_SPEC" in module.assigned and node in module.assigned["TOOL_SPEC"]:  # counted as a decorated function
            continue
        function = module.defined.get(name)
        whole = outer if isinstance(outer, ast.Dict) else node
        spans = [(module.path, whole.lineno, node.end_lineno or node.lineno)]
        marks = getattr(function, "decorator_list", ())
        spans += [(module.path, min(each.lineno for each in (function, *marks)), function.lineno)] if function else []
        statement = module.inside(node, ast.stmt)
        spans += [(module.path, statement.lineno, statement.lineno)] if isinstance(statement, ast.stmt) else []
        origin, where = f"{SCHEMAS[key]} data", module.where(node)
        yield Item(
            ("tool",), name, module.path, node.lineno, "written", origin, where, "description" in table, True, spans
        )


def _table(node: ast.AST | None) -> dict[str, ast.expr]:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict":
        return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}
