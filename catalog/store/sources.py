"""Reading the sources that were scanned: with which options, and what their files looked like then."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from json import dumps
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.errors import CatalogWarning
from catalog.store.forms import parsed, passed_over

if TYPE_CHECKING:
    from catalog.store.reader import Reader

SOURCE = "SELECT s.files FROM source AS s WHERE s.target = ?"
SOURCES = "SELECT s.target, s.options FROM source AS s WHERE s.target NOT GLOB 'pin-source:*' ORDER BY s.target"
KEPT = (
    "SELECT s.target, s.files FROM json_each(?) AS k CROSS JOIN source AS s ON s.target = 'pin-source:' || k.value "
    "ORDER BY s.target"
)
KEPT_TARGETS = "SELECT s.target FROM source AS s WHERE s.target GLOB 'pin-source:*' ORDER BY s.target"

KEPT_SOURCE = "pin-source:"
"""Begins the name under which the source text of a pinned entry is kept; its key follows. It is nothing to scan."""


class Source(NamedTuple):
    """A scanned target and the options it was scanned with."""

    target: str
    options: dict[str, Any]


def files_of(reader: Reader, target: str) -> dict[str, Any] | None:
    """Return what is kept of *target*, but what has rows of its own; None if that is unknown, or can't be read.

    Of what was scanned `catalog.store.scan_records.scan_record` lends the whole.
    """
    row = reader.one(SOURCE, (target,))
    if row is None:
        return None
    try:
        return dict(parsed(row[0], dict))
    except ValueError:
        return None


def options_of(reader: Reader, target: str) -> dict[str, Any]:
    """Return the options that *target* was scanned with; none if it was not, or if they can't be read."""
    row = reader.one("SELECT s.options FROM source AS s WHERE s.target = ?", (target,))
    try:
        return {} if row is None else dict(parsed(row[0], dict))
    except ValueError:
        return {}


def sources(reader: Reader) -> list[Source]:
    """Return the scanned targets in their order; a target whose options can't be read is left out with a warning."""
    found = []
    for target, options in reader.all(SOURCES):
        if type(target) is not str:
            passed_over("source")
            continue
        try:
            found.append(Source(target, dict(parsed(options, dict))))
        except ValueError:
            warnings.warn(
                f"the options that '{target}' was scanned with can't be read; scan it again: `catalog scan {target}`",
                CatalogWarning,
                stacklevel=4,
            )
    return found


def targets(reader: Reader) -> list[str]:
    """Return the scanned targets in their order."""
    return [row[0] for row in reader.all(SOURCES) if type(row[0]) is str]


def kept_sources(reader: Reader, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what is kept of the code of the pinned entries among *keys*: ``checksum``, ``text`` and ``said``.

    The latter is its purpose, as the code says it.
    """
    kept = {}
    for target, files in reader.all(KEPT, (dumps(keys),)):
        try:
            found = dict(parsed(files, dict))
        except ValueError:  # it is kept for convenience; `db check` names it
            continue
        if type(target) is str and all(isinstance(found.get(field), str) for field in ("checksum", "text", "said")):
            kept[target.removeprefix(KEPT_SOURCE)] = found
    return kept


def kept_keys(reader: Reader) -> Iterator[str]:
    """Yield the keys of the entries whose code is kept."""
    for (target,) in reader.stream(KEPT_TARGETS):
        if type(target) is str:
            yield target.removeprefix(KEPT_SOURCE)
