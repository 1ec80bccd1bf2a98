"""Calls that hand plain functions to a model or an agent, whatever is called: ``LLMContext(tools=[search])``.

Two ways to know them: an argument that is called ``tools`` in a call of something of a framework, and methods that
mean nothing else, whosever they are. What is called becomes no entry by that; the functions are tools.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

ARGUMENTS = frozenset({"tools", "functions"})
"""The arguments that hold functions."""
METHODS = {
    "bind_tools": "langchain",
    "register_function": "autogen",
    "register_for_llm": "autogen",
    "register_for_execution": "autogen",
    "register_tool_function": "agentscope",
}
"""Methods, and functions, whose first argument is a function or a list of functions, and whose they are."""

ADDERS = {"add_tool": "tool", "add_prompt": "prompt", "add_function": "tool"}
"""Methods that take a function, and the decorator of the same object that they stand for."""


def hands(node: ast.Call, dotted: str | None, framework_of: Callable[[str], str]) -> str | None:
    """Return whose the call *node* of *dotted* is, if it hands functions to a model or an agent; else None.

    Args:
        node: the call.
        dotted: the name of what is called, with imports resolved, or None.
        framework_of: returns the framework that a dotted name belongs to; empty: none.
    """
    name = _called(node)
    if name in METHODS and (node.args or any(keyword.arg in ARGUMENTS for keyword in node.keywords)):
        return METHODS[name]
    if dotted is not None and any(keyword.arg in ARGUMENTS for keyword in node.keywords):
        return framework_of(dotted) or None
    return None


def handed(node: ast.Call, framework: str, takes: Iterable[list[str]]) -> list[list[str]]:
    """Return what the call *node* hands on of what it *takes*: framework, form and target of each."""
    is_method = _called(node) in METHODS
    names = {"0", "0*", *ARGUMENTS} if is_method else ARGUMENTS
    return [[framework, form, target] for name, form, target in takes if name in names and form != "text"]


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
