"""A catalog of made tools, and what a script without a catalog would search them with; the figures of a run."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.measure import compare
from benchmarks.tools import tools
from catalog import Catalog
from catalog.embedders.wordllama import WordLlamaEmbedder
from catalog.search.keyword import request_words

BM25 = "bm25(entry_fts, 4.0, 1.0, 0.5, 1.0, 0.5, 0.0)"
RANKED = f"SELECT rowid, {BM25} FROM entry_fts WHERE entry_fts MATCH ? ORDER BY {BM25} LIMIT 200"


class Figures:
    """The figures of a run, printed as they come and kept for ``--json``.

    Attributes:
        most_rounds: a ratio is measured in no more rounds.
        rows: the figures so far.
    """

    def __init__(self) -> None:
        self.most_rounds = 1_000
        self.rows: list[dict[str, Any]] = []

    def ratio(
        self, name: str, ours: Callable[[], object], peer: Callable[[], object], goal: float, *,
        rounds: int = 9, repeat: int = 1,
    ) -> None:  # fmt: skip
        """Measure and print how long *ours* takes beside *peer*."""
        number = compare(name, ours, peer, goal=f"<= {goal:g}", rounds=min(rounds, self.most_rounds), repeat=repeat)
        self.keep(name, number, goal)

    def keep(self, name: str, ratio: float, goal: float | None) -> None:
        """Keep a ratio that is printed already."""
        self.rows.append({"name": name, "ratio": round(ratio, 4), "goal": goal})

    def value(self, name: str, number: float, unit: str, goal: str = "-") -> None:
        """Print a figure that is no ratio."""
        print(f"{name:<62} {number:>18.2f} {unit:<10}        goal {goal}", flush=True)
        self.rows.append({"name": name, "value": round(number, 4), "unit": unit, "goal": goal})


FIGURES = Figures()


class Made:
    """A catalog of tools, and what a bare script would have of it: the rows, an embedder, a connection."""

    def __init__(self, folder: Path, count: int) -> None:
        import numpy as np

        self.fields = list(tools(count))
        self.path = folder / f"tools-{count}.db"
        if not self.path.exists():
            with Catalog(f"sqlite:///{self.path}") as cat:
                cat.register_many(self.fields)
                cat.search("draw a chart")
        self.numpy = np  # not imported above: numpy reads how many threads to use when it is imported
        self.url = f"sqlite:///{self.path}"
        self.database = sqlite3.connect(self.path)
        rows = self.database.execute("SELECT entry_id, vector FROM vector WHERE part = 0 ORDER BY entry_id").fetchall()
        self.ids = np.array([row[0] for row in rows], np.int64)
        self.matrix = np.frombuffer(b"".join(row[1] for row in rows), np.float32).reshape(len(rows), -1)
        self.embedder = WordLlamaEmbedder()  # not the one of the catalog, which remembers words of requests

    def vector(self, text: str) -> Any:
        """Return the vector of a request."""
        return self.embedder.encode([text])[0]

    def nearest(self, vector: Any) -> Any:
        """Return the ids of the ten nearest entries, by a product and a partial sort."""
        np = self.numpy
        products = self.matrix @ vector
        best = np.argpartition(-products, 10)[:10]
        return self.ids[best[np.argsort(-products[best])]]

    def ranked(self, text: str) -> list[Any]:
        """Return the 200 best rows of the full-text query."""
        words = " OR ".join(f'"{word}"' for word in request_words(text))
        return self.database.execute(RANKED, (words,)).fetchall() if words else []

    def sum_of_parts(self, text: str) -> object:
        """Do what a hybrid search is made of, and nothing else."""
        return self.nearest(self.vector(text)), self.ranked(text)


@lru_cache(maxsize=1)
def folder() -> Path:
    """Return the folder of this run; the benchmark removes it at its end."""
    return Path(tempfile.mkdtemp(prefix="catalog-bench-"))


@lru_cache(maxsize=2)
def made(count: int) -> Made:
    """Return the catalog of *count* tools, made the first time."""
    return Made(folder(), count)


def reuse(kept: Path) -> None:
    """Take over the catalogs of an earlier run from a folder, which is made if it is not there."""
    kept.mkdir(exist_ok=True)
    for path in kept.glob("tools-*.db*"):
        shutil.copy(path, folder() / path.name)
