"""Signatures and expressions as text for people."""

from __future__ import annotations

import ast
from typing import Any

from catalog.source.checksum import Function, unquoted
from catalog.source.secret_defaults import without_secrets

_ATOMS = (ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Call)


def signature_text(node: Function, *, bound: bool = False) -> str:
    """Return the signature of a function as text: ``(data: str, x: str = 'a') -> Chart``.

    Args:
        node: the function.
        bound: leave out the first parameter, as callers of a method do.
    """
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    last_only = len(args.posonlyargs)  # the "/" stands behind it
    if bound and positional:
        positional = positional[1:]
        last_only -= 1
    parts: list[str] = []
    first_default = len(positional) - len(args.defaults)
    for place, arg in enumerate(positional):
        default = args.defaults[place - first_default] if place >= first_default else None
        parts.append(parameter_text(arg, default))
        if place + 1 == last_only:
            parts.append("/")
    if args.vararg:
        parts.append("*" + parameter_text(args.vararg, None))
    elif args.kwonlyargs:
        parts.append("*")
    parts += [parameter_text(arg, default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    if args.kwarg:
        parts.append("**" + parameter_text(args.kwarg, None))
    returns = f" -> {annotation_text(node.returns)}" if node.returns else ""
    start = "async " if node.__class__ is ast.AsyncFunctionDef else ""
    types = getattr(node, "type_params", ())  # since Python 3.12
    generic = f"[{', '.join(ast.unparse(each) for each in types)}]" if types else ""
    return f"{start}{generic}({', '.join(parts)}){returns}"


def parameter_text(arg: ast.arg, default: ast.expr | None) -> str:
    """Return one parameter as text: ``x: str = 'a'``."""
    if default is not None:
        default = without_secrets(arg.arg, default)
    if arg.annotation is None:
        return arg.arg if default is None else f"{arg.arg}={expression_text(default)}"
    text = f"{arg.arg}: {annotation_text(arg.annotation)}"
    return text if default is None else f"{text} = {expression_text(default)}"


def annotation_text(annotation: ast.expr) -> str:
    """Return an annotation as text, names without quotes."""
    if isinstance(annotation, ast.Name):
        return annotation.id
    return expression_text(unquoted(annotation) or annotation)


def expression_text(node: ast.expr) -> str:
    """Return an expression as text, on one line.

    What annotations and defaults are mostly made of is written here, as `ast.unparse` costs more than
    parsing the whole function did.
    """
    try:
        return _text(node)
    except RecursionError:
        return "..."


def _text(node: Any) -> str:
    kind = node.__class__
    if kind is ast.Name:
        return str(node.id)
    if kind is ast.Constant:
        value = node.value
        return "..." if value is ... else hex(value) if _is_huge(value) else repr(value)
    if kind is ast.Attribute and node.value.__class__ in _ATOMS and _is_plain(node.value):
        return f"{_text(node.value)}.{node.attr}"
    if kind is ast.Subscript and node.value.__class__ in _ATOMS:
        inner = node.slice
        if inner.__class__ is ast.Tuple and inner.elts:
            inside = ", ".join([_text(element) for element in inner.elts]) + ("," if len(inner.elts) == 1 else "")
        elif inner.__class__ is ast.Slice:
            return ast.unparse(node)
        else:
            inside = _text(inner)
        return f"{_text(node.value)}[{inside}]"
    if kind is ast.BinOp and node.op.__class__ is ast.BitOr and node.right.__class__ in _ATOMS:
        if node.left.__class__ in _ATOMS or _is_union(node.left):
            return f"{_text(node.left)} | {_text(node.right)}"
    elif kind is ast.Tuple:
        inside = ", ".join([_text(element) for element in node.elts])
        return f"({inside},)" if len(node.elts) == 1 else f"({inside})"
    elif kind is ast.List:
        return f"[{', '.join([_text(element) for element in node.elts])}]"
    elif kind is ast.UnaryOp and node.op.__class__ is ast.USub and node.operand.__class__ is ast.Constant:
        return f"-{_text(node.operand)}"
    elif kind is ast.Dict and not node.keys:
        return "{}"
    elif kind is ast.Call and node.func.__class__ in _ATOMS:
        parts = [_text(argument) for argument in node.args]
        parts += [f"{k.arg}={_text(k.value)}" if k.arg else f"**{_text(k.value)}" for k in node.keywords]
        return f"{_text(node.func)}({', '.join(parts)})"
    return ast.unparse(ast.fix_missing_locations(node)).replace("\n", " ")


def _is_plain(node: Any) -> bool:
    """Tell whether ``.name`` may follow without parentheses: ``1 .real`` may not."""
    return node.__class__ is not ast.Constant or isinstance(node.value, (str, bytes))


def _is_union(node: Any) -> bool:
    while node.__class__ is ast.BinOp and node.op.__class__ is ast.BitOr and node.right.__class__ in _ATOMS:
        node = node.left
    return node.__class__ in _ATOMS


def _is_huge(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > 2000  # a process may limit decimals to 640 digits
