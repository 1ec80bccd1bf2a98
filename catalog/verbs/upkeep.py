"""The database as a file: copies of it, faults in it, its full-text index."""

from __future__ import annotations

import os

from catalog.workspace.workspace import Workspace


def backup(ws: Workspace, path: str | os.PathLike[str]) -> None:
    """Copy the database, as it is at this moment, to a new file."""
    ws.snapshot()
    ws.store.backup(os.fspath(path))


def check(ws: Workspace) -> list[str]:
    """Return what is wrong with the database, in words; nothing if all is well."""
    ws.snapshot()
    return ws.store.check()


def reindex(ws: Workspace) -> int:
    """Make the full-text index again from the entries; return their number."""
    with ws.writing() as transaction:
        return transaction.reindex()
