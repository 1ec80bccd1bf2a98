"""The folder of the evaluation data, which are not in the repository; `benchmarks/README.md` says how it is laid
out."""

from __future__ import annotations

import os
from pathlib import Path

SETS = Path(os.environ.get("CATALOG_BENCH_DATA") or Path(__file__).resolve().parents[2] / "shared" / "eval")
"""``--data DIR`` of the runner, else the variable ``CATALOG_BENCH_DATA``, else ``shared/eval`` beside the checkout."""


def required(folder: Path) -> Path:
    """Return *folder*, or end with a line that says how to name another."""
    if not folder.is_dir():
        raise SystemExit(
            f"{folder} is not there: give the folder of the data with --data DIR, or in CATALOG_BENCH_DATA "
            "(benchmarks/README.md says what it holds)"
        )
    return folder
