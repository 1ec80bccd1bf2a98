"""What a value read from the database must look like to be used.

Damage puts anything anywhere: a text that is not UTF-8, a text where a number was, a number beyond all counting. What
reads rows asks here first, passes over a row that is not in form, and says so once; :mod:`catalog.store.damage` names
table, row and column. Nothing here knows a table.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from json import loads
from typing import Any

from catalog.errors import CatalogWarning

MOST = 1 << 53
"""No counter of a catalog comes near this number; a larger one is damage, and counting on from it would overflow."""

LATEST = 1e11
"""No time in seconds since 1970 is larger: that would be in the year 5138."""

NONE = type(None)
TEXT, TEXT_OR_NONE, NUMBER, NUMBER_OR_NONE, BYTES = (str,), (str, NONE), (int,), (int, NONE), (bytes,)

Form = Sequence[tuple[type, ...]]
"""The types each column of a row may have."""


def text_or_bytes(data: bytes) -> str | bytes:
    """Return a text of the database; bytes that are not UTF-8 stay bytes, so that their type says what they are.

    It is given to a connection as its ``text_factory``: without it SQLite's driver raises, and the row takes all others
    of its statement with it.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def is_number(value: Any, least: int = 0) -> bool:
    """Tell whether *value* is a whole number that a catalog may have counted to."""
    return type(value) is int and least <= value < MOST


def is_real(value: Any, most: float = float(MOST)) -> bool:
    """Tell whether *value* is a finite number, not beyond *most*."""
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= most


def is_row(row: Sequence[Any], form: Form) -> bool:
    """Tell whether each value of *row* has a type that *form* allows, and no number is beyond counting."""
    return all(
        type(value) in allowed and (type(value) is not int or abs(value) < MOST)
        for value, allowed in zip(row, form, strict=True)
    )


def sound(rows: Iterable[Sequence[Any]], form: Form, table: str) -> list[Any]:
    """Return the *rows* that are in *form*; one warning says that there were others in the *table*."""
    every = list(rows)
    good = [row for row in every if is_row(row, form)]
    if len(good) < len(every):
        passed_over(table, len(every) - len(good))
    return good


def passed_over(table: str, count: int = 1) -> None:
    """Warn that *count* rows of *table* are damaged and do not count."""
    rows = "a row" if count == 1 else f"{count} rows"
    warnings.warn(
        f"{rows} of the table '{table}' can't be read and {'does' if count == 1 else 'do'} not count; "
        "`catalog db check` says which, `catalog db check --fix` mends them",
        CatalogWarning,
        stacklevel=4,
    )


def parsed(text: Any, kind: type | tuple[type, ...] = (dict, list, str, int, float, bool, NONE)) -> Any:
    """Return the JSON in *text*.

    Raises:
        ValueError: it is no JSON, or of another *kind*.
    """
    if type(text) is not str:
        raise ValueError(f"{type(text).__name__} instead of JSON")
    try:
        value = loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None
    if not isinstance(value, kind):
        raise ValueError(f"JSON of another form: {type(value).__name__}")
    return value


def parsed_texts(text: Any) -> tuple[str, ...]:
    """Return the texts in *text*, a JSON array of texts; ValueError if it is none."""
    values = parsed(text, list)
    try:
        "".join(values)  # the fastest way to ask whether all of them are texts
    except TypeError:
        raise ValueError("a list that does not hold texts only") from None
    return tuple(values)
