"""The file of before an upgrade, kept beside the database: an upgrade can't be undone."""

from __future__ import annotations

import os
import sqlite3
import warnings
from contextlib import closing
from typing import Any

from catalog.errors import CatalogWarning, StoreError
from catalog.store.access import access_to, connect
from catalog.store.copying import copy_file
from catalog.store.reader import translated


def keep(path: str, at: str, head: str) -> None:
    """Copy the file *path*, as it is, before it is upgraded from schema *at* to *head*, unless that was done before.

    The copy is called ``PATH.before-HEAD``. Where a copy of that name is of another catalog, or of another state of
    this one (an old backup was put back, say), that stays too, and the new one gets a number.

    Raises:
        StoreError: there is no room for the copy; nothing was upgraded.
    """
    kept, number = f"{path}.before-{head}", 1
    while os.path.lexists(kept):
        if _state(kept) == _state(path) or _schema(path) != at:  # it was kept, or another process upgrades it just now
            return
        number += 1
        kept = f"{path}.before-{head}-{number}"
    try:
        copy_file(path, kept)
    except StoreError as error:
        if os.path.lexists(kept):  # another process upgrades it at this moment
            return
        raise StoreError(
            f"{path} is not upgraded from schema {at} to {head}, as it could not be kept before: {error}", url=path
        ) from error
    if _schema(kept) != at:  # another process was faster, and it kept what was before
        os.unlink(kept)
        return
    warnings.warn(
        f"{path} is upgraded from schema {at} to {head}; the file as it was is kept as {kept}",
        CatalogWarning,
        stacklevel=4,
    )


def _schema(path: str) -> Any:
    row = _asked(path, "SELECT version_num FROM alembic_version")
    return row[0] if row else None


def _state(path: str) -> Any:
    """Return what tells one state of a catalog from another; None where that can't be read."""
    return _asked(
        path,
        "SELECT (SELECT version_num FROM alembic_version), (SELECT generation FROM catalog_state), "
        "(SELECT count(*) FROM entry), (SELECT count(*) || max(at) || max(kind || name) FROM revision), "
        "(SELECT max(scanned_at) FROM source)",
    )


def _asked(path: str, question: str) -> Any:
    try:
        with translated(path), closing(connect(path, access_to(path).mode, timeout=10)) as connection:
            return connection.execute(question).fetchone()
    except (StoreError, OSError, sqlite3.Error):
        return None
