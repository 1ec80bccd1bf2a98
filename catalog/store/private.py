"""What lies in the user's own data folder is for the user alone, whatever the umask."""

from __future__ import annotations

import os
from pathlib import Path

from catalog.errors import StoreError
from catalog.settings import default_url


def is_private(path: str) -> bool:
    """Tell whether *path* lies in the user's data folder of the catalog."""
    try:
        folder = os.path.dirname(default_url().removeprefix("sqlite:///"))
    except StoreError:  # there is no home
        return False
    return Path(os.path.realpath(folder)) in Path(os.path.realpath(path)).parents


def make_place(path: str) -> None:
    """Make the folder of the database file *path*; in the user's data folder the file too, for the user alone.

    SQLite gives the log and its index the mode of the database.
    """
    if not is_private(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return


def mode_of_copy(path: str, target: str) -> int:
    """Return the mode a copy of the file *path* is made with: no wider than that of the file; its owner may write."""
    return 0o600 if is_private(target) else os.stat(path).st_mode & 0o666 | 0o200
