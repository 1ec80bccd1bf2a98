"""Entries as lines of JSON: out to a file, and in from one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from catalog.errors import InvalidEntryError
from catalog.files import whole_file
from catalog.store import queries
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


def import_jsonl(ws: Workspace, path: Target) -> int:
    """Store the entries of lines, all or nothing; see :meth:`catalog.Catalog.import_jsonl`."""
    vectors: list[ImportedVectors] = []
    if not isinstance(path, (str, os.PathLike)):
        where = getattr(path, "name", "the input")
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="") as kept:
            shutil.copyfileobj(path, kept)  # whoever writes to a pipe may take long, and a change is not to wait for it
            kept.seek(0)
            return store_stream(ws, read_lines(kept, where, vectors), "import", vectors)
    try:
        with open(path, encoding="utf-8-sig") as file:
            return store_stream(ws, read_lines(file, os.fspath(path), vectors), "import", vectors)
    except UnicodeDecodeError as error:
        raise InvalidEntryError(f"{os.fspath(path)} is not UTF-8: {error}", file=os.fspath(path)) from None


def write_lines(
    entries: Iterable[Entry], file: IO[str], vectors: Callable[[Entry], dict[str, Any]] | None = None
) -> int:
    """Write one JSON object a line with the fields of each entry, and its *vectors*; return their number."""
    written = 0
    for entry in entries:
        line = entry.model_dump_json()
        if vectors is not None and (rows := vectors(entry)):
            line = f"{line[:-1]},{json.dumps(VECTORS)}:{json.dumps(rows, separators=(',', ':'))}}}"
        file.write(line + "\n")
        written += 1
    return written


def read_lines(lines: Iterable[str], where: str, vectors: list[ImportedVectors]) -> Iterator[Mapping[str, Any]]:
    """Yield the fields each line of *where* gives, vectors apart: these go to *vectors*; blank lines are passed over.

    Raises:
        InvalidEntryError: a line is not a JSON object, or its vectors are not in form; the text names file and line.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise InvalidEntryError(f"{where}, line {number}: not JSON: {error}", file=where, line=number) from None
        if not isinstance(fields, dict):
            raise InvalidEntryError(f"{where}, line {number}: not a JSON object", file=where, line=number)
        rows = fields.pop(VECTORS, None)
        if rows:
            vectors.append(imported_vectors(fields, rows, f"{where}, line {number}"))
        yield fields
