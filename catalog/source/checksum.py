"""What is hashed of a function, class or value, and how.

Two sums, each with the name of its scheme in front, so that a later scheme can't be mistaken for drift:

- ``sig1:`` the signature: whether it is async, each parameter's name, kind, annotation and default, the
  return annotation and type parameters. A quoted annotation equals the same one unquoted.
- ``src1:`` the signature, bases and body. The object's own decorators are left out: they hold the words a scan
  takes names, descriptions and tags from, and rewording those is no change of the code. Docstrings, comments,
  ``pass`` and other statements that do nothing are left out too, and so is everything a formatter may change:
  quotes, parentheses, line breaks, commas.

The object's own name is in neither: code that was renamed or moved is recognised by its ``src1`` sum. Two
functions of one signature still differ in it by their bodies.

Hashed is a dump of our own, not that of `ast.dump` or `ast.unparse`, which differ between Python versions
and cost ten times as much. It walks the tree in a fixed order, each node telling how many children follow,
so that different trees can't have the same dump.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

SIGNATURE_SCHEME = "sig1:"
SOURCE_SCHEME = "src1:"

Function = ast.FunctionDef | ast.AsyncFunctionDef

_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores", "simple"})
"""Fields of nodes that depend on the place, the Python version or the spelling."""


def function_sums(node: Function) -> tuple[str, str]:
    """Return signature checksum and source checksum of a function."""
    whole = hashlib.sha256(signature_dump(node).encode("utf-8", "surrogatepass"))
    signature = whole.hexdigest()
    out: list[str] = []
    _dump(list(_kept(node.body)), out)
    whole.update("\n".join(("\n", *out)).encode("utf-8", "surrogatepass"))
    return SIGNATURE_SCHEME + signature, SOURCE_SCHEME + whole.hexdigest()


def class_sums(node: ast.ClassDef, signature: Iterable[str]) -> tuple[str, str]:
    """Return signature checksum and source checksum of a class.

    Args:
        node: the class.
        signature: dumps of what a caller sees of it, in order.
    """
    stack: _Stack = []
    out: list[str] = []
    _class_parts(node, stack, out, decorators=[])
    _dump(stack, out)
    seen = "\n\n".join(("class", *signature))
    return SIGNATURE_SCHEME + _sha256(seen), SOURCE_SCHEME + _sha256("\n".join(out))


def value_sums(node: ast.expr, signature: str) -> tuple[str, str]:
    """Return the checksum of the *signature* text and that of the whole expression."""
    return SIGNATURE_SCHEME + _sha256("value\n" + signature), SOURCE_SCHEME + _sha256(dump(node))


def signature_dump(node: Function) -> str:
    """Return the canonical text of a function's signature; equal texts mean equal signatures."""
    out = ["async" if node.__class__ is ast.AsyncFunctionDef else "def"]
    stack: list[ast.AST | str | None] = [unquoted(node.returns), node.args]
    stack.extend(getattr(node, "type_params", ()))  # since Python 3.12
    _dump(stack, out)
    return "\n".join(out)


def field_dump(node: ast.AnnAssign) -> str:
    """Return the canonical text of an annotated field: name, type and default."""
    out: list[str] = []
    _dump([node], out)
    return "\n".join(out)


def dump(node: ast.AST) -> str:
    """Return the canonical text of any node; equal texts mean equal code."""
    out: list[str] = []
    _dump([node], out)
    return "\n".join(out)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_Stack = list["ast.AST | str | None"]


def _dump(stack: _Stack, out: list[str]) -> None:
    """Append the dump of all nodes on *stack*, the last one first, to *out*.

    One loop with a stack of its own instead of functions that call each other: no depth of nesting can exhaust it, and
    it costs a third. Node classes are tried by how often they occur in real code; the others have functions in
    `_SPECIAL`. Each line of the dump begins with a mark no identifier has, but for that of a `Name`, which is the most
    frequent.
    """
    # Locals, as globals and attributes cost a dictionary lookup for each of millions of nodes.
    pop, push, extend, put = stack.pop, stack.append, stack.extend, out.append
    Name, Attribute, Constant, Call, Arg = ast.Name, ast.Attribute, ast.Constant, ast.Call, ast.arg
    Subscript, Expr, Return, Keyword = ast.Subscript, ast.Expr, ast.Return, ast.keyword
    special, generic = _SPECIAL.get, _generic
    while stack:
        node: Any = pop()
        if node is None:
            put("~")
            continue
        kind = node.__class__
        while kind is Attribute:
            put("." + node.attr)
            node = node.value
            kind = node.__class__
        if kind is Name:
            put(node.id)
        elif kind is Constant:
            value = node.value
            # ascii, as repr follows the Unicode tables of the Python it runs on; hex, as long decimals are
            # refused.
            put(f"#{value:x}" if value.__class__ is int else f"#{value!a}")
        elif kind is Call:
            args, keywords = node.args, node.keywords
            if keywords:
                put(f"({len(args)} {len(keywords)}")
                extend(keywords)
            else:
                put(f"({len(args)}")
            extend(args)
            push(node.func)
        elif kind is Arg:
            put(":" + node.arg)
            annotation = node.annotation
            push(unquoted(annotation) if annotation is not None else None)
        elif kind is Subscript:
            put("[")
            push(node.slice)
            push(node.value)
        elif kind is Expr:
            put(";")
            push(node.value)
        elif kind is Return:
            put("^")
            push(node.value)
        elif kind is Keyword:
            put("@" + (node.arg or "*"))
            push(node.value)
        elif kind is str:
            put("'" + node)
        else:
            special(kind, generic)(node, stack, out)


