"""Notebooks: the Python of their code cells as one module, which can't be imported. What cells printed is not read."""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from catalog.discovery.finding import Finding
from catalog.discovery.notebook_names import plain_name, with_names_of_their_own
from catalog.errors import UnreadableSourceError
from catalog.source.made_names import made_name
from catalog.source.read import parse_source, read_bytes

ENDING = ".ipynb"
NOT_LOADABLE = "defined in a notebook"
LARGEST = 20_000_000
"""The most bytes of a notebook that is read: pictures that cells have shown are a part of it."""

_HEAD = "# The code cells of a notebook.\n#\n"
"""Two lines, so that no line of a cell is taken for the declaration of an encoding."""
_CELL = "# --- cell {} ---\n"
_MARK = re.compile(rb"^# --- cell (\d+) ---$", re.MULTILINE)
_MAGIC = re.compile(r"(?P<indent>\s*)(?:[%!?]|(?P<target>[\w.]+\s*=\s*)[%!](?!=)|[\w.]+\?{1,2}\s*$)")
_TIMED = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "memit", "mprun", "lprun"})
"""Magic words above cells of Python; below any other one the text is of another language, or of another file."""


def module_of(stem: str) -> str:
    """Return the name of the module that a notebook called *stem* is treated as; no module of Python's has it."""
    return f"{made_name(stem)}_ipynb"


def source_bytes(path: str) -> bytes:
    """Return the Python source in the file at *path*: all of it, or that of the code cells of a notebook.

    Raises:
        UnreadableSourceError: the file can't be read, or is no notebook.
    """
    if not path.endswith(ENDING):
        return read_bytes(path)
    try:
        cells = _cells(json.loads(read_bytes(path, LARGEST).decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise _fault(path, f"it is no notebook: {error}"[:200]) from None
    if cells is None:
        raise _fault(path, "it is no notebook: it has no list of cells")
    parsed = [(number, *python) for number, cell in cells if (python := _python(cell, path)) is not None]
    parts = [_HEAD, *(f"{_CELL.format(number)}{text}\n" for number, text in with_names_of_their_own(parsed))]
    return "".join(parts).encode("utf-8", "surrogatepass")


def _fault(path: str, reason: str) -> UnreadableSourceError:
    return UnreadableSourceError(f"{path}: {reason}", path=path, reason=reason, line=None)


def _cells(notebook: Any) -> list[tuple[int, str]] | None:
    """Return number and text of each code cell, of the fourth version of the form and of the third; None without."""
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    sheets = notebook.get("worksheets")
    if cells is None and isinstance(sheets, list):
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    if not isinstance(cells, list):
        return None
    return list(_code(cells))


def _code(cells: list[Any]) -> Iterator[tuple[int, str]]:
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        text = cell.get("source", cell.get("input"))
        if isinstance(text, list):
            text = "".join(line for line in text if isinstance(line, str))
        if isinstance(text, str):
            yield number, text


def _python(cell: str, path: str) -> tuple[str, ast.Module] | None:
    """Return the Python of a cell, each line where it was, and its tree; None for another language, and if broken."""
    first = cell.lstrip()
    if first.startswith("%%"):
        word = re.match(r"%%(\w*)", first)
        if word is None or word[1] not in _TIMED:
            return None
        cell = "\n" * (cell[: len(cell) - len(first)].count("\n") + 1) + first.partition("\n")[2]
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    for text in (cell, "\n".join(map(_without_magic, cell.split("\n")))):
        try:
            return text, parse_source(text.encode("utf-8", "surrogatepass"), path).tree
        except UnreadableSourceError:
            continue
    return None


def _without_magic(line: str) -> str:
    match = _MAGIC.match(line)
    if match is None:
        return line
    return f"{match['indent']}{match['target']}None" if match["target"] else f"{match['indent']}pass"


def cells_of(data: bytes) -> list[list[int]]:
    """Return of each cell in the source *data* of a notebook the line it begins behind, and its number."""
    return [[data.count(b"\n", 0, match.start()) + 1, int(match[1])] for match in _MARK.finditer(data)]


def in_cell(finding: Finding, cells: list[list[int]]) -> Finding:
    """Return a *finding* in a notebook as what can't be loaded, with the cell it is in."""
    at = bisect_right(cells, finding.line, key=lambda cell: cell[0]) - 1
    cell = {"cell": cells[at][1], "cell_line": finding.line - cells[at][0]} if at >= 0 else {}
    name = plain_name(finding.name)
    metadata = {**finding.metadata, **cell}
    return replace(
        finding, name=name, given_name=name, ref=None, nested_in=None, reason=NOT_LOADABLE, metadata=metadata
    )


def notebook_modules(stems: Iterable[str]) -> dict[str, str]:
    """Return the module that each notebook of a folder is treated as; two never share one."""
    names: dict[str, str] = {}
    for stem in sorted(stems):
        name, number = module_of(stem), 1
        while name in names.values():
            number += 1
            name = f"{module_of(stem)}_{number}"
        names[stem] = name
    return names
