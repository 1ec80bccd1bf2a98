"""What an extract says of one object: names, place, checksums, and what a call of it is given."""

from __future__ import annotations

import ast
import re
from typing import Any

from catalog.discovery.applied import marks_of
from catalog.discovery.decorators import Decorators
from catalog.discovery.literal import SAID, known
from catalog.discovery.made import Call, call_fault, function_around, why_unreachable, written_call
from catalog.discovery.scopes import Scopes, last_name
from catalog.discovery.takes import path_of
from catalog.discovery.written_tools import Written
from catalog.source.checksum import Function
from catalog.source.define import define
from catalog.source.docstrings import summary

Item = dict[str, Any]

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Items:
    """Makes the items of calls in one file."""

    def __init__(self, module: str, path: str, decorators: Decorators) -> None:
        """Read calls in the file of *module* at *path*."""
        self.module = module
        self.path = path
        self.decorators = decorators
        self.takes = decorators.takes

    def value(self, name: str, value: ast.expr, line: int, after: ast.stmt | None = None) -> Item:
        """Return the item of a *value* called *name*; *after* is the statement behind it, which may describe it."""
        about = define(value, self.module, name, self.path)
        doc = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = after.value.value
            doc = summary(text) if isinstance(text, str) else ""
        return {
            "form": "value",
            "name": name,
            "qualname": name,
            "line": line,
            "signature": about.signature,
            "checksum": about.checksum,
            "source_checksum": about.source_checksum,
            "doc": doc,
            "parameters": None,
        }

    def made(self, call: ast.Call, dotted: str, scopes: Scopes) -> dict[str, Any]:
        """Return what *call*, of what is called *dotted*, is given: literals for the fields, objects for the graph."""
        given = self.decorators.given(call.func, scopes) if isinstance(call.func, ast.Call) else {}
        given |= self.decorators.given(call, scopes)
        if not self.decorators.rules.templated.isdisjoint(dotted.split(".")[-2:]):
            given[SAID] = known(self._said(call, scopes))
        return {"dotted": dotted, "given": given, "takes": self.takes.of(call, scopes), "at": place_of(call)}

    def of_call(self, call: Call) -> Item:
        """Return the item of a call that is no variable of the module."""
        scopes, node = call.around.scopes, call.node
        name = call.variable or _named(node, "name") or _WORD.sub("_", call.dotted.rpartition(".")[2]).lower()
        made = self.made(node, call.dotted, scopes)
        made["inline"] = call.is_inline
        if call.awaited:
            made["awaited"] = True
        if "." in call.holder:  # a part of what it is an attribute of
            made["attribute"] = True
        if call.returned and call.maker is not None:
            item = self._returned(call, call.maker)
        else:
            item = self.value(name, node, node.lineno)
            own_class = scopes[-1].node if scopes[-1].kind == "class" else None
            if call.is_own and isinstance(own_class, ast.ClassDef) and not own_class.bases and not _is_hidden(call):
                item["qualname"] = ".".join([*(getattr(each.node, "name", "") for each in scopes[1:]), name])
            else:
                item["hidden"] = call.around.function
                item["reason"] = why_unreachable(call, function_around(scopes))
        if "name" not in made["given"] and any(keyword.arg == "name" for keyword in node.keywords):
            item["name"] = _named(node, "name") or name
            made["computed"] = not _named(node, "name")
        item["made"] = made
        if call.around.on:
            item["on"] = list(call.around.on)
        return item

    def written(self, tool: Written) -> Item:
        """Return the item of a tool that is written as data, and that no function of the file is."""
        item = self.value(tool.variable or tool.name, tool.node, tool.node.lineno)
        if not tool.variable:
            names = path_of(tool.scopes)
            item["hidden"] = ".".join(names).partition(".<locals>")[0]
            item["reason"] = tool.reason
        return item

    def applied(self, call: Call) -> list[Item]:
        """Return the item of a decorator that is called with a function, or nothing if it can be none."""
        scopes = call.around.scopes
        marks = marks_of(call.node, self.decorators, scopes)
        if not marks:
            return []
        item = self.value(last_name(call.node.args[0]), call.node, call.node.lineno)
        item["qualname"] = f"<{place_of(call.node)}>"  # the plain name is the function's
        item["marks"] = marks
        item["hidden"] = call.around.function
        item["reason"] = why_unreachable(call, function_around(scopes))
        takes = [take for take in self.takes.of(call.node, scopes) if take[0] == "0"]
        item["made"] = {"dotted": "", "given": {}, "takes": takes, "at": place_of(call.node), "inline": True}
        return [item]

    def _returned(self, call: Call, function: Function) -> Item:
        """Return the item of what a call of *function* gives."""
        in_class = call.around.scopes[-2].kind == "class"
        qualname = function_around(call.around.scopes)
        about = define(function, self.module, qualname, self.path)
        item = self.value(function.name, call.node, call.node.lineno)
        fault = call_fault(function, in_class=in_class)
        if fault:
            item["hidden"] = call.around.function
            item["reason"] = f"made by {written_call(function, qualname)}, {fault}"
        else:
            item["signature"], item["checksum"] = about.signature, about.checksum
            item["source_checksum"], item["line"] = about.source_checksum, about.line
        item["doc"] = summary(about.docstring)
        item["qualname"] = qualname
        item["factory"] = qualname
        return item

    def _said(self, call: ast.Call, scopes: Scopes) -> list[str]:
        """Return the texts of the template or messages that are the first argument, as far as they can be told."""
        namer, wanted = self.takes.namer, self.decorators.rules.read_names
        return [text for argument in call.args[:1] for text in namer.texts(argument, scopes)] + [
            text
            for keyword in call.keywords
            if keyword.arg in wanted and keyword.arg in ("messages", "template")
            for text in namer.texts(keyword.value, scopes)
        ]


def place_of(node: ast.expr) -> str:
    """Return line and column of an expression."""
    return f"{node.lineno}:{node.col_offset}"


def _is_hidden(call: Call) -> bool:
    return call.around.guarded or any(scope.kind == "function" for scope in call.around.scopes)


def _named(call: ast.Call, argument: str) -> str:
    """Return the literal part of an *argument* that is a text with values in it: ``writer`` of ``f"writer_{n}"``."""
    for keyword in call.keywords:
        if keyword.arg == argument and isinstance(keyword.value, ast.JoinedStr):
            parts = [str(part.value) for part in keyword.value.values if isinstance(part, ast.Constant)]
            return " ".join("".join(parts).split()).strip(" -_:./")
    return ""
