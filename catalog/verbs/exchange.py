"""Entries as lines of JSON: out to a file, and in from one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from catalog.characters import escaped
from catalog.entry.limits import bounded_lines, read_json
from catalog.errors import InvalidEntryError
from catalog.files import open_text, whole_file
from catalog.store import queries
from catalog.verbs.from_file import FromFile
from catalog.verbs.lines import Line, Place
from catalog.verbs.recording import persistent
from catalog.verbs.register import store_stream
from catalog.workspace.imported_vectors import VECTORS, ImportedVectors, imported_vectors
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

Target = str | os.PathLike[str] | IO[str]
"""A path, or an open text file."""


def export_jsonl(ws: Workspace, path: Target, *, vectors: bool) -> int:
    """Write the persistent entries as lines; see :meth:`catalog.Catalog.export_jsonl`."""
    ws.snapshot()
    entries = readable(ws.store.reader.stream(queries.ALL))
    if vectors:
        ws.indexed()
    vectors_of = ws.embedding.vectors_of if vectors else None
    if not isinstance(path, (str, os.PathLike)):
        return write_lines(entries, path, vectors_of)
    with whole_file(path) as file:
        return write_lines(entries, file, vectors_of)


def import_jsonl(ws: Workspace, path: Target, *, replace: bool = False, restore: bool = False) -> int:
    """Store the entries of lines, all or nothing; see :meth:`catalog.Catalog.import_jsonl`."""
    origin = None if restore else FromFile(ws, replace=replace)
    vectors: list[ImportedVectors] = []
    if not isinstance(path, (str, os.PathLike)):
        where = str(getattr(path, "name", "the input"))
        where = "standard input" if where == "<stdin>" else where
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="") as kept:
            kept.writelines(
                bounded_lines(path)
            )  # whoever writes to a pipe may take long; a change is not to wait for it
            kept.seek(0)
            return store_stream(ws, read_lines(bounded_lines(kept), where, vectors), "import", vectors, origin)
    with open_text(path, encoding="utf-8-sig", errors="surrogateescape") as file:  # `read_lines` names the line
        return store_stream(ws, read_lines(bounded_lines(file), os.fspath(path), vectors), "import", vectors, origin)


def write_lines(
    entries: Iterable[Entry], file: IO[str], vectors: Callable[[Entry], dict[str, Any]] | None = None
) -> int:
    """Write one JSON object a line with the fields of each entry, and its *vectors*; return their number."""
    written = 0
    for entry in entries:
        line = entry.model_dump_json()
        if vectors is not None and (rows := vectors(entry)):
            line = f"{line[:-1]},{json.dumps(VECTORS)}:{json.dumps(rows, separators=(',', ':'))}}}"
        file.write(escaped(line) + "\n")
        written += 1
    return written


def read_lines(lines: Iterable[str], where: str, vectors: list[ImportedVectors]) -> Iterator[Line]:
    """Yield the entry of each line of *where*; its vectors go to *vectors*, and blank lines are passed over.

    Raises:
        InvalidEntryError, InvalidReferenceError, NotImportableError: a line is not UTF-8, not a JSON object, not a
            valid entry, or its vectors are not in form; the text names file and line.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        at = Place(where, number)
        fields = _fields(line, at)
        rows = fields.pop(VECTORS, None)
        if rows:
            vectors.append(at.naming(imported_vectors, fields, rows, str(at)))
        yield Line(at, at.naming(persistent, fields))


def _fields(line: str, at: Place) -> dict[str, Any]:
    """Return the JSON object of a *line*."""
    fault = ""
    fields: Any = None
    try:
        line.encode()  # bytes that are not UTF-8 were read as halves of surrogate pairs
        fields = read_json(line)
    except UnicodeEncodeError as error:
        fault = f"not UTF-8, from character {error.start + 1} on"
    except ValueError as error:
        fault = str(error)
    if not fault and not isinstance(fields, dict):
        fault = "not a JSON object"
    if fault:
        raise InvalidEntryError(f"{at}: {fault}", file=at.file, line=at.line)
    return dict(fields)
