"""The database as a file: copies of it, faults in it, its full-text index."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from catalog.errors import InvalidFilterError, SearchError
from catalog.workspace.workspace import Workspace


def backup(ws: Workspace, path: str | os.PathLike[str]) -> None:
    """Copy the database, as it is at this moment, to a new file."""
    ws.snapshot()
    ws.store.backup(os.fspath(path))


def prune(ws: Workspace, keep: int | None, older_than: float | None, vacuum: bool) -> int:
    """Delete old revisions; see :meth:`catalog.Catalog.prune`."""
    keep = ws.settings.keep_history if keep is None else keep
    if keep is None and older_than is None:
        raise SearchError("say what may go: keep=N revisions of each entry, older_than=DAYS, or keep_history in the "
                          "configuration")  # fmt: skip
    for name, value in (("keep", keep), ("older_than", older_than)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
            raise InvalidFilterError(f"{name}={value!r}: give a number from 0")
    before = None if older_than is None else datetime.now(UTC) - timedelta(days=older_than)
    with ws.writing() as transaction:
        done = transaction.prune(1 if keep is None else int(keep), None if before is None else before.isoformat())
    if vacuum:
        ws.store.vacuum()
    return done


def check(ws: Workspace) -> list[str]:
    """Return what is wrong with the database, in words; nothing if all is well."""
    ws.snapshot()
    return ws.store.check()


def reindex(ws: Workspace) -> int:
    """Make the full-text index again from the entries; return their number."""
    with ws.writing() as transaction:
        return transaction.reindex()
