"""Whether a file lies in a folder."""

from __future__ import annotations

import os


def is_within(file: str, folder: str) -> bool:
    """Tell whether *file* lies in *folder*, links resolved."""
    inside = os.path.realpath(folder).rstrip(os.sep) + os.sep
    return os.path.realpath(file).startswith(inside)
