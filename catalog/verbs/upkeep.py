"""The database as a file: copies of it, faults in it, its full-text index."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from catalog.errors import InvalidFilterError, SearchError, StoreError
from catalog.workspace.workspace import Workspace, actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.store.carry import Copied
    from catalog.store.rotation import Rotated
    from catalog.store.salvage import Salvaged


def backup(ws: Workspace, path: str | os.PathLike[str]) -> None:
    """Copy the database, as it is at this moment, to a new file."""
    ws.snapshot()
    ws.store.backup(os.fspath(path))


def backup_database(url: str, target: str) -> None:
    """Copy the database file at *url*, of whatever schema, to the new file *target*, without upgrading it.

    Raises:
        StoreError: *target* exists or can't be written; there is no file at *url*, or it is on a server.
    """
    from catalog.store.copying import copy_file  # nothing else here needs it

    copy_file(_file_of(url), target)


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
    if ws.store.is_server:
        raise StoreError(
            f"{ws.store.path} is on a server, and no file to be mended: `catalog db upgrade` makes the index of words "
            "again, `catalog restore KEY` an entry, and its own backup all else",
            url=ws.store.path,
        )
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

    path = _file_of(url)
    if not os.path.exists(path):
        raise StoreError(f"there is no database at {path}", url=url)
    return write(path, os.fspath(target), actor=actor())


def backup_into(url: str, folder: str | os.PathLike[str], *, keep: int) -> Rotated:
    """Write a backup with a date into a folder, and delete the oldest of those made so, until *keep* are left.

    The backup is of one moment, of whatever schema. It is there only when it was opened, found sound, and as full as
    the database; nothing is deleted before. Other files of the folder are never touched, nor a changed backup.

    Args:
        url: the database, as a URL or the path of a file.
        folder: where to; it must be there.
        keep: how many backups of this database stay in it, the new one among them.

    Raises:
        StoreError: *folder* is not there, the database can't be read or is damaged, or the disk is full.
    """
    from catalog.store.rotation import backup_into as write  # nothing else here needs it

    return write(_file_of(url), os.fspath(folder), keep)


def leftovers(url: str, *, remove: bool = False) -> list[str]:
    """Return the files that interrupted copies and upgrades have left beside a database; with *remove* they go.

    What still changes, or may be the work of a process that runs, is not among them.
    """
    from catalog.store.leftovers import leftovers as found  # nothing else here needs it
    from catalog.store.opening import server_at

    return [] if server_at(url) is not None else found(_file_of(url), remove=remove)


def copy_catalog(
    from_url: str, to_url: str, *, replace: bool = False, progress: Callable[[int, int], None] | None = None
) -> Copied:
    """Copy a whole catalog to another database, in a file or on a server: entries, histories, vectors and all else.

    Number and checksum of the rows of every table are compared before the copy gets its place; until then nothing is
    there. The first database is only read: one of an older schema is copied by way of an upgraded copy.

    Args:
        from_url: the database to copy, as a URL or the path of a file.
        to_url: where to: a file, or a database on a server, that is not there or holds nothing. A copy to a server
            that was interrupted goes on where it stopped.
        replace: put the copy in the place of a catalog that *to_url* holds.
        progress: called with the number of steps done and of all steps.

    Raises:
        StoreError: *to_url* holds a catalog, or a process uses it; *from_url* can't be read.
    """
    from catalog.store.opening import copy  # nothing else here needs it
    from catalog.store.schema import is_read_only

    if why := is_read_only(to_url):
        raise StoreError(f"nothing can be copied to {to_url}: {why}", url=to_url)
    return copy(from_url, to_url, replace=replace, progress=progress)


def _file_of(url: str) -> str:
    from catalog.store.opening import file_of

    return file_of(url)


def reindex(ws: Workspace) -> int:
    """Make the full-text index again from the entries; return their number."""
    with ws.writing() as transaction:
        return transaction.reindex()
