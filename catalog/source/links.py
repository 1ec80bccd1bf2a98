"""Links: whether what a path leads to still lies where the path says."""

from __future__ import annotations

import os
from collections.abc import Iterable


def leads_out(path: str, roots: Iterable[str]) -> bool:
    """Tell whether *path* lies in one of *roots*, and what it leads to does not.

    A project may hold a link to anything on the disk; whoever scans the project did not ask for that.
    """
    for root in roots:
        if path.startswith(os.path.join(root, "")):
            return not is_inside(path, os.path.realpath(root))
    return False


def is_inside(path: str, folder: str) -> bool:
    """Tell whether the file or folder that *path* leads to is *folder*, itself no link, or lies in it."""
    real = os.path.realpath(path)
    return real == folder or real.startswith(os.path.join(folder, ""))
