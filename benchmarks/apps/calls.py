"""What a call says of what it makes: its name, its text, the variable it is kept in."""

from __future__ import annotations

import ast

from benchmarks.apps.names import dotted_of

TEXTS = frozenset(
    [
        "description",
        "instructions",
        "system_prompt",
        "prompt",
        "role",
        "goal",
        "backstory",
        "template",
        "system_message",
        "system",
        "instruction",
        "introduction",
        "system_prompt_template",
        "task_instruction",
    ]
)
"""Arguments that say what an object is."""


def shown(node: ast.expr) -> str:
    """Return a literal as text, anything else as it is written."""
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def name_in_call(node: ast.Call) -> str:
    for keyword in node.keywords:
        if keyword.arg in ("name", "id", "tool_name") and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.isidentifier():
        return first.value
    return ""


def texts_in_call(node: ast.Call) -> list[str]:
    """Return the literals that may be the name of what a call makes."""
    values = [k.value for k in node.keywords if k.arg in ("name", "id", "role", "model", "model_name", "model_id")]
    literals = [each for each in (*node.args[:1], *values) if isinstance(each, ast.Constant)]
    return [each.value for each in literals if isinstance(each.value, str)]


def name_of_target(statement: ast.AST, node: ast.Call) -> str:
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        value = statement.value
        if value is node or (isinstance(value, (ast.Call, ast.Attribute, ast.Await)) and _begins_with(value, node)):
            return dotted_of(target) or ""
    return ""


def _begins_with(value: ast.expr, node: ast.Call) -> bool:
    """Tell whether a chain of calls begins with *node*: ``Builder(...).add(...).build()``."""
    inner: ast.AST = value
    while inner is not node:
        if isinstance(inner, ast.Call):
            inner = inner.func
        elif isinstance(inner, (ast.Attribute, ast.Await)):
            inner = inner.value
        else:
            return False
    return True


def has_text(node: ast.expr) -> bool:
    """Tell whether a call has an argument that says what it makes, where reading can see the text."""
    if not isinstance(node, ast.Call):
        return False
    return any(
        keyword.arg in TEXTS
        and any(
            isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.strip()
            for each in ast.walk(keyword.value)
        )
        for keyword in node.keywords
    )
