"""Tools that a program writes as data for a model: the dictionaries of Anthropic, OpenAI, Bedrock and MCP.

Such a dictionary is a definition: the model reads it, and the program calls something of its own. Where the same file
has a function of the tool's name, the tool is that function, described by the dictionary.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catalog.discovery.literal import Value
from catalog.discovery.scopes import Namer, Scope, Scopes, holds, last_name

_OF_CALLS = frozenset({"arguments", "call_id", "output"})
"""Keys of what a model answers with, which else looks the same."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Written(NamedTuple):
    """One definition.

    Attributes:
        node: the dictionary, or the call of ``dict``.
        framework: whose form it has.
        given: name, description and JSON Schema of the parameters, as far as they are literals.
        scopes: the bodies around it.
        variable: the variable of the module that holds it and nothing else; empty if there is none.
        holder: what it is a part of, as written; empty if nothing holds it.
    """

    node: ast.expr
    framework: str
    given: dict[str, Value]
    scopes: Scopes
    variable: str
    holder: str

    @property
    def name(self) -> str:
        """The name of the tool; empty if it can't be told."""
        value = self.given["name"]
        return value[1] if value is not None and value[0] == "=" and isinstance(value[1], str) else ""

    @property
    def reason(self) -> str:
        """Why no import path leads to it."""
        inside = next((each.node for each in reversed(self.scopes) if each.kind == "function"), None)
        place = f"inside {getattr(inside, 'name', '')}()" if inside is not None else "in passing"
        held = f"in {self.holder}" if self.holder and inside is None else place
        return f"written as data {held}; no function of this name is in the file"


def written_tools(tree: ast.Module, namer: Namer, lines: Sequence[int]) -> Iterator[Written]:
    """Yield the definitions in *tree* whose name can be told, in the order of their lines.

    Only statements that hold one of the *lines* are looked at.
    A name that a file gives to several definitions, as in the cells of a notebook, is that of the first.
    """
    seen: set[str] = set()
    waiting: list[tuple[ast.AST, Scopes, str, str]] = [(each, [namer.top], "", "") for each in reversed(tree.body)]
    while waiting:
        node, scopes, holder, variable = waiting.pop()
        if isinstance(node, ast.stmt) and not holds(node, lines):
            continue
        written = _written(node, namer, scopes, variable, holder)
        if written is not None:
            if written.name and written.name not in seen:
                seen.add(written.name)
                yield written
            continue
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            scopes = [*scopes, Scope("class" if isinstance(node, ast.ClassDef) else "function", node.body, node)]
        for child in reversed(list(ast.iter_child_nodes(node))):
            name = ""
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and child is node.value:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                holder = last_name(target)
                name = holder if isinstance(target, ast.Name) and len(scopes) == 1 else ""
            waiting.append((child, scopes, holder, name))


def _written(node: ast.AST, namer: Namer, scopes: Scopes, variable: str, holder: str) -> Written | None:
    """Return the definition that *node* is, or None."""
    parts = _parts(_by_key(node))
    if parts is None or not isinstance(node, ast.expr):
        return None
    framework, fields = parts
    return Written(
        node, framework, {each: namer.read(value, scopes) for each, value in fields.items()}, scopes, variable, holder
    )


def _parts(keys: dict[str, ast.expr]) -> tuple[str, dict[str, ast.expr]] | None:
    """Return whose definition a dictionary is, and its name, description and schema; None for anything else."""
    if "toolSpec" in keys:
        spec = _by_key(keys["toolSpec"])
        return _fields("bedrock", spec, _by_key(spec.get("inputSchema")).get("json"))
    if "name" not in keys and "function" in keys:
        spec = _by_key(keys["function"])
        return _fields("openai", spec, spec.get("parameters")) if "parameters" in spec else None
    for key, framework in (("input_schema", "anthropic"), ("inputSchema", "mcp")):
        if key in keys:
            return _fields(framework, keys, keys[key])
    schema = keys.get("parameters")
    if schema is None:
        return None
    is_function = _text(keys.get("type")) == "function"
    is_schema = "properties" in _by_key(schema) and "description" in keys
    return _fields("openai", keys, schema) if is_function or is_schema else None


def _fields(
    framework: str, keys: dict[str, ast.expr], schema: ast.expr | None
) -> tuple[str, dict[str, ast.expr]] | None:
    if "name" not in keys or not _OF_CALLS.isdisjoint(keys):
        return None
    fields = {"name": keys["name"], "description": keys.get("description"), "parameters": schema}
    return framework, {field: value for field, value in fields.items() if value is not None}


def _by_key(node: ast.AST | None) -> dict[str, ast.expr]:
    """Return the values of a dictionary whose keys are literal texts; nothing for anything else."""
    if isinstance(node, ast.Call) and last_name(node) == "dict" and not node.args:
        return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    if not isinstance(node, ast.Dict):
        return {}
    return {name: value for key, value in zip(node.keys, node.values, strict=True) if (name := _text(key))}


def _text(node: ast.expr | None) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""
