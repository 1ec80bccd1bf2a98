"""What JSON that somebody else wrote may be: how deep, how large, which numbers; said in one line where it is more."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import IO, Any

DEEPEST = 100
"""Lists and objects within each other; the readers of JSON, and what we do with it, call themselves for each."""

LONGEST_TEXT = 4_000_000
"""Characters of one text, a key included."""

LONGEST = 16_000_000
"""Characters of all texts of one field together."""

MOST_VALUES = 200_000
"""Values of one field, those within each other counted."""

LONGEST_LINE = 64_000_000
"""Characters of one JSON text, as of a line of a file: all that a field may hold, written with escapes."""

LARGEST_NUMBER = 1024
"""Bits of a whole number, as many as a float can have; Python itself refuses to write much longer ones."""

LONGEST_MESSAGE = 300
"""Characters of an error that tells what is wrong with data."""


def shortened(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return *text* for a message: on one line, its end left out where it is longer than *longest* characters."""
    text = " ".join(text[: 2 * longest].split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def read_json(text: str) -> Any:
    """Return the data of a JSON *text*.

    Raises:
        ValueError: it is not JSON, as the standard defines it: NaN is none, and no object has a key twice; or it is
            more than the limits allow. The message is one short line.
    """
    if len(text) > LONGEST_LINE:
        raise ValueError(f"{len(text):,} characters of JSON; {LONGEST_LINE:,} are allowed")
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}, at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError as error:
        raise ValueError(f"not JSON: {shortened(str(error))}") from None
    fault = data_fault(value)
    if fault is not None:
        raise ValueError(fault)
    return value


_TOO_DEEP = f"nested too deeply: {DEEPEST} lists and objects within each other are allowed"


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number that JSON knows")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # which one counts is up to each reader, so that two readers see two things
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {shortened(repr(twice), 60)} is there twice")
    return found


def data_fault(value: Any) -> str | None:
    """Return what is beyond the limits in *value*, JSON data or Python data that is to become JSON; None if nothing is.

    Data that holds itself is nested without end. What is no JSON data is not judged.
    """
    if isinstance(value, str):  # most fields are no more than that
        return _text_fault(value)
    if not isinstance(value, (dict, list, tuple)):
        return _number_fault(value)
    if len(value) < 100 and type(value) is not dict and all(type(part) is str and len(part) < 1_000 for part in value):
        return None  # tags and examples, nearly always
    values = characters = 0
    open_: list[Iterator[Any]] = [iter((value,))]
    while open_:
        for part in open_[-1]:
            values += 1
            fault: str | None = None
            inner: Iterator[Any] | None = None
            if isinstance(part, str):
                characters += len(part)
                fault = _text_fault(part)
            elif isinstance(part, dict):
                inner = (each for pair in part.items() for each in pair)
            elif isinstance(part, (list, tuple)):
                inner = iter(part)
            else:
                fault = _number_fault(part)
            if fault is None and values > 2 * MOST_VALUES:
                fault = f"more than {MOST_VALUES:,} values"
            if fault is None and characters > LONGEST:
                fault = f"texts of more than {LONGEST:,} characters altogether"
            if fault is None and inner is not None and len(open_) > DEEPEST:
                fault = _TOO_DEEP
            if fault is not None:
                return fault
            if inner is not None:
                open_.append(inner)
                break
        else:
            open_.pop()
    return None


def _text_fault(text: str) -> str | None:
    return None if len(text) <= LONGEST_TEXT else f"a text of {len(text):,} characters; {LONGEST_TEXT:,} are allowed"


def _number_fault(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} can't be written as JSON"
    if isinstance(value, int) and value.bit_length() > LARGEST_NUMBER:
        return f"a whole number of {value.bit_length():,} bits; {LARGEST_NUMBER:,} are allowed"
    return None


def bounded_lines(file: IO[str], longest: int = LONGEST_LINE) -> Iterator[str]:
    """Yield the lines of *file*; of a line that is too long no more than one character above *longest*, and no further.

    A file without a line end would be read into memory as a whole.
    """
    while line := file.readline(longest + 1):
        yield line
        if len(line) > longest:
            return


def writable(data: Any) -> Any:
    """Return JSON *data* with halves of surrogate pairs written as escapes: UTF-8 has no bytes for them."""
    if isinstance(data, str):
        return data if data.isascii() else data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, dict):
        return {writable(key): writable(part) for key, part in data.items()}
    if isinstance(data, (list, tuple)):
        return _same(data, map(writable, data))
    return data


def _same(data: Any, parts: Iterable[Any]) -> Any:
    return tuple(parts) if isinstance(data, tuple) else list(parts)
