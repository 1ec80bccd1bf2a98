"""The database as a file: copies of it, faults in it, its full-text index."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from catalog.errors import InvalidFilterError, SearchError, StoreError
from catalog.workspace.workspace import Workspace, actor

if TYPE_CHECKING:
    from catalog.store.salvage import Salvaged


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


def mend(ws: Workspace) -> list[str]:
    """Mend what is damaged; return what was lost, in words; see :meth:`catalog.Catalog.mend`."""
    from catalog.store.mend import mend as mend_all  # with SQLAlchemy, which nothing else here needs

    with ws.store.writing(actor=actor()) as transaction:  # not the workspace's: that begins by making words again
        lost = mend_all(transaction)
    ws.drop_snapshot()
    if ws.embedding.at_once and ws.embedding.ready() is not None:
        ws.embedding.update(actor=actor())
    return lost


def salvage(url: str, target: str | os.PathLike[str]) -> Salvaged:
    """Write what can be read of a damaged database into a new file.

    Args:
        url: of the database; it is only read, and need not open.
        target: the new file; it is there only when all is written.

    Raises:
        StoreError: *target* exists, or the database holds nothing of a catalog that can be read.
    """
    from catalog.store.salvage import salvage as write  # with SQLAlchemy, which nothing else here needs
    from catalog.store.schema import sqlite_path

    path = sqlite_path(url)
    if path is None or not os.path.exists(path):
        raise StoreError(f"there is no database at {path or url}", url=url)
    return write(path, os.fspath(target), actor=actor())


def reindex(ws: Workspace) -> int:
    """Make the full-text index again from the entries; return their number."""
    with ws.writing() as transaction:
        return transaction.reindex()
