"""What a project calls itself, in the file in which it begins."""

from __future__ import annotations

import os
import re

from catalog.discovery.left_out import PROJECT_FILES
from catalog.errors import UnreadableSourceError
from catalog.source.read import read_bytes

_NAME = re.compile(rb"""^[ \t]*name[ \t]*=[ \t]*["']?([\w.-]+)""", re.MULTILINE)
_LARGEST = 100_000
_HIGHEST = 4
"""How many folders above a package the file of its project is looked for in."""


def project_name(folder: str) -> str:
    """Return the name of the project that *folder* is in, folded; empty if no file says it."""
    for _ in range(_HIGHEST):
        for file in sorted(PROJECT_FILES):
            try:
                match = _NAME.search(read_bytes(os.path.join(folder, file), _LARGEST))
            except UnreadableSourceError:
                continue
            if match is not None:
                return folded(match[1].decode())
        if os.path.exists(os.path.join(folder, ".git")) or os.path.dirname(folder) == folder:
            break
        folder = os.path.dirname(folder)
    return ""


def folded(name: str) -> str:
    """Return the name of a project or package as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()
