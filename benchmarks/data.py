"""The folder of the evaluation data, which is not in the repository; ``benchmarks/README.md`` says what it holds."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VARIABLE = "CATALOG_BENCH_DATA"
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "eval"
_HOW = f"name the folder with --data DIR or {VARIABLE}; benchmarks/README.md says what it holds"


def folder() -> Path | None:
    """Return the folder of ``--data`` or of the variable, else ``shared/eval`` beside the checkout; None without."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return _BESIDE if _BESIDE.is_dir() else None


def in_folder(*parts: str) -> Path | None:
    """Return the path of a file of the data; None where there is no such file."""
    place = folder()
    path = place.joinpath(*parts) if place is not None else None
    return path if path is not None and path.exists() else None


def sets(*files: str, only: Sequence[str] | None = None) -> list[Path]:
    """Return the folders of the sets that have all *files* (patterns), by name; end with a line without any.

    Args:
        files: patterns of names; a set has at least one file for each.
        only: names of sets, if not all are wanted.

    Raises:
        SystemExit: no data, or no such set in it.
    """
    place = folder()
    if place is None or not place.is_dir():
        raise SystemExit(f"no evaluation data{f' in {place}' if place else ''}: {_HOW}")
    chosen = [
        path
        for path in sorted(place.iterdir())
        if (not only or path.name in only) and all(any(path.glob(pattern)) for pattern in files)
    ]
    if not chosen:
        wanted = f" named {' or '.join(only)}" if only else ""
        raise SystemExit(f"no set{wanted} with {' and '.join(files)} in {place}: {_HOW}")
    return chosen


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file that has one in each line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
