"""Reading calibrations: what routers have learned from labelled prompts."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from catalog.store.reader import Reader

CALIBRATION = "SELECT c.about, c.data, c.made_at FROM calibration AS c WHERE c.key = ?"


class Stored(NamedTuple):
    """One calibration as it is stored.

    Attributes:
        about: the candidates, embedder and data it was made from, and how good it is; JSON.
        data: what was learned, in the format of the router.
        made_at: when, as ISO 8601 with the zone.
    """

    about: dict[str, Any]
    data: bytes
    made_at: str


def calibration(reader: Reader, key: str) -> Stored | None:
    """Return the calibration of the router with this *key*, or None if it has none."""
    row = reader.one(CALIBRATION, (key,))
    if row is None:
        return None
    try:
        about = loads(row[0])
    except (TypeError, ValueError, RecursionError):  # damaged: it is about nothing that is there
        about = None
    data = row[1] if isinstance(row[1], bytes) else b""
    return Stored(about if isinstance(about, dict) else {}, data, str(row[2]))
