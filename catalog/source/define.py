"""``Definition``: what the source says about one function, class or value."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from catalog.entry.kinds import CALL_METHODS
from catalog.source.checksum import (
    Function,
    class_sums,
    field_dump,
    function_sums,
    signature_dump,
    value_sums,
)
from catalog.source.secret_defaults import without_secrets
from catalog.source.text import annotation_text, expression_text, signature_text

LABELS = frozenset({"name", "description"})
"""Fields that, set to a text in a class, label a tool; rewording them changes nothing for callers."""

Node = Function | ast.ClassDef | ast.expr


@dataclass(frozen=True, slots=True)
class Definition:
    """What the source says about one object.

    Attributes:
        module: dotted name of the module that holds it.
        qualname: dotted path within the module.
        path: the file.
        line: where it begins, its first decorator included; from 1.
        form: ``function``, ``class`` or ``value``.
        is_async: whether calling it gives a coroutine.
        signature: for people, as ``(data: str, x: str = 'a') -> Chart``.
        checksum: of the signature, ``sig1:…``.
        source_checksum: of all of it, ``src1:…``.
        docstring: with the indentation removed; empty if there is none.
    """

    module: str
    qualname: str
    path: str
    line: int
    form: Literal["function", "class", "value"]
    is_async: bool
    signature: str
    checksum: str
    source_checksum: str
    docstring: str

    @property
    def ref(self) -> str:
        """``package.module:qualified.name``."""
        return f"{self.module}:{self.qualname}"


def define(node: Node, module: str, qualname: str, path: str) -> Definition:
    """Return what the source says about *node*.

    Args:
        node: a function, a class, or the expression a name is bound to.
        module: dotted name of the module.
        qualname: dotted path of the object in it.
        path: the file.
    """
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        checksum, source = function_sums(node)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        text = signature_text(node)
        doc = docstring_of(node)
        return Definition(module, qualname, path, _line(node), "function", is_async, text, checksum, source, doc)
    if isinstance(node, ast.ClassDef):
        text, dumps, is_async = _class_signature(node)
        checksum, source = class_sums(node, dumps)
        doc = docstring_of(node)
        return Definition(module, qualname, path, _line(node), "class", is_async, text, checksum, source, doc)
    text = value_signature(node)
    checksum, source = value_sums(node, text)
    return Definition(module, qualname, path, node.lineno, "value", False, text, checksum, source, "")


def docstring_of(node: Function | ast.ClassDef | ast.Module) -> str:
    """Return the docstring of *node* with the indentation removed, or an empty text."""
    if node.body:
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            text = first.value.value
            if isinstance(text, str):
                return clean_docstring(text)
    return ""


def clean_docstring(text: str) -> str:
    """Return *text* without the indentation its lines but the first share, and without blank lines around."""
    if "\n" not in text:
        return text.strip()
    lines = text.expandtabs().split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    return "\n".join([lines[0].strip(), *[line[margin:].rstrip() for line in lines[1:]]]).strip("\n")


def value_signature(node: ast.expr) -> str:
    """Return what a value is made with: ``Agent(_, name, tools)`` for ``Agent("gpt", tools=[], name="x")``.

    Keywords are sorted, as their order means nothing. Anything but a call is named by its type.
    """
    if isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Call):
        arguments = ["*" if isinstance(argument, ast.Starred) else "_" for argument in node.args]
        arguments += sorted(keyword.arg or "**" for keyword in node.keywords)
        return f"{expression_text(node.func)}({', '.join(arguments)})"
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.Lambda):
        return f"lambda {ast.unparse(node.args)}".strip()
    return _DISPLAYS.get(type(node), "value")


_DISPLAYS: dict[type[ast.AST], str] = {
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
}


def fields_of(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """Return the annotated fields of a class that a caller may set, in order.

    Class variables and private names are not among them. Labels of a tool (`LABELS`) that the class sets to
    a text are left out.
    """
    fields = []
    for statement in node.body:
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        name = statement.target.id
        if name.startswith("_") or _is_class_variable(statement.annotation):
            continue
        if name in LABELS and isinstance(statement.value, (ast.Constant, ast.JoinedStr)):
            continue
        fields.append(statement)
    return fields


def methods_of(node: ast.ClassDef) -> dict[str, Function]:
    """Return the methods a class defines in its own body by name, the last definition of each."""
    return {each.name: each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}


def call_method(node: ast.ClassDef) -> Function | None:
    """Return the method of a tool class that a framework calls, or None if it defines none itself."""
    methods = methods_of(node)
    return next((methods[name] for name in CALL_METHODS if name in methods), None)


def _class_signature(node: ast.ClassDef) -> tuple[str, list[str], bool]:
    """Return the signature as text, the dumps that its checksum is made of, and whether a call gives a coroutine.

    It is what a caller sees: the fields, ``__init__``, and the method a framework calls.
    """
    methods = methods_of(node)
    fields = fields_of(node)
    dumps = [field_dump(field) for field in fields]
    init = methods.get("__init__")
    if init is not None:
        dumps.append("__init__\n" + signature_dump(init))
    texts = [_field_text(field) for field in fields]
    text = f"({', '.join(texts)})"
    if init is not None:
        own = signature_text(init, bound=True).removesuffix(" -> None")
        text = own if not texts else f"{own}; {text}"
    called = next((name for name in CALL_METHODS if name in methods), None)
    if called is None:
        return text, dumps, False
    method = methods[called]
    dumps.append(f"{called}\n{signature_dump(method)}")
    is_async = isinstance(method, ast.AsyncFunctionDef)
    shown = signature_text(method, bound=not _is_static(method)).removeprefix("async ")
    return f"{text}; {'async ' if is_async else ''}{called}{shown}", dumps, is_async


def _field_text(node: ast.AnnAssign) -> str:
    text = f"{node.target.id}: {annotation_text(node.annotation)}"  # type: ignore[union-attr]
    return text if node.value is None else f"{text} = {expression_text(without_secrets(node.target.id, node.value))}"  # type: ignore[union-attr]


def _is_class_variable(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Constant):
        return "ClassVar" in str(annotation.value)
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return getattr(annotation, "id", getattr(annotation, "attr", "")) == "ClassVar"


def _is_static(node: Function) -> bool:
    return any(getattr(decorator, "id", "") == "staticmethod" for decorator in node.decorator_list)


def _line(node: Function | ast.ClassDef) -> int:
    return min([node.lineno, *[decorator.lineno for decorator in node.decorator_list]])
