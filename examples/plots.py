"""Three tools of a small project, for the first tour."""

import csv
import statistics
from pathlib import Path

from catalog import tool


@tool(tags=["plot", "csv"], examples=["plot price against size"])
def create_scatter(path: str, x: str, y: str) -> str:
    """Draw a scatter plot from two CSV columns, as text.

    Args:
        path: the CSV file.
        x: column of the horizontal axis.
        y: column of the vertical axis.
    """
    rows = _rows(path)
    points = sorted((float(row[x]), float(row[y])) for row in rows)
    return "\n".join(f"{across:>10g} | {'·' * int(up)}" for across, up in points)


@tool(tags=["csv"])
def summarize_csv(path: str) -> dict[str, float]:
    """Give the mean of every numeric column of a CSV file."""
    rows = _rows(path)
    means = {}
    for column in rows[0]:
        try:
            means[column] = statistics.fmean(float(row[column]) for row in rows)
        except ValueError:
            continue
    return means


@tool(tags=["text"])
def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


def _rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))
