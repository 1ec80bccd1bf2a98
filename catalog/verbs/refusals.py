"""Which loads were refused: noted as they happen, without getting in anybody's way, and read again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import format_key
from catalog.errors import CatalogError, InvalidFilterError
from catalog.store.forms import NUMBER, TEXT, TEXT_OR_NONE, is_row, passed_over
from catalog.workspace.workspace import Workspace, actor

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.key import Key

_LONGEST = 2_000
"""Characters of a message that are kept."""


class Refusal(NamedTuple):
    """One load that was refused.

    Attributes:
        at: when, in UTC.
        actor: who asked.
        key: of the entry, as it was asked for.
        ref: its reference; None where that is not known.
        code: of the error, as ``drift``.
        message: of the error.
    """

    at: datetime
    actor: str
    key: str
    ref: str | None
    code: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON, ``at`` in ISO 8601."""
        return {**self._asdict(), "at": self.at.isoformat()}


def record_refusal(ws: Workspace, entry: Entry | Key | str, error: CatalogError) -> None:
    """Note that loading *entry* was refused with *error*; whoever is refused never waits or fails for it.

    Nothing is noted in a database that may only be read, that is not there yet, or that somebody writes to just now.
    """
    from catalog.store import audit  # only where something is refused

    if ws.is_closed:
        return
    ref = error.facts.get("ref")
    if isinstance(entry, str):
        key = entry
    elif isinstance(entry, tuple):
        key = format_key(*entry)
    else:
        key, ref = entry.key, entry.ref
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    audit.add(ws.store, (now, actor(), key, ref if isinstance(ref, str) else None, error.code, str(error)[:_LONGEST]))


def refusals(ws: Workspace, limit: int | None) -> list[Refusal]:
    """Return the last *limit* loads that were refused, the newest first; see :meth:`catalog.Catalog.audit`."""
    from catalog.store import audit

    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise InvalidFilterError(f"limit={limit!r}: give a number from 0, or None for all", limit=limit)
    ws.snapshot()
    found, damaged = [], 0
    for row in ws.store.reader.all(audit.LINES, (-1 if limit is None else min(limit, audit.MOST),)):
        try:
            if not is_row(row, _FORM):
                raise ValueError("a value of a wrong type")
            found.append(Refusal(datetime.fromisoformat(row[1]), *row[2:]))
        except ValueError:
            damaged += 1
    if damaged:
        passed_over("audit", damaged)
    return found


_FORM = (NUMBER, TEXT, TEXT, TEXT, TEXT_OR_NONE, TEXT, TEXT)
