"""A catalog as it was: the newest revision of each key at a moment, in a database of its own that nobody writes to."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.errors import CatalogWarning, InvalidFilterError
from catalog.store.forms import is_number
from catalog.workspace.workspace import Workspace, actor

_AGO = re.compile(r"(\d{1,6})\s*(second|minute|hour|day|week)s?\s+ago", re.IGNORECASE)
_SHOWN = 5
"""Keys that a warning names."""


def as_of(ws: Workspace, when: datetime | str | int) -> Workspace:
    """Return a workspace with the stored entries as they were at *when*; see :meth:`catalog.Catalog.as_of`."""
    from catalog.store import past  # only who looks back makes a database

    generation = ws.snapshot().generation
    moment = moment_of(when)
    if isinstance(moment, int) and moment > generation:
        raise InvalidFilterError(f"generation {moment} is to come; this is generation {generation}", when=moment)
    settings = replace(  # what is configured now was not then, and nothing can be recorded
        ws.settings,
        file=None,
        entries={},
        auto_refresh=False,
        learn="off" if ws.settings.learn == "off" else "explicit",
        route_log="off",
    )
    made = Workspace("sqlite://", embedder="none", settings=settings, before_snapshot=lambda _: None, policy=ws.policy)
    try:
        with made.store.writing(actor=actor()) as transaction:
            missing = past.fill(transaction.connection, ws.store.reader, moment)
    except BaseException:
        made.close()
        raise
    said = moment if isinstance(moment, int) else moment.isoformat(sep=" ", timespec="seconds")
    said = f"generation {said}" if isinstance(moment, int) else f"{said}"
    made.store.frozen = f"this is the catalog as it was at {said}, which can only be read; write to the catalog itself"
    made.url, made.store.url = (
        ws.url,
        ws.store.url,
    )  # whoever asks where its entries come from is to hear of the database they were in
    made.drop_snapshot()
    if missing:
        named = ", ".join(missing[:_SHOWN]) + (f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else "")
        warnings.warn(
            f"the history was pruned: how {named} stood at {said} is not known any more; "
            f"{'it is' if len(missing) == 1 else 'they are'} left out",
            CatalogWarning,
            stacklevel=3,
        )
    return made


def moment_of(when: Any) -> datetime | int:
    """Return the moment, in UTC, or the generation that *when* says.

    Raises:
        InvalidFilterError: it says neither, or a moment to come.
    """
    now = datetime.now(UTC)
    if isinstance(when, str):
        when = _read(when.strip(), now)
    if is_number(when):
        return int(when)
    if not isinstance(when, datetime):
        raise InvalidFilterError(f"{when!r:.80} is no moment: {_HELP}", when=str(when)[:80])
    moment = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    if moment > now:
        raise InvalidFilterError(
            f"{moment.isoformat(sep=' ')} is to come; it is {now.isoformat(sep=' ')}", when=str(when)
        )
    return moment


_HELP = "write 2026-01-31, 2026-01-31T14:00 (UTC), '2 days ago', or the number of a generation"


def _read(text: str, now: datetime) -> datetime | int | str:
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{f"{ago[2].lower()}s": int(ago[1])})
        return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return text
