"""Names that several cells of a notebook bind: each cell gets one of its own, so that none takes another's value.

A notebook says ``agent = Agent(…)`` again and again, and each time means another. All but the last are written
``agent__cell3`` in the module that a notebook is read as; what is found there is called ``agent`` all the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

_SUFFIX = re.compile(r"__cell\d+$")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Cell = tuple[int, str, ast.Module]
"""Number, text and tree of a cell."""
_Edit = tuple[int, int, str, str]
"""Line, byte in it, the name that stands there, and the one that is to."""


def plain_name(name: str) -> str:
    """Return the *name* that the notebook has for what is called so in the module."""
    return _SUFFIX.sub("", name)


def with_names_of_their_own(cells: Sequence[Cell]) -> Iterator[tuple[int, str]]:
    """Yield number and text of each cell, with names that later cells bind again told apart."""
    last: dict[str, int] = {}
    several: set[str] = set()
    for number, _, tree in cells:
        for name in {name for statement in tree.body for name in _bound(statement)}:
            if name in last:
                several.add(name)
            last[name] = number
    current: dict[str, str] = {}
    for number, text, tree in cells:
        edits: list[_Edit] = []
        for statement in tree.body:
            bound = {name: name if last[name] == number else f"{name}__cell{number}" for name in _bound(statement)}
            bound = {name: own for name, own in bound.items() if name in several}
            inside = current if isinstance(statement, (ast.Assign, ast.AnnAssign)) else {**current, **bound}
            edits += _edits(statement, inside, bound)
            current = {**current, **bound}
        yield number, _edited(text, edits)


def _bound(statement: ast.AST) -> Iterator[str]:
    """Yield the names that a statement at module level binds; imports bring the same thing each time."""
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
        return
    for node in _around(statement):
        if isinstance(node, _DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _around(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in *node*, without what is in functions, classes and comprehensions."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        if each is node or not isinstance(
            each, (*_DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        ):
            waiting += ast.iter_child_nodes(each)


def _edits(node: ast.AST, loads: dict[str, str], stores: dict[str, str]) -> Iterator[_Edit]:
    """Yield the changes in a statement: *loads* says what a name that is read is called, *stores* one that is bound."""
    waiting: list[tuple[ast.AST, dict[str, str], dict[str, str]]] = [(node, loads, stores)]
    while waiting:
        each, read, bind = waiting.pop()
        if isinstance(each, ast.Name):
            own = (bind if isinstance(each.ctx, ast.Store) else read).get(each.id, each.id)
            if own != each.id:
                yield each.lineno, each.col_offset, each.id, own
        elif isinstance(each, _DEFINITIONS) and bind.get(each.name, each.name) != each.name:
            yield each.lineno, -1, each.name, bind[each.name]
        if isinstance(each, _FUNCTIONS):
            own_names = _names_within(each)
            read = {name: own for name, own in read.items() if name not in own_names}
        if isinstance(each, (*_DEFINITIONS, ast.Lambda)):
            bind = {}
        waiting += [(child, read, bind) for child in ast.iter_child_nodes(each)]


def _names_within(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the parameters of a function, and what it binds."""
    names = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    body = function.body if isinstance(function.body, list) else []
    return names | {name for statement in body for name in _bound(statement)}


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    if not edits:
        return text
    lines = [line.encode("utf-8", "surrogatepass") for line in text.split("\n")]
    for number, place, name, own in sorted(edits, reverse=True):
        line = lines[number - 1]
        if place < 0:  # of a definition, whose name stands behind its first word
            match = re.search(rb"(?:def|class)\s+(?=" + re.escape(name).encode() + rb"\b)", line)
            place = match.end() if match is not None else -1
        written = name.encode()
        if place >= 0 and line[place : place + len(written)] == written:
            lines[number - 1] = line[:place] + own.encode() + line[place + len(written) :]
    return b"\n".join(lines).decode("utf-8", "surrogatepass")
