"""Reading the sources that were scanned: with which options, and what their files looked like then."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.errors import CatalogWarning
from catalog.store.forms import parsed, passed_over

if TYPE_CHECKING:
    from catalog.store.reader import Reader

SOURCE = "SELECT s.files FROM source AS s WHERE s.target = ?"
SOURCES = "SELECT s.target, s.options FROM source AS s ORDER BY s.target"


class Source(NamedTuple):
    """A scanned target and the options it was scanned with."""

    target: str
    options: dict[str, Any]


def files_of(reader: Reader, target: str) -> dict[str, Any] | None:
    """Return what the files of *target* looked like at the last scan; None if that is unknown.

    What can't be read is unknown: then every file is read again.
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
