"""Backups with a date, of which the last few are kept: for whoever makes them by the clock.

A list beside them names what was made here, with its checksum. Only what is on it, and still is what was written, is
ever deleted; its order counts, not the dates, as clocks are set back.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import file_digest
from typing import Any, NamedTuple

from catalog.errors import CatalogWarning, StoreError
from catalog.files import whole_file
from catalog.store.access import access_to, connect
from catalog.store.copying import copy_database
from catalog.store.reader import translated

_ABANDONED = 3_600
"""Seconds after which nobody is still writing a backup that has not its name yet."""

_LONGEST = 1 << 20
"""Bytes of a list that is read: more than any list of ours has."""


class Rotated(NamedTuple):
    """A new backup, and what became of the older ones.

    Attributes:
        file: the new backup.
        rows: how many rows it has, by table; the database had as many at that moment.
        deleted: older backups that were deleted.
        spared: older backups that should have gone, but are not any more what was written; they stay.
    """

    file: str
    rows: dict[str, int]
    deleted: list[str]
    spared: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return self._asdict()


def backup_into(path: str, folder: str, keep: int) -> Rotated:
    """Copy the database *path* to a new file in *folder*, then delete the oldest of those made so, but *keep*.

    The copy is of one moment, of whatever schema, and is there only when it was opened, found sound and as full as the
    database. Nothing is deleted before.

    Args:
        path: the database file.
        folder: it must be there: a drive that is not mounted has no place to make one.
        keep: how many backups stay, the new one among them; at least 1.

    Raises:
        StoreError: *folder* is not there, the database can't be read or is damaged, or the disk is full.
    """
    if keep < 1:
        raise StoreError(f"keep={keep}: at least the new backup must stay", url=path)
    if not os.path.isdir(folder):
        raise StoreError(f"there is no folder {folder}; is its drive mounted? No folder is made", target=folder)
    if not os.path.exists(path):
        raise StoreError(f"there is no database at {path}", url=path)
    stem, suffix = os.path.splitext(os.path.basename(path))
    with _alone(folder), translated(path), closing(connect(path, access_to(path).mode, timeout=10)) as connection:
        connection.execute("BEGIN")  # what is copied and what is counted is of one moment
        rows = _counts(connection)
        made = _free_name(folder, stem, suffix)
        copy_database(connection, path, made, check=lambda copy: _compare(copy, rows, path))
        names = re.compile(rf"{re.escape(stem)}-[0-9T-]+Z(-[0-9]+)?{re.escape(suffix)}")
        listed = os.path.join(folder, f".{stem}{suffix}.backups.json")
        _tidy(folder, names)
        deleted, spared = _delete_oldest(listed, names, made, os.path.realpath(path), keep)
    return Rotated(made, rows, deleted, spared)


@contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Let one process after the other change what is in *folder*, where the system can do that."""
    held = None
    with suppress(ImportError, OSError):
        import fcntl

        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def _free_name(folder: str, stem: str, suffix: str) -> str:
    first = os.path.join(folder, f"{stem}-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
    name, number = first + suffix, 1
    while os.path.lexists(name):
        number += 1
        name = f"{first}-{number}{suffix}"
    return name


def _tidy(folder: str, names: re.Pattern[str]) -> None:
    """Delete what backups of such *names* have left that were killed: nobody has written to it for an hour."""
    half = re.compile(rf"{names.pattern}\.[0-9]+\.tmp(-journal)?")
    for one in os.scandir(folder):
        if half.fullmatch(one.name) and one.is_file(follow_symlinks=False):
            with suppress(OSError):
                if time.time() - one.stat().st_mtime > _ABANDONED:
                    os.unlink(one.path)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for (name,) in names.fetchall()
        if '"' not in name  # no table of a catalog
    }


def _compare(copy: sqlite3.Connection, rows: dict[str, int], path: str) -> None:
    """Raise if a copy of the database *path* is damaged, or has another number of rows than it had."""
    (sound,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise StoreError(
            f"{path} is damaged ({sound}); no backup was made, and none was deleted. `catalog db check` says more",
            url=path,
            damaged=True,
        )
    there = _counts(copy)
    wrong = [name for name in rows if there.get(name) != rows[name]]
    if wrong:
        raise StoreError(f"the copy of {path} has other rows in '{wrong[0]}'; it was not kept", url=path)


# -- the list of what was made ---------------------------------------------------------------------------------------


class _Made(NamedTuple):
    """A backup on the list: its name, the checksum of what was written, and the database it is of."""

    file: str
    sha256: str
    of: str


def _delete_oldest(listed: str, names: re.Pattern[str], made: str, of: str, keep: int) -> tuple[list[str], list[str]]:
    """Put *made*, a backup of the database *of*, on the list; return what was too old and deleted, and what was spared.

    Another database of the same name may have its backups in the same folder: each has the last *keep* of its own.
    """
    folder, new = os.path.split(made)
    # A name is used again where the backup that had it was deleted by hand.
    known = [one for one in _read(listed) if one.file != new and os.path.lexists(os.path.join(folder, one.file))]
    known.append(_Made(new, _checksum(made) or "", of))
    _write(listed, known)
    deleted, spared = [], []
    mine = [one for one in known if one.of == of and names.fullmatch(one.file)]
    for one in mine[:-keep]:
        old = os.path.join(folder, one.file)
        known.remove(one)
        if _checksum(old) != one.sha256:
            spared.append(old)
            continue
        try:
            os.unlink(old)
        except OSError as error:
            raise StoreError(f"{old} can't be deleted: {error.strerror or error}", target=old) from error
        deleted.append(old)
    if deleted or spared:
        _write(listed, known)
    return deleted, spared


def _checksum(path: str) -> str | None:
    """Return the SHA-256 of a file; None for a link, a device, and what can't be read."""
    with suppress(OSError):
        if stat.S_ISREG(os.lstat(path).st_mode):
            with open(path, "rb") as data:
                return file_digest(data, "sha256").hexdigest()
    return None


def _read(file: str) -> list[_Made]:
    """Return the backups on the list *file*, the oldest first."""
    try:
        if not stat.S_ISREG(os.lstat(file).st_mode) or os.path.getsize(file) > _LONGEST:
            raise ValueError("no list")
        with open(file, encoding="utf-8") as text:
            return [_Made(*(str(item[name]) for name in _Made._fields)) for item in json.load(text)]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        warnings.warn(
            f"{file} can't be read: backups made before now are not deleted any more", CatalogWarning, stacklevel=2
        )
        return []


def _write(file: str, known: list[_Made]) -> None:
    try:
        if os.path.islink(file):  # a link would lead the writing to another place
            os.unlink(file)
        with whole_file(file) as text:
            json.dump([one._asdict() for one in known], text, indent=1)
    except OSError as error:
        raise StoreError(f"{file} can't be written: {error.strerror or error}", target=file) from error