def _generic(node: ast.AST, stack: _Stack, out: list[str]) -> None:
    """Dump a node by the fields it has, so that ones a later Python adds change no sum of older code."""
    line = ["!" + node.__class__.__name__]
    for field in node._fields:
        if field in _IGNORED:
            continue
        value = getattr(node, field, None)
        if value is None or value == []:
            continue
        if isinstance(value, list):
            if isinstance(value[0], ast.stmt):
                value = _kept(value)
            line.append(f"{field}*{len(value)}")
            stack.extend(value)
        elif isinstance(value, (ast.operator, ast.unaryop, ast.boolop)):
            line.append(value.__class__.__name__)
        elif isinstance(value, ast.AST):
            line.append(field)
            stack.append(value)
        else:
            line.append(f"{field}={value!a}")
    out.append(" ".join(line))


def _assignment(node: ast.Assign, stack: _Stack, out: list[str]) -> None:
    targets = node.targets
    out.append("=" if len(targets) == 1 else f"={len(targets)}")
    stack.append(node.value)
    stack.extend(targets)


def _if(node: ast.If, stack: _Stack, out: list[str]) -> None:
    body, orelse = _kept(node.body), _kept(node.orelse)
    out.append(f"?{len(body)} {len(orelse)}")
    stack.extend(orelse)
    stack.extend(body)
    stack.append(node.test)


def _tuple(node: ast.Tuple, stack: _Stack, out: list[str]) -> None:
    out.append(f",{len(node.elts)}")
    stack.extend(node.elts)


def _comparison(node: ast.Compare, stack: _Stack, out: list[str]) -> None:
    out.append("<" + " ".join([operator.__class__.__name__ for operator in node.ops]))
    stack.extend(node.comparators)
    stack.append(node.left)


def _alias(node: ast.alias, stack: _Stack, out: list[str]) -> None:
    out.append(f"&{node.name} {node.asname or ''}")


def _arguments(node: ast.arguments, stack: _Stack, out: list[str]) -> None:
    out.append(
        f"!arguments {len(node.posonlyargs)} {len(node.args)} {len(node.kwonlyargs)} {len(node.defaults)}"
        f"{' *' if node.vararg else ''}{' **' if node.kwarg else ''}"
    )
    stack.extend(node.kw_defaults)  # one per keyword-only parameter, None where there is no default
    stack.extend(node.defaults)
    if node.kwarg:
        stack.append(node.kwarg)
    stack.extend(node.kwonlyargs)
    if node.vararg:
        stack.append(node.vararg)
    stack.extend(node.args)
    stack.extend(node.posonlyargs)


def _nested_function(node: Function, stack: _Stack, out: list[str]) -> None:
    body = _kept(node.body)
    types = getattr(node, "type_params", ())
    out.append(f"!{node.__class__.__name__} {node.name} {len(body)} {len(node.decorator_list)} {len(types)}")
    stack.extend(body)
    stack.append(unquoted(node.returns))
    stack.append(node.args)
    stack.extend(types)
    stack.extend(node.decorator_list)


def _nested_class(node: ast.ClassDef, stack: _Stack, out: list[str]) -> None:
    out.append("!" + node.name)
    _class_parts(node, stack, out, decorators=node.decorator_list)


def _class_parts(node: ast.ClassDef, stack: _Stack, out: list[str], *, decorators: list[ast.expr]) -> None:
    body = _kept(node.body)
    types = getattr(node, "type_params", ())
    out.append(f"!class {len(body)} {len(node.bases)} {len(node.keywords)} {len(decorators)} {len(types)}")
    stack.extend(body)
    stack.extend(types)
    stack.extend(node.keywords)
    stack.extend(node.bases)
    stack.extend(decorators)


