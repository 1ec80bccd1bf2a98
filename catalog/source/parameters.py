"""The JSON Schema of what a function or tool class is called with, read from its source."""

from __future__ import annotations

import ast
from typing import Any

from catalog.source.checksum import Function, unquoted
from catalog.source.define import call_method, docstring_of, fields_of, methods_of
from catalog.source.docstrings import parameter_texts, summary
from catalog.source.names import Names
from catalog.source.types import class_schema, json_value, last_name, object_schema, value_schema

__all__ = ["INJECTED", "is_injected", "parameters_schema", "summary"]

INJECTED = frozenset(
    {
        "RunContext",  # pydantic-ai
        "RunContextWrapper",  # OpenAI Agents
        "ToolContext",  # OpenAI Agents, Google ADK
        "Context",  # MCP servers
        "CurrentContext",  # FastMCP
        "Depends",  # FastMCP, FastAPI
        "CallbackManagerForToolRun",  # LangChain
        "AsyncCallbackManagerForToolRun",
        "Callbacks",
        "RunnableConfig",
        "InjectedState",  # LangGraph
        "InjectedStore",
        "InjectedToolArg",
        "InjectedToolCallId",
        "ToolRuntime",
    }
)
"""Types whose parameters the framework fills in; a model never sees them."""


def parameters_schema(
    node: Function | ast.ClassDef, docstring: str = "", names: Names | None = None, *, bound: bool = False
) -> dict[str, Any]:
    """Return the JSON Schema of the arguments: an object with ``properties``, and ``required`` unless empty.

    Of a class: what ``args_schema`` (LangChain, CrewAI) or ``inputs`` (smolagents) say, else the parameters
    of the method a framework calls, else its ``__init__``, else its fields. Types that reading the file
    doesn't explain become ``{"x-python-type": "P"}``.

    Args:
        node: function or class.
        docstring: its docstring, whose descriptions of parameters go into the schema where the code has none.
        names: the names of its file, to look up enums, models and aliases.
        bound: leave out the first parameter whatever it is called; ``self`` and ``cls`` always are.
    """
    if isinstance(node, ast.ClassDef):
        return _of_class(node, docstring, names)
    return _of_function(node, docstring, names, bound)


def is_injected(annotation: ast.expr | None, default: ast.expr | None = None) -> bool:
    """Tell whether the framework, not the caller, fills in a parameter of this type."""
    node = unquoted(annotation)
    if node is not None and node.__class__ is ast.Name:
        if node.id in INJECTED:
            return True
    elif node is not None:
        for part in ast.walk(node):
            if (isinstance(part, ast.Name) and part.id in INJECTED) or (
                isinstance(part, ast.Attribute) and part.attr in INJECTED
            ):
                return True
    return isinstance(default, ast.Call) and last_name(default.func) in INJECTED


def _of_function(node: Function, docstring: str, names: Names | None, bound: bool) -> dict[str, Any]:
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    defaults += args.defaults
    pairs = [*zip(positional, defaults, strict=True)]
    if pairs and (bound or pairs[0][0].arg in ("self", "cls")):
        pairs = pairs[1:]
    pairs += zip(args.kwonlyargs, args.kw_defaults, strict=True)
    texts = parameter_texts(docstring) if docstring and pairs else {}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for arg, default in pairs:
        if is_injected(arg.annotation, default):
            continue
        properties[arg.arg], optional = value_schema(arg.annotation, default, names, name=arg.arg)
        if arg.arg in texts:
            properties[arg.arg].setdefault("description", texts[arg.arg])
        if not optional:
            required.append(arg.arg)
    schema = object_schema(properties, required)
    if args.kwarg is not None and not is_injected(args.kwarg.annotation):
        schema["additionalProperties"] = True
    return schema


def _of_class(node: ast.ClassDef, docstring: str, names: Names | None) -> dict[str, Any]:
    for value in _assigned(node, "args_schema"):
        model = names.bound.get(value.id) if names is not None and isinstance(value, ast.Name) else None
        if isinstance(model, ast.ClassDef):
            return class_schema(model, names)
    for value in _assigned(node, "inputs"):
        inputs = _smolagents_inputs(value)
        if inputs is not None:
            return inputs
    method = call_method(node)
    if method is None and not fields_of(node):
        method = methods_of(node).get("__init__")
    if method is not None:
        static = any(last_name(decorator) == "staticmethod" for decorator in method.decorator_list)
        return _of_function(method, docstring_of(method) or docstring, names, not static)
    schema = class_schema(node, names)
    for name, text in (parameter_texts(docstring) if docstring else {}).items():
        if name in schema.get("properties", {}):
            schema["properties"][name].setdefault("description", text)
    return schema


def _assigned(node: ast.ClassDef, name: str) -> list[ast.expr]:
    """Return what the class body assigns to *name*: one expression or none."""
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(statement, "value", None)
            if isinstance(value, ast.expr):
                return [value]
    return []


def _smolagents_inputs(node: ast.expr) -> dict[str, Any] | None:
    """Return the schema of ``inputs = {"city": {"type": "string", …}}``, or None if *node* is something else."""
    is_literal, value = json_value(node)
    if not is_literal or not isinstance(value, dict) or not value:
        return None
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, about in value.items():
        if not isinstance(about, dict):
            return None
        about = {key: part for key, part in about.items() if key != "nullable"}
        properties[name] = {} if about.get("type") == "any" else about
        if about.get("type") == "any" and "description" in about:
            properties[name] = {"description": about["description"]}
        if value[name].get("nullable") is not True:
            required.append(name)
    return object_schema(properties, required)
