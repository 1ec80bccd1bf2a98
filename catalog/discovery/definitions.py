"""What is read of the functions and classes of one file, each once: a decorated tool may also be given to agents."""

from __future__ import annotations

import ast
from typing import Any

from catalog.source.checksum import Function
from catalog.source.define import define
from catalog.source.docstrings import summary
from catalog.source.names import Names
from catalog.source.parameters import parameters_schema


class Definitions:
    """The definitions of one file."""

    def __init__(self, module: str, path: str, names: Names) -> None:
        """Read those of *module*, whose *names* the annotations of parameters use."""
        self._module, self._path, self._names = module, path, names
        self._read: dict[int, dict[str, Any]] = {}

    def item(self, form: str, node: Function | ast.ClassDef, qualname: str) -> dict[str, Any]:
        """Return what the source says of *node*, which is at *qualname*: a dictionary of the caller's own."""
        item = self._read.get(id(node))
        if item is None:
            about = define(node, self._module, qualname, self._path)
            item = self._read[id(node)] = {
                "form": form,
                "name": node.name,
                "qualname": qualname,
                "line": about.line,
                "signature": about.signature,
                "checksum": about.checksum,
                "source_checksum": about.source_checksum,
                "doc": summary(about.docstring),
                "parameters": parameters_schema(node, about.docstring, self._names),
            }
        return dict(item)
