"""Documents that name Python objects: each becomes the entry of that object, found by its code too or not."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from catalog.discovery.finding import Finding
from catalog.discovery.walk import SourceFile
from catalog.errors import UnreadableSourceError
from catalog.source.describe import find_described
from catalog.source.docstrings import summary as docstring_summary
from catalog.source.find import Missing, find_node
from catalog.source.locate import Locator
from catalog.source.read import parse_source, read_bytes

NAMED_IN = "named_in"
"""The word in the metadata of code for the document that names it."""
_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
"""Decorators of a function that is still called to get the object."""


def join_code(
    found: Iterable[Finding],
    documents: Iterable[Finding],
    files: Iterable[SourceFile],
    locator_of: Callable[[str], Locator],
) -> list[Finding]:
    """Return all findings; a document and the code it names are one, with the name that the document gives it.

    Args:
        found: in code.
        documents: what was found in documents; those with `code` name a file and an object in it.
        files: that are scanned.
        locator_of: returns what finds the modules of a root.
    """
    documents = list(documents)
    if all(document.code is None for document in documents):
        return [*found, *documents]
    by_path = {os.path.realpath(file.path): file for file in files if not file.unloadable}
    whole = list(found)
    places = {(each.kind, each.ref, each.path): place for place, each in enumerate(whole) if each.ref}
    rest: list[Finding] = []
    for document in documents:
        file = by_path.get(os.path.realpath(document.code[0])) if document.code is not None else None
        if document.code is None or file is None:
            rest.append(document)
            continue
        ref = f"{file.module}:{document.code[1]}"
        place = places.get((document.kind, ref, file.path))
        if place is None:  # `graph = agent`: another name for what was found
            place = places.get((document.kind, *_real(ref, locator_of(file.root))))
        if place is None:
            places[document.kind, ref, file.path] = len(whole)
            whole.append(_loadable(document, file, ref, locator_of(file.root)))
        elif NAMED_IN in whole[place].metadata:  # another document, or another name in this one
            whole[place] = replace(whole[place], metadata=_also(whole[place].metadata, document.name))
        else:
            whole[place] = _named(whole[place], document)
    return [*whole, *rest]


def _real(ref: str, locator: Locator) -> tuple[str, str]:
    """Return reference and path of the definition that *ref* leads to in the end; empty if there is none."""
    found = find_node(ref, locator)
    return ("", "") if isinstance(found, Missing) else (f"{found[0].module}:{found[0].qualname}", found[0].path)


def _also(metadata: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**metadata, "also_named": [*metadata.get("also_named", ()), name]}


def _named(finding: Finding, document: Finding) -> Finding:
    """Return what was found in code with what a document says of it."""
    return replace(
        finding,
        name=document.name,
        given_name=document.name,
        description=document.description or finding.description or _module_summary(finding.path),
        tags=tuple(dict.fromkeys((*finding.tags, *document.tags))),
        metadata={**finding.metadata, NAMED_IN: document.metadata["file"]},
    )


def _loadable(document: Finding, file: SourceFile, ref: str, locator: Locator) -> Finding:
    """Return the finding of a *document* with the reference of the object it names; without, if there is none."""
    described = find_described(ref, locator)
    if isinstance(described, Missing):
        return replace(document, spec=None, reason=f"{document.metadata['file']} names it, and {described.message}")
    definition, parameters, summary = described
    metadata = {word: value for word, value in document.metadata.items() if word != "file"}
    metadata |= {NAMED_IN: document.metadata["file"], **({"call": True} if _is_factory(ref, locator) else {})}
    return replace(
        document,
        ref=ref,
        spec=None,
        form=definition.form,
        description=document.description or summary or _module_summary(file.path),
        signature=definition.signature,
        checksum=definition.checksum,
        source_checksum=definition.source_checksum,
        parameters=parameters or None,
        module=file.module,
        path=file.path,
        line=definition.line,
        root=file.root,
        metadata=metadata,
    )


def _module_summary(path: str) -> str:
    """Return the first paragraph of what a module says of itself."""
    try:
        return docstring_summary(ast.get_docstring(parse_source(read_bytes(path), path).tree) or "")
    except UnreadableSourceError:
        return ""


def _is_factory(ref: str, locator: Locator) -> bool:
    """Tell whether a reference leads to a function that makes the object; decorators but these make one of it."""
    found = find_node(ref, locator)
    node = None if isinstance(found, Missing) else found[1]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    names = {getattr(each, "attr", getattr(each, "id", "")) for each in node.decorator_list}
    return names <= _MANAGERS and len(names) == len(node.decorator_list)