def _annotated_assignment(node: ast.AnnAssign, stack: _Stack, out: list[str]) -> None:
    out.append("!AnnAssign")
    stack.append(node.value)
    stack.append(unquoted(node.annotation))
    stack.append(node.target)


def _fstring(node: ast.JoinedStr, stack: _Stack, out: list[str]) -> None:
    """Dump an f-string with its texts joined and empty ones dropped; Python versions cut them differently."""
    parts: list[ast.AST | str | None] = []
    text: list[str] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            text.append(str(value.value))
            continue
        if any(text):
            parts.append(ascii("".join(text)))
        text = []
        parts.append(value)
    if any(text):
        parts.append(ascii("".join(text)))
    out.append(f"!f {len(parts)}")
    stack.extend(parts)


def _formatted_value(node: ast.FormattedValue, stack: _Stack, out: list[str]) -> None:
    spec = node.format_spec
    if isinstance(spec, ast.JoinedStr) and not any(
        not isinstance(value, ast.Constant) or value.value for value in spec.values
    ):
        spec = None  # "{x:}" formats as "{x}" does
    out.append(f"!{{{node.conversion}")
    stack.append(spec)
    stack.append(node.value)


def _delete(node: ast.Delete, stack: _Stack, out: list[str]) -> None:
    """Dump ``del (a, b)`` like ``del a, b``; formatters drop the parentheses, which the tree shows."""
    targets = list(node.targets)
    while any(isinstance(target, ast.Tuple) for target in targets):
        targets = [each for target in targets for each in (target.elts if isinstance(target, ast.Tuple) else (target,))]
    out.append(f"!del {len(targets)}")
    stack.extend(targets)


_SPECIAL: dict[type, Callable[[Any, _Stack, list[str]], None]] = {
    ast.Assign: _assignment,
    ast.If: _if,
    ast.Tuple: _tuple,
    ast.Compare: _comparison,
    ast.alias: _alias,
    ast.arguments: _arguments,
    ast.FunctionDef: _nested_function,
    ast.AsyncFunctionDef: _nested_function,
    ast.ClassDef: _nested_class,
    ast.AnnAssign: _annotated_assignment,
    ast.JoinedStr: _fstring,
    ast.FormattedValue: _formatted_value,
    ast.Delete: _delete,
}


def _kept(body: Sequence[Any]) -> Sequence[Any]:
    """Return the statements that do something: no docstrings, bare constants or ``pass``."""
    for statement in body:
        kind = statement.__class__
        if kind is ast.Pass or (kind is ast.Expr and statement.value.__class__ is ast.Constant):
            return [
                each
                for each in body
                if each.__class__ is not ast.Pass
                and not (each.__class__ is ast.Expr and each.value.__class__ is ast.Constant)
            ]
    return body


def unquoted(annotation: ast.expr | None) -> ast.expr | None:
    """Return an annotation without the quotes around names: ``list["Chart"]`` becomes ``list[Chart]``.

    Texts that are values stay: all of ``Literal["a"]``, all but the first of ``Annotated[str, "a"]``.
    """
    if annotation is None or annotation.__class__ is ast.Name:
        return annotation
    try:
        return _unquote(annotation)
    except RecursionError:
        return annotation


def _unquote(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant):
        return _parsed(node.value) or node if isinstance(node.value, str) else node
    if isinstance(node, ast.Subscript):
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if name == "Literal":
            return node
        inner = node.slice
        if name == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts:
            first = _unquote(inner.elts[0])
            new: ast.expr = inner
            if first is not inner.elts[0]:
                new = ast.Tuple([first, *inner.elts[1:]], inner.ctx)
        else:
            new = _unquote(inner)
        return node if new is inner else ast.Subscript(node.value, new, node.ctx)
    if isinstance(node, (ast.Tuple, ast.List)):
        elements = [_unquote(element) for element in node.elts]
        if all(new is old for new, old in zip(elements, node.elts, strict=True)):
            return node
        return node.__class__(elements, node.ctx)
    if isinstance(node, ast.BinOp):
        left, right = _unquote(node.left), _unquote(node.right)
        if left is node.left and right is node.right:
            return node
        return ast.BinOp(left, node.op, right)
    return node


def _parsed(text: str) -> ast.expr | None:
    if text.isidentifier():  # nine of ten; spares the parser
        return ast.Name(text, ast.Load())
    try:
        return _unquote(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, MemoryError):
        return None
